/** A session as its page shows it: the story, its tool calls, and what can be done with it. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { violations } from "./harness/accessible";
import { strangersRecording } from "./harness/places";
import { playRecordedRun, runThatAsks } from "./harness/recording";
import { event, said, talk } from "./harness/session";
import { stage } from "./harness/stage";

const on = stage();

function card(page: Page, text: string) {
  return page.locator(".item").filter({ hasText: text }).first();
}

test("a recorded run is told from its first word to its last", async () => {
  const sessionId = await playRecordedRun(on.server);
  const page = await on.open(`/ui/session/${sessionId}`);
  await page.locator(".item").first().waitFor();
  expect(await page.locator(".message-user .speaker").first().textContent()).toBe("You");
  await page.getByRole("button", { name: "Jump to result" }).click();
  await page.locator(".is-marked .message-agent").waitFor();
  expect(page.url()).toContain("event=");
});

test.skipIf(!existsSync(strangersRecording))("a stranger's run is told whole, each event once", async () => {
  const sessionId = await playRecordedRun(on.server, strangersRecording);
  const { outline } = (await on.server.request("GET", `/sessions/${sessionId}/outline`)) as { outline: { id: number; event_type: string }[] };
  const page = await on.open(`/ui/session/${sessionId}`);
  await page.locator(".item").first().waitFor();
  const box = page.locator(".story-box");
  const seen = new Set<number>();
  const look = async () => {
    for (const id of await page.locator("[data-event]").evaluateAll((all) => all.map((one) => Number(one.getAttribute("data-event"))))) seen.add(id);
  };
  await box.evaluate((element) => {
    element.scrollTop = 0;
  });
  await expect
    .poll(async () => {
      await look();
      return box.evaluate((element) => {
        element.scrollTop += element.clientHeight / 2;
        return element.scrollHeight - element.scrollTop - element.clientHeight;
      });
    }, { timeout: 50_000, interval: 20 })
    .toBeLessThan(2);
  await look();
  // Every call of it was answered: what came back stands with the call.
  const expected = outline.filter(({ event_type }) => event_type !== "post_tool").map(({ id }) => id);
  expect([...seen].sort((one, other) => one - other)).toEqual(expected.sort((one, other) => one - other));
});

test("a call and its result are one card, by id or by name and input", async () => {
  const bash = (command: string) => ({ tool_name: "Bash", tool_input: { command } });
  await on.server.ingest([
    event(0, "session_start"),
    event(1, "pre_tool", { ...bash("make first"), tool_use_id: "a" }),
    event(2, "pre_tool", bash("make second")),
    event(3, "post_tool", { ...bash("make second"), tool_output: { stdout: "second is made" } }),
    event(5, "post_tool", { ...bash("make first"), tool_use_id: "a", tool_output: null, error: "Exit code 2" }),
    event(6, "pre_tool", bash("make third")),
    event(7, "stop"),
  ]);
  const page = await on.open("/ui/session/s");
  await card(page, "make third").getByText("not answered").waitFor();
  await card(page, "make second").getByText("second is made").waitFor();
  await card(page, "make first").getByText("Ended with exit code 2").waitFor();
  expect(await card(page, "make first").getByText("4.0 s").count()).toBe(1);
  expect(await page.locator(".item-tool").count()).toBe(3);
});

test("a call of which only the failure is told says what was done", async () => {
  const call = { tool_name: "Bash", tool_input: { command: "cargo test --lost" }, tool_output: null, error: "Exit code 101" };
  await on.server.ingest([event(0, "session_start"), event(1, "post_tool", call)]);
  const page = await on.open("/ui/session/s");
  await page.locator(".tool-text", { hasText: "cargo test --lost" }).waitFor();
  await page.locator(".tool-error", { hasText: "Exit code 101" }).waitFor();
  const json = card(page, "cargo test --lost").locator(".item-tools").getByRole("button", { name: "JSON" });
  await card(page, "cargo test --lost").hover();
  await json.click();
  await page.getByText('"event_type": "post_tool"').waitFor();
  await page.getByRole("button", { name: "Close JSON" }).click();
  await page.locator(".tool-error").waitFor();
});

test("an output has the colours of a terminal, and none of its escapes; an address tells more than what is asked of it", async () => {
  const bash = { tool_name: "Bash", tool_input: { command: "make" }, tool_use_id: "a" };
  const fetched = { tool_name: "WebFetch", tool_input: { url: "https://example.org/news", prompt: "What is new?" }, tool_use_id: "b" };
  const stdout = "1 %\r100 %\n\u001b[1;31mbroken\u001b[0m\u001b[K pipe";
  await on.server.ingest([
    event(0, "session_start"),
    event(1, "pre_tool", bash),
    event(2, "post_tool", { ...bash, tool_output: { stdout, stderr: "" }, error: "\u001b[31mExit code 1\u001b[0m" }),
    event(3, "pre_tool", fetched),
  ]);
  const page = await on.open("/ui/session/s");
  await page.locator(".ansi-red.ansi-bold", { hasText: "broken" }).waitFor();
  const shown = (await card(page, "make").textContent()) ?? "";
  for (const escape of ["\u001b", "[K", "1 %\r"]) expect(shown).not.toContain(escape);
  await page.locator(".tool-text", { hasText: "https://example.org/news" }).waitFor();
});

test("an edit is shown as what it changed", async () => {
  await on.server.ingest([
    event(0, "session_start"),
    event(1, "pre_tool", { tool_name: "Edit", tool_input: { file_path: "/x.ts", old_string: "one\ntwo", new_string: "one\nthree" } }),
    event(2, "pre_tool", { tool_name: "Write", tool_input: { file_path: "/y.ts", content: "new\nfile\n" } }),
  ]);
  const page = await on.open("/ui/session/s");
  await page.locator(".diff-added", { hasText: "+three" }).waitFor();
  await page.locator(".diff-added", { hasText: "+new" }).waitFor();
  expect(await page.locator(".diff-added").allTextContents()).toEqual(["+three\n", "+new\n", "+file\n"]);
  expect(await page.locator(".diff-removed").allTextContents()).toEqual(["-two\n"]);
});

test("who stands at the end follows it; who reads further up is told how much is new", async () => {
  await on.server.ingest(talk(60));
  const page = await on.open("/ui/session/s");
  await page.getByText("word number 60", { exact: true }).waitFor();
  await on.server.ingest([said(100, "assistant", "followed to the end")]);
  await page.getByText("followed to the end").waitFor();
  expect(await page.locator(".pill-new").count()).toBe(0);
  await page.locator(".story-box").evaluate((box) => {
    box.scrollTop = 0;
  });
  await page.getByText("word number 1", { exact: true }).waitFor();
  await on.server.ingest([said(101, "assistant", "not in sight"), said(102, "assistant", "nor this")]);
  await page.getByRole("button", { name: "2 new" }).click();
  await page.getByText("nor this").waitFor();
  await expect.poll(() => page.locator(".pill-new").count()).toBe(0);
});

test("an address leads to its event, and a search from hit to hit", async () => {
  await on.server.ingest([...talk(80), event(200, "session_stop", { exit_code: 0 })]);
  const { events } = (await on.server.request("GET", "/sessions/s/events?limit=80")) as { events: { id: number }[] };
  const page = await on.open(`/ui/session/s?event=${events[40]?.id ?? 0}`);
  await page.locator(".is-marked").getByText("word number 40", { exact: true }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("WORD NUMBER 7");
  await page.keyboard.press("Enter");
  await page.getByText("1 of 11").waitFor();
  await page.locator(".is-marked").getByText("word number 7", { exact: true }).waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".is-marked").getByText("word number 70", { exact: true }).waitFor();
});

test("filters leave what they name", async () => {
  for (const document of runThatAsks("s")) await on.server.hook("claude-code", document);
  const page = await on.open("/ui/session/s");
  await page.locator(".tool-state", { hasText: "waits for permission" }).waitFor();
  await page.locator(".facts").getByText("claude-code", { exact: true }).waitFor();
  await page.getByLabel("Kind").selectOption("Tools");
  await expect.poll(() => page.locator(".item:not(.item-tool)").count()).toBe(0);
  await page.getByLabel("Tool", { exact: true }).selectOption("Read");
  await expect.poll(() => page.locator(".item").count()).toBe(1);
  await page.getByLabel("Errors").check();
  await page.getByText("Nothing of that kind.").waitFor();
});

test("a session is renamed, kept as a page that runs nothing, and deleted after one question", async () => {
  await on.server.ingest([...talk(3), said(9, "assistant", "<script>window.harmed = 1</script>")]);
  const page = await on.open("/ui/session/s");
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByLabel("Name").fill("Another name");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Another name" }).waitFor();
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("Rename");

  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export HTML" }).click();
  const kept = await readFile(await (await coming).path(), "utf8");
  expect(kept).toContain("word number 3");
  expect(kept).toContain("&lt;script&gt;");
  expect(kept).not.toContain("<script");

  const lines = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export NDJSON" }).click();
  const text = await readFile(await (await lines).path(), "utf8");
  expect(text.trim().split("\n").map((line) => (JSON.parse(line) as { event_type?: string }).event_type)).toEqual([
    undefined,
    "session_start",
    ...Array<string>(4).fill("message"),
  ]);

  await page.getByRole("button", { name: "Delete…" }).click();
  await page.getByText("5 events will be gone.").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
  await page.waitForURL(/\/ui\/(connect)?$/);
  expect(await on.server.request("GET", "/sessions/s/status")).toEqual({ status: "not_existent" });
});

test("where the time went leads back to what took it", async () => {
  const bash = { tool_name: "Bash", tool_input: { command: "make slowly" }, tool_use_id: "a" };
  await on.server.ingest([
    event(0, "session_start"),
    said(1, "user", "Go"),
    event(2, "pre_tool", bash),
    event(50, "post_tool", { ...bash, tool_output: "made" }),
    said(53, "assistant", "Done"),
    event(54, "session_stop", { exit_code: 0 }),
  ]);
  const page = await on.open("/ui/session/s?view=time");
  await page.getByRole("row", { name: /^Bash 1 48\.0 s/ }).waitFor();
  await page.getByRole("button", { name: "Nearer" }).click();
  await page.getByRole("button", { name: "All of it" }).click();
  await expect.poll(() => page.getByRole("button", { name: "All of it" }).isDisabled()).toBe(true);
  await page.locator("canvas").focus();
  for (const key of ["ArrowDown", "ArrowDown", "ArrowDown", "Enter"]) await page.keyboard.press(key);
  await page.locator(".is-marked").getByText("made").waitFor();
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`whatever looks an output has, it can be read: ${colorScheme}`, async () => {
    const inks = [30, 31, 32, 33, 34, 35, 36, 37, 90, 91, 92, 93, 94, 95, 96, 97];
    const papers = [49, 40, 41, 42, 43, 44, 45, 46, 47];
    const looks = papers.flatMap((paper) => inks.flatMap((ink) => ["22", "2", "7"].map((more) => `\u001b[0;${more};${ink};${paper}mwords `)));
    const bash = { tool_name: "Bash", tool_input: { command: "make" }, tool_use_id: "a" };
    await on.server.ingest([event(0, "session_start"), event(1, "pre_tool", bash), event(2, "post_tool", { ...bash, tool_output: { stdout: looks.join("") } })]);
    const page = await on.open("/ui/session/s", { colorScheme, bypassCSP: true });
    await page.locator(".ansi-on-white").first().waitFor();
    expect(await violations(page)).toEqual([]);
    const colours = (element: string) => page.locator(element).first().evaluate((one) => [getComputedStyle(one).color, getComputedStyle(one).backgroundColor]);
    const each = await Promise.all(["blue", "magenta", "cyan", "red", "bright-red"].map((name) => colours(`.ansi-${name}:not(.ansi-dim, .ansi-inverse)`)));
    expect(new Set(each.map(([ink]) => ink)).size).toBe(5);
    expect((await colours(".ansi-red.ansi-inverse"))[1]).toBe((await colours(".ansi-red:not(.ansi-dim)"))[0]);
  });
}
