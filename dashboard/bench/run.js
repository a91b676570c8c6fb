/** Node alone runs no TypeScript before version 22.18: Vite's loader does. */

import { runnerImport } from "vite";

await runnerImport(`${import.meta.dirname}/main.ts`);
