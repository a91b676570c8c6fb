/** The overview: its numbers are those of what was sent, over the range that was chosen. */

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { violations } from "./harness/accessible";
import type { SentEvent } from "./harness/server";
import { stage } from "./harness/stage";

const on = stage();

const MINUTE = 60_000;

/** A run that ended so many minutes ago, of one call of each tool that failed as said. */
function run(id: string, minutesAgo: number, calls: readonly { tool: string; lastedMs: number; fails?: boolean }[]): SentEvent[] {
  const event = (event_type: string, more: object = {}): SentEvent => ({
    session_id: id,
    session_name: id,
    event_type,
    timestamp: new Date(Date.now() - minutesAgo * MINUTE).toISOString(),
    ...more,
  });
  return [
    event("session_start"),
    ...calls.flatMap(({ tool, lastedMs, fails = false }, index) => {
      const call = { tool_name: tool, tool_use_id: `${id}-${index}` };
      return [event("pre_tool", call), event("post_tool", { ...call, duration_ms: lastedMs, ...(fails ? { error: "no" } : {}) })];
    }),
    event("session_stop", { exit_code: 0 }),
  ];
}

async function fill(): Promise<void> {
  for (const [id, project_dir] of [
    ["one", "/work/a/site"],
    ["two", "/home/somebody/with/a/very/long/way/to/the/folder/of/a/project/that/is/called/shop"],
  ])
    await on.server.request("POST", "/sessions", { session_id: id, session_name: id, project_dir });
  await on.server.ingest([
    ...run("one", 5, [
      { tool: "Bash", lastedMs: 4000, fails: true },
      { tool: "Read", lastedMs: 100 },
    ]),
    ...run("two", 300, [{ tool: "Bash", lastedMs: 4000 }]),
  ]);
}

/** The rows of a table, cell by cell. */
const rows = (page: Page, section: string) =>
  page
    .getByRole("region", { name: section, exact: true })
    .locator("tbody tr")
    .evaluateAll((found) => found.map((row) => [...row.children].map((cell) => cell.textContent)));

/** What the chart's table says in all of its rows together, column by column. */
async function sums(page: Page, title: string): Promise<number[]> {
  const chart = page.getByRole("region", { name: title, exact: true });
  await chart.getByText("As a table").click();
  await chart.locator("tbody tr").first().waitFor();
  const table = await rows(page, `${title} as a table`);
  return table.reduce<number[]>((sum, [, ...cells]) => cells.map((cell, index) => (sum[index] ?? 0) + Number(cell)), []);
}

test("the numbers are those of what was sent", async () => {
  await fill();
  const page = await on.open("/ui/overview");
  await page.getByText("Busiest projects").waitFor();
  expect(await sums(page, "Events")).toEqual([10]);
  expect(await sums(page, "Tool calls and failures")).toEqual([3, 1]);
  expect(await page.getByRole("region", { name: "Events as a table" }).locator("tbody tr").count()).toBe(96);
  expect(await rows(page, "Busiest projects")).toEqual([
    ["site /work/a", "1", "6", "2", "1"],
    ["shop /home/somebody/with/a/very/long/way/to/the/folder/of/a/project/that/is/called", "1", "4", "1", "0"],
  ]);
  const [[tool, calls, failures, half = ""] = [], [second] = []] = await rows(page, "Slowest tools");
  expect([tool?.trim(), calls, failures, second?.trim()]).toEqual(["Bash", "2", "1", "Read"]);
  // The server counts lengths in steps of a tenth.
  expect(Math.abs(parseFloat(half) - 4)).toBeLessThanOrEqual(0.4);
});

test("what is still under way is told as that, and no line falls to it", async () => {
  await fill();
  const page = await on.open("/ui/overview?range=1h");
  await page.locator(".u-legend").nth(3).waitFor();
  await page.locator(".u-legend").first().getByText(/^\d+ so far$/).waitFor();
  const chart = page.getByRole("region", { name: "Events", exact: true });
  await chart.getByText("As a table").click();
  await expect.poll(async () => (await rows(page, "Events as a table")).filter(([from]) => from?.endsWith(" so far")).length).toBe(1);
});

test("a shorter range counts what lies in it", async () => {
  await fill();
  const page = await on.open("/ui/overview?range=1h");
  await page.getByText("Busiest projects").waitFor();
  expect(await sums(page, "Events")).toEqual([6]);
  expect(await page.getByRole("region", { name: "Events as a table" }).locator("tbody tr").count()).toBe(60);
  await page.getByRole("link", { name: "7 days" }).click();
  await page.waitForURL("**/ui/overview?range=7d");
  await page.getByText("Busiest projects").waitFor();
  expect(await sums(page, "Events")).toEqual([10]);
  expect(await page.getByRole("region", { name: "Events as a table" }).locator("tbody tr").count()).toBe(84);
});

test("an empty database has a quiet overview", async () => {
  const page = await on.open("/ui/overview");
  await expect.poll(() => page.getByText("Nothing in this time.").count()).toBe(2);
  expect(await sums(page, "Events")).toEqual([0]);
  await page.getByRole("img", { name: "How long tools take. Half within: nothing; 95 % within: nothing" }).waitFor();
});

test("what is not counted yet is told of", async () => {
  await fill();
  const page = await on.open("/ui/connect");
  await page.route("**/stats?*", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...((await answer.json()) as object), uncounted: 1234 } });
  });
  await page.getByRole("link", { name: "Overview" }).click();
  await page.getByText("1,234 changes are not counted yet").waitFor();
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1280, 375]) {
    test(`axe finds nothing in the overview, and nothing is cut: ${colorScheme}, ${width} px`, async () => {
      await fill();
      const page = await on.open("/ui/overview", { colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
      await page.locator(".u-legend").nth(3).waitFor();
      await page.getByText("As a table").first().click();
      expect(await violations(page)).toEqual([]);
      const wide = () => page.locator("html, .panel").evaluateAll((all) => all.map((one) => one.scrollWidth - one.clientWidth));
      expect(Math.max(...(await wide()))).toBeLessThanOrEqual(0);
    });
  }
}
