/** On a telephone: the story has the room, nothing waits for a pointer, and what belongs together lines up. */

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { violations } from "./harness/accessible";
import { runThatAsks } from "./harness/recording";
import { event, talk } from "./harness/session";
import { stage } from "./harness/stage";

const on = stage();

const PHONE = { viewport: { width: 375, height: 800 }, hasTouch: true, isMobile: true, bypassCSP: true };

/** The left edges of all elements of this kind, in whole pixels, each once. */
const edges = (page: Page, selector: string) =>
  page.locator(selector).evaluateAll((all) => [...new Set(all.map((one) => Math.round(one.getBoundingClientRect().left)))]);

test("a session's head and bar leave the room to the story, and hold nothing back", async () => {
  for (const document of runThatAsks("s", "/work/a/folder/with/a/long/way/to/it")) await on.server.hook("claude-code", document);
  const page = await on.open("/ui/session/s", PHONE);
  await page.locator(".item-tool").first().waitFor();
  const box = await page.locator(".story-box").boundingBox();
  const head = await page.locator(".session-head").boundingBox();
  expect((box?.y ?? 800) - (head?.y ?? 0)).toBeLessThan(160);
  expect(await page.getByRole("button", { name: "Delete…" }).isVisible()).toBe(false);
  await page.getByRole("button", { name: "More" }).tap();
  for (const name of ["Delete…", "Rename", "Copy resume command"]) await page.getByRole("button", { name }).waitFor();
  await page.locator(".facts").getByText("/work/a/folder/with/a/long/way/to/it").waitFor();
  expect(await violations(page)).toEqual([]);
  await page.getByRole("button", { name: "Less" }).tap();
  await page.getByRole("button", { name: "Delete…" }).waitFor({ state: "hidden" });
  // The bar goes on beyond the edge; the page does not.
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375);
  await page.getByLabel("Errors").tap();
  await page.getByText("Nothing of that kind.").waitFor();
});

test("what a card can do is there without a pointer above it", async () => {
  await on.server.ingest(talk(3));
  const page = await on.open("/ui/session/s", PHONE);
  const card = page.locator(".item", { hasText: "word number 2" });
  for (const name of ["JSON", "Copy"]) await card.getByRole("button", { name }).waitFor();
  await card.getByRole("link", { name: "Link" }).waitFor();
});

test("in the list, what is the same of each session stands at the same place", async () => {
  for (const [id, agent] of [["one", "claude-code"], ["two", "codex"]] as const)
    for (const document of runThatAsks(id)) await on.server.hook(agent, document);
  const failed = { session_id: "s3", session_name: "Broken", exit_code: 3, error: "lost" };
  await on.server.ingest([
    { ...event(0, "session_start"), ...failed, exit_code: null, error: null },
    { ...event(1, "session_stop"), ...failed, timestamp: new Date().toISOString() },
  ]);
  const page = await on.open("/ui/", PHONE);
  const seen = page.getByRole("button", { name: "Seen" });
  await seen.waitFor();
  await page.locator(".row").nth(2).waitFor();
  expect(await edges(page, ".row-agent")).toHaveLength(1);
  expect(await edges(page, ".row-project:has(span)")).toHaveLength(1);
  const right = (selector: string) => page.locator(selector).first().evaluate((one) => Math.round(one.getBoundingClientRect().right));
  expect(await right(".row-words > .button")).toBe(await right(".row-age"));
});

test("the wheel scrolls the story from wherever it turns", async () => {
  await on.server.ingest([...talk(60), event(100, "session_stop", { exit_code: 0 })]);
  const page = await on.open("/ui/session/s");
  await page.getByText("word number 1", { exact: true }).waitFor();
  const top = () => page.locator(".story-box").evaluate((box) => box.scrollTop);
  for (const above of [".session-head h1", ".story-bar"]) {
    const before = await top();
    await page.locator(above).hover();
    await page.mouse.wheel(0, 200);
    await expect.poll(top).toBe(before + 200);
  }
});
