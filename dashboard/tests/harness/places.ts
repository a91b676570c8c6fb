/** Where on this machine stands what the tests need. */

import { existsSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../../..");
const target = path.resolve(root, process.env.CARGO_TARGET_DIR ?? "target");

/** The server's program: it reads the built page from the disk, as every debug build does. */
export const program = process.env.AGENT_RUNTIME_PROGRAM ?? path.join(target, "debug/agent-runtime");

/** The browser: Debian's. */
export const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** What root and a machine without a screen need, and nothing that speaks with the network unasked. */
export const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** The built page. */
const page = path.join(root, "dashboard/dist/index.html");

/** A recording of ours: events of one session, one a line. */
export const recording = path.join(root, "crates/agent-runtime/examples/recordings/fix-a-flaky-test.ndjson");

/** A recording of somebody else's, where it stands beside the project. */
export const strangersRecording = path.join(root, "../shared/data/wire/spotter-4d5611e5.ndjson");

/** What is missing, each with what brings it. */
export function missing(): string[] {
  const needed = [
    [program, "cargo build --package agent-runtime"],
    [page, "npm run build"],
    [chromium, "apt-get install chromium, or CHROMIUM=its path"],
  ] as const;
  return needed.filter(([file]) => !existsSync(file)).map(([file, remedy]) => `missing: ${file} (${remedy})`);
}
