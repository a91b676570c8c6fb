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
