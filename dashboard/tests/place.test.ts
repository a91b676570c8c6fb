/** Where the reader of a story is: what is new to them, what they jump to, and that they find their place again. */

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { event, said, talk } from "./harness/session";
import { stage } from "./harness/stage";

const on = stage();

const WORDS = { exact: true } as const;

const box = (page: Page) => page.locator(".story-box");
const top = (page: Page) =>
  box(page).evaluate((element) => {
    element.scrollTop = 0;
  });
const scroll = (page: Page) => box(page).evaluate((element) => Math.round(element.scrollTop));

const bash = (second: number, command: string) => event(second, "pre_tool", { tool_name: "Bash", tool_input: { command } });

test("what is new stays what is new when the filter changes", async () => {
  await on.server.ingest([...talk(60), bash(70, "make one"), bash(71, "make two")]);
  const page = await on.open("/ui/session/s");
  await page.getByText("make two").first().waitFor();
  await top(page);
  await page.getByText("word number 1", WORDS).waitFor();
  await on.server.ingest([said(100, "assistant", "first news"), said(101, "assistant", "second news"), bash(102, "make three")]);
  await page.getByRole("button", { name: "3 new" }).waitFor();
  await page.getByLabel("Kind").selectOption("Messages");
  await page.getByRole("button", { name: "2 new" }).waitFor();
  await page.getByLabel("Kind").selectOption("Everything");
  await page.getByRole("button", { name: "3 new" }).click();
  await page.getByText("make three").first().waitFor();
  await expect.poll(() => page.locator(".pill-new").count()).toBe(0);
});

test("who begins at the top of what has ended is told what comes after all", async () => {
  await on.server.ingest([...talk(60), event(70, "session_stop", { exit_code: 0 })]);
  const page = await on.open("/ui/session/s");
  await page.getByText("word number 1", WORDS).waitFor();
  await on.server.ingest([said(100, "assistant", "one more")]);
  await page.getByRole("button", { name: "1 new" }).click();
  await page.getByText("one more").waitFor();
});

test("a jump is made again, from wherever the reader is by then", async () => {
  await on.server.ingest([...talk(60), event(70, "session_stop", { exit_code: 0 })]);
  const page = await on.open("/ui/session/s");
  const jump = page.getByRole("button", { name: "Jump to result" });
  await jump.click();
  await page.locator(".is-marked").getByText("word number 60", WORDS).waitFor();
  await top(page);
  await page.getByText("word number 1", WORDS).waitFor();
  await jump.click();
  await page.locator(".is-marked").getByText("word number 60", WORDS).waitFor();
});

test("the story is where it was left, after a look at the time", async () => {
  const call = { tool_name: "Read", tool_input: { file_path: "/x" }, tool_use_id: "r" };
  await on.server.ingest([
    ...talk(30),
    event(40, "pre_tool", call),
    event(41, "post_tool", { ...call, tool_output: "what stands in it" }),
    ...Array.from({ length: 30 }, (_, index) => said(50 + index, "assistant", `later word ${index + 1}`)),
    event(90, "session_stop", { exit_code: 0 }),
  ]);
  const page = await on.open("/ui/session/s");
  await page.getByText("word number 1", WORDS).waitFor();
  await expect.poll(async () => {
    await box(page).evaluate(async (element) => {
      element.scrollTop += 200;
      // Until the rows of that place are there.
      for (let frame = 0; frame < 2; frame += 1) await new Promise((drawn) => requestAnimationFrame(drawn));
    });
    return page.locator(".tool-line").count();
  }).toBe(1);
  await page.locator(".tool-line").click();
  await page.getByText("what stands in it").waitFor();
  const before = await scroll(page);
  expect(before).toBeGreaterThan(500);
  await page.getByRole("link", { name: "Where the time went" }).click();
  await page.getByRole("table").first().waitFor();
  await page.getByRole("link", { name: "Story" }).click();
  await page.getByText("what stands in it").waitFor();
  await expect.poll(async () => Math.abs((await scroll(page)) - before)).toBeLessThan(60);
});

test("an event that is not there is not passed over in silence", async () => {
  await on.server.ingest(talk(3));
  const page = await on.open("/ui/session/s?event=999999");
  await page.getByRole("alert").filter({ hasText: "no event 999,999" }).waitFor();
  await page.getByRole("link", { name: "Show the session" }).click();
  await page.waitForURL(/\/ui\/session\/s$/);
  await expect.poll(() => page.getByRole("alert").count()).toBe(0);
});

test("j and k begin with what is in sight, and leave a story that ends there where it is", async () => {
  const words = Array.from({ length: 200 }, (_, number) => said(number + 1, "assistant", `number ${number}`));
  await on.server.ingest([event(0, "session_start"), ...words]);
  const page = await on.open("/ui/session/s");
  await page.getByText("number 199", WORDS).waitFor();
  const box = page.getByRole("feed");
  const top = () => box.evaluate((element) => element.scrollTop);
  await expect.poll(() => box.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight)).toBeLessThan(2);
  const before = await top();
  await page.keyboard.press("j");
  const isSeen = () =>
    page.evaluate(() => {
      const [row, box] = [document.activeElement, document.querySelector(".story-box")].map((element) => element?.getBoundingClientRect());
      return row !== undefined && box !== undefined && row.bottom > box.top && row.bottom <= box.bottom;
    });
  await expect.poll(isSeen).toBe(true);
  expect(Math.abs((await top()) - before)).toBeLessThan(60);
});

test("j and k take the focus along, and Enter opens what has it", async () => {
  const call = { tool_name: "Read", tool_input: { file_path: "/x" }, tool_use_id: "r" };
  await on.server.ingest([event(0, "session_start"), event(1, "pre_tool", call), event(2, "post_tool", { ...call, tool_output: "read it" }), said(3, "assistant", "done")]);
  const page = await on.open("/ui/session/s");
  await page.getByText("done", WORDS).waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.querySelector("[data-event]")?.className ?? "");
  await page.keyboard.press("j");
  await expect.poll(focused).toContain("item-marker");
  await page.keyboard.press("j");
  await expect.poll(focused).toContain("item-tool");
  await page.keyboard.press("Enter");
  await page.getByText("read it").waitFor();
  await page.keyboard.press("k");
  await expect.poll(focused).toContain("item-marker");
});
