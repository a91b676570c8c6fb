/** What is found in a session is shown: whatever hid it opens, and the words are marked. */

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { event, said, talk } from "./harness/session";
import { stage } from "./harness/stage";

const on = stage();

const PATIENCE = { timeout: 10_000 };

/** The words that are marked and in sight, as the browser draws them. */
const marked = (page: Page) =>
  page.evaluate(() =>
    [...(CSS.highlights.get("sought") ?? [])]
      .filter((range): range is Range => range instanceof Range)
      .filter((range) => {
        const [place, box] = [range.getBoundingClientRect(), document.querySelector(".story-box")?.getBoundingClientRect()];
        return box !== undefined && place.height > 0 && place.top >= box.top && place.bottom <= box.bottom;
      })
      .map(String),
  );

async function find(page: Page, words: string): Promise<void> {
  await page.keyboard.press("/");
  await page.getByLabel("Find in session").fill(words);
  await page.keyboard.press("Enter");
}

test("a card opens for what is found in it, down to its last line, and marks it", async () => {
  const read = { tool_name: "Read", tool_input: { file_path: "/x" }, tool_use_id: "r" };
  const lines = Array.from({ length: 300 }, (_, line) => (line === 250 ? "the Hidden needle" : `line ${line}`)).join("\n");
  const thought = [{ type: "thinking", thinking: `Where?\n${"so ".repeat(50)}\nunder the **old** bridge` }];
  await on.server.ingest([
    ...talk(30),
    event(40, "pre_tool", read),
    event(41, "post_tool", { ...read, tool_output: lines }),
    event(42, "message", { role: "assistant", content: thought }),
    event(43, "pre_tool", { tool_name: "Bash", tool_input: { command: "make", description: "Builds the lighthouse" } }),
    said(44, "assistant", "a quiet end"),
  ]);
  const page = await on.open("/ui/session/s");
  await page.getByText("a quiet end").waitFor();
  await find(page, "hidden NEEDLE");
  await expect.poll(() => marked(page), PATIENCE).toEqual(["Hidden needle"]);
  await find(page, "old");
  await expect.poll(() => marked(page), PATIENCE).toEqual(["old"]);
  // Where no view shows it, the whole event does.
  await find(page, "lighthouse");
  await expect.poll(() => marked(page), PATIENCE).toEqual(["lighthouse"]);
  await page.keyboard.press("Escape");
  await page.keyboard.press("k");
  await expect.poll(() => marked(page), PATIENCE).toEqual([]);
});

test("each place of a card is gone to, and counted; a call and its result are one card", async () => {
  const read = { tool_name: "Read", tool_input: { file_path: "/needle" }, tool_use_id: "r" };
  const lines = Array.from({ length: 300 }, (_, line) => (line === 1 || line === 250 ? "a needle" : `line ${line}`)).join("\n");
  await on.server.ingest([...talk(30), event(40, "pre_tool", read), event(41, "post_tool", { ...read, tool_output: lines }), said(42, "assistant", "one needle more")]);
  const page = await on.open("/ui/session/s");
  await page.getByText("one needle more").waitFor();
  const now = () =>
    page.evaluate(() => {
      const [range] = [...(CSS.highlights.get("sought-now") ?? [])] as Range[];
      const [place, box] = [range?.getBoundingClientRect(), document.querySelector(".story-box")?.getBoundingClientRect()];
      if (range === undefined || place === undefined || box === undefined || place.top < box.top || place.bottom > box.bottom) return undefined;
      return (range.startContainer.textContent ?? "").slice(Math.max(0, range.startOffset - 11), range.startOffset);
    });
  const count = () => page.locator(".find-count").textContent();
  await find(page, "needle");
  // The line of the card and its path, then the two lines of the file, of which one was folded away.
  await expect.poll(count, PATIENCE).toBe("1 of 2 cards · place 1 of 4");
  for (const place of [2, 3]) {
    await page.keyboard.press("Enter");
    await expect.poll(count, PATIENCE).toBe(`1 of 2 cards · place ${place} of 4`);
  }
  await expect.poll(now, PATIENCE).toBe("line 0\na ");
  await page.keyboard.press("Enter");
  await expect.poll(now, PATIENCE).toBe("line 249\na ");
  await page.keyboard.press("Enter");
  await expect.poll(count, PATIENCE).toBe("2 of 2 cards");
  await page.keyboard.press("Shift+Enter");
  await expect.poll(count, PATIENCE).toBe("1 of 2 cards · place 4 of 4");
  await expect.poll(now, PATIENCE).toBe("line 249\na ");
});

test("a place deep in a long card stays in sight while the cards around it grow", async () => {
  const call = (number: number) => ({ tool_name: "Bash", tool_input: { command: `make part-${number}` }, tool_use_id: `use-${number}` });
  const output = (number: number) => Array.from({ length: number === 20 ? 400 : 14 }, (_, line) => (number === 20 && line === 300 ? "the needle" : `line ${line}`)).join("\n");
  const calls = Array.from({ length: 40 }, (_, number) => [
    event(2 * number + 1, "pre_tool", call(number)),
    event(2 * number + 2, "post_tool", { ...call(number), tool_output: output(number) }),
  ]);
  await on.server.ingest([event(0, "session_start"), ...calls.flat(), event(99, "session_stop", { exit_code: 0 })]);
  const page = await on.open("/ui/connect");
  let showBodies = () => {
    /* once they are held */
  };
  const held = new Promise<void>((resolve) => {
    showBodies = resolve;
  });
  await page.route(
    (url) => url.pathname === "/sessions/s/events" && !url.searchParams.has("q"),
    async (route) => {
      await held;
      await route.continue();
    },
  );
  await page.goto(`${on.server.url}/ui/session/s`);
  await page.getByText("Session began").waitFor();
  const find = page.getByLabel("Find in session");
  await find.fill("needle");
  await find.press("Enter");
  const isInSight = () =>
    page.evaluate(() => {
      const [range] = (CSS.highlights.get("sought-now") ?? []) as Iterable<Range>;
      const [place, box] = [range?.getBoundingClientRect(), document.querySelector(".story-box")?.getBoundingClientRect()];
      return place !== undefined && box !== undefined && place.height > 0 && place.top >= box.top && place.bottom <= box.bottom;
    });
  showBodies();
  await expect.poll(isInSight).toBe(true);
  await expect.poll(() => page.locator(".story-row").evaluateAll((rows) => rows.every((row) => /line 13|began|ended/i.test(row.textContent)))).toBe(true);
  // The list has come to rest.
  await page.evaluate(async () => {
    for (let frame = 0; frame < 30; frame += 1) await new Promise((drawn) => requestAnimationFrame(drawn));
  });
  expect(await isInSight()).toBe(true);
});
