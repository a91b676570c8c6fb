import { defineConfig } from "vitest/config";

/** Tests of the page in a browser, against the real server. One file after the other: each has a browser of its own. */
export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: ["tests/harness/ready.ts"],
    environment: "node",
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
