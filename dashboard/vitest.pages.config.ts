import { defineConfig } from "vitest/config";

/** Tests of the page in a browser, against the real server. One file after the other: each has a browser of its own. */
export default defineConfig({
  test: {
    // Pictures for the documents are no tests, but made in the same way.
    include: [process.env.SCREENSHOTS === undefined ? "tests/**/*.test.ts" : "tests/screenshots.ts"],
    globalSetup: ["tests/harness/ready.ts"],
    environment: "node",
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
