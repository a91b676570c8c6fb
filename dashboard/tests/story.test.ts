/** What stands in the story beside words and calls: times, thoughts, folds, raw events, and the way to a subagent. */

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { violations } from "./harness/accessible";
import { runThatAsks } from "./harness/recording";
import type { HookDocument } from "./harness/server";
import { event, said, talk } from "./harness/session";
import { stage } from "./harness/stage";

const on = stage();

const DAY = 86_400;
const CLIPBOARD = ["clipboard-read", "clipboard-write"];

const copied = (page: Page) => page.evaluate(() => navigator.clipboard.readText());

/** Everything that the story shows in a way of its own, over two days. */
async function fill(): Promise<void> {
  const call = (id: string, tool_name: string, tool_input: object) => ({ tool_name, tool_input, tool_use_id: id });
  const bash = call("a", "Bash", { command: `cd /x && echo 'all' | sort` });
  const edit = call("b", "Edit", { file_path: "/x.ts", old_string: "one", new_string: "two" });
  const todos = call("c", "TodoWrite", { todos: [{ content: "Mend it", status: "in_progress" }] });
  await on.server.ingest([
    event(0, "session_start"),
    said(1, "user", "Mend the `page`:\n\n- [x] see <https://example.org>\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
    event(2, "message", { role: "assistant", content: [{ type: "thinking", thinking: "Where is it?\nThere." }] }),
    event(3, "pre_tool", bash),
    event(9, "post_tool", { ...bash, tool_output: { stdout: Array.from({ length: 300 }, (_, line) => `line ${line + 1}`).join("\n") } }),
    event(10, "pre_tool", edit),
    event(11, "post_tool", { ...edit, tool_output: null, error: "Exit code 1" }),
    event(12, "pre_tool", todos),
    event(13, "post_tool", { ...todos, tool_output: {} }),
    event(14, "permission_request", { tool_name: "Bash", tool_input: { command: "git push" } }),
    event(DAY, "something_new", { hook: { message: "of another day" } }),
    said(DAY + 1, "assistant", "Mended."),
    event(DAY + 2, "session_stop", { exit_code: 3 }),
  ]);
}

test("each line has its time, each day its name once, and the exact instant is a hover away", async () => {
  await fill();
  const page = await on.open("/ui/session/s", { locale: "en-GB", timezoneId: "Asia/Tokyo" });
  await page.getByText("Mended.").waitFor();
  expect(await page.locator(".story-day").allTextContents()).toEqual(["Sunday 1 March", "Monday 2 March"]);
  const first = page.locator(".item time").first();
  expect(await first.textContent()).toBe("19:00:00");
  expect(await first.getAttribute("title")).toBe("Sunday, 1 March 2026 at 19:00:00 GMT+9 (2026-03-01T10:00:00.000Z)");
  await page.getByText("1 d").waitFor();
});

test("a message that no parser bears takes nothing else along", async () => {
  await on.server.ingest([event(0, "session_start"), said(1, "user", `${"- ".repeat(4000)}a`), said(2, "assistant", "still here")]);
  const page = await on.open("/ui/session/s");
  await page.getByText("still here").waitFor();
  await page.getByLabel("Find in session").fill("abc");
  await page.keyboard.press("Escape");
  expect(new URL(page.url()).pathname).toBe("/ui/session/s");
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByLabel("Name", { exact: true }).press("Escape");
  await page.getByRole("button", { name: "Rename" }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/ui/session/s");
});

test("an outline that was cut is read again", async () => {
  await on.server.ingest(talk(2_000));
  const page = await on.open("/ui/connect", { forgive: [/ERR_/, /500/] });
  let cut = 0;
  await page.route(
    (url) => url.pathname === "/sessions/s/outline/columns" && url.search === "",
    async (route) => {
      cut += 1;
      if (cut > 1) {
        await route.continue();
        return;
      }
      const answer = await route.fetch();
      const text = await answer.text();
      // Within the second of its pages.
      await route.fulfill({ response: answer, body: text.slice(0, text.indexOf("\n") + 1_000) });
    },
  );
  await page.goto(`${on.server.url}/ui/session/s`);
  await page.getByRole("alert").filter({ hasText: "Not all of it could be read" }).waitFor();
  await page.locator('.story-row[aria-setsize="2001"]').first().waitFor();
  expect(await page.getByRole("alert").count()).toBe(0);
});

test("thoughts are a kind of their own", async () => {
  await fill();
  const page = await on.open("/ui/session/s");
  await page.getByLabel("Kind").selectOption("Thinking");
  await expect.poll(() => page.locator(".item").count()).toBe(1);
  await page.getByText("Thinking: Where is it?").click();
  await page.getByText("There.").waitFor();
  await page.getByLabel("Kind").selectOption("Messages");
  await expect.poll(() => page.locator(".item").count()).toBe(2);
});

test("a long output shows its beginning, and all of it when that is wanted", async () => {
  await fill();
  const page = await on.open("/ui/session/s");
  await page.getByText("line 16", { exact: false }).waitFor();
  expect(await page.getByText("line 300").count()).toBe(0);
  await page.getByRole("button", { name: "Show all 300 lines" }).click();
  await page.getByText("line 300").waitFor();
  await page.getByRole("button", { name: "Show less" }).click();
  await expect.poll(() => page.getByText("line 300").count()).toBe(0);
});

test("any event is linked to, seen as it is stored, and copied", async () => {
  await on.server.ingest(talk(2));
  const page = await on.open("/ui/session/s", { permissions: CLIPBOARD });
  const item = page.locator(".item").filter({ hasText: "word number 2" });
  await item.hover();
  await item.getByRole("button", { name: "Copy" }).click();
  await item.getByRole("button", { name: "Copied" }).waitFor();
  const { events } = (await on.server.request("GET", "/sessions/s/events")) as { events: { id: number }[] };
  expect(JSON.parse(await copied(page))).toEqual(events[2]);
  await item.hover();
  await item.getByRole("link", { name: "Link" }).click();
  await page.locator(".is-marked").getByText("word number 2").waitFor();
  expect(new URL(page.url()).searchParams.get("event")).toBe(String(events[2]?.id));
  await page.locator(".is-marked").getByRole("button", { name: "JSON" }).click();
  await page.locator(".is-marked").getByText('"event_type": "message"').waitFor();
});

test("the command that takes a session up again stands ready", async () => {
  for (const document of runThatAsks("one", "/work/my site")) await on.server.hook("claude-code", document);
  const page = await on.open("/ui/session/one", { permissions: CLIPBOARD });
  await page.getByRole("button", { name: "Copy resume command" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  expect(await copied(page)).toBe("cd '/work/my site' && claude --resume one");
});

test("a call leads to its subagent from when that begins, and the subagent back", async () => {
  const document = (name: string, more: object = {}): HookDocument => ({ session_id: "one", hook_event_name: name, cwd: "/work", ...more });
  const call = { tool_name: "Agent", tool_input: { description: "Review", prompt: "Review it" }, tool_use_id: "t" };
  await on.server.hook("claude-code", document("SessionStart"));
  await on.server.hook("claude-code", document("PreToolUse", call));
  const page = await on.open("/ui/session/one");
  await page.getByText("Review it").waitFor();
  expect(await page.getByRole("link", { name: "Open the subagent’s session" }).count()).toBe(0);
  await on.server.hook("claude-code", document("SubagentStart", { agent_id: "a1", agent_type: "reviewer" }));
  await page.getByRole("link", { name: "Open the subagent’s session" }).click();
  await page.waitForURL(/\/ui\/session\/one%3Aa1$/);
  await page.getByRole("link", { name: "↑" }).click();
  await page.waitForURL(/\/ui\/session\/one$/);
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1280, 375]) {
    test(`axe finds nothing in a session, and nothing sticks out: ${colorScheme}, ${width} px`, async () => {
      await fill();
      const page = await on.open("/ui/session/s", { colorScheme, viewport: { width, height: 1600 }, bypassCSP: true });
      const sticksOut = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      await page.locator(".tool-error").waitFor();
      await page.locator(".code .hljs-string").first().waitFor();
      expect(await violations(page)).toEqual([]);
      expect(await sticksOut()).toBeLessThanOrEqual(0);
      await page.getByRole("link", { name: "Where the time went" }).click();
      await page.getByRole("table").first().waitFor();
      expect(await violations(page)).toEqual([]);
      expect(await sticksOut()).toBeLessThanOrEqual(0);
      // Where there is little room, the acts are shown on request.
      if (width < 640) await page.getByRole("button", { name: "More" }).click();
      await page.getByRole("button", { name: "Delete…" }).click();
      await page.getByRole("dialog").getByText("will be gone").waitFor();
      expect(await violations(page)).toEqual([]);
    });
  }
}
