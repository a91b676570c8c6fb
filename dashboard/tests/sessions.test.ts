/** The list: who needs somebody first, with the question; filters in the address; ten thousand sessions. */

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { runThatAsks } from "./harness/recording";
import type { SentEvent } from "./harness/server";
import { stage } from "./harness/stage";

const on = stage();

/** Noon: just after midnight, what was minutes ago would be of yesterday. */
const now = new Date(new Date().setHours(12, 0, 0, 0));
const before = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const ago = (seconds: number) => before(seconds).toISOString();

/** A run of a client of the API that ended, as its events. */
function run(id: string, secondsAgo: number, exitCode = 0): SentEvent[] {
  const event = (event_type: string, more: object = {}): SentEvent => ({
    session_id: id,
    session_name: `Run ${id}`,
    event_type,
    timestamp: ago(secondsAgo),
    ...more,
  });
  const content = [{ type: "text", text: `Work on ${id}` }];
  const failure = exitCode === 0 ? {} : { error: "the index was lost" };
  return [
    event("session_start", { timestamp: ago(secondsAgo + 600) }),
    event("message", { role: "user", content }),
    event("session_stop", { exit_code: exitCode, ...failure }),
  ];
}

async function ask(id: string, secondsAgo: number): Promise<void> {
  for (const document of runThatAsks(id, `/work/${id}`)) {
    await on.server.hook("claude-code", document, before(secondsAgo));
  }
}

/** What the list shows, line by line, in the order in which it is read. */
async function lines(page: Page): Promise<string[]> {
  return page.locator(".line").evaluateAll((found) =>
    found
      .sort((one, other) => Number(one.getAttribute("data-index")) - Number(other.getAttribute("data-index")))
      .map((line) => line.querySelector("a")?.textContent ?? line.textContent.replace(/\s*\d+$/, "")),
  );
}

test("who waits longest comes first, with what is asked; then who works; then the quiet by day", async () => {
  await ask("young", 60);
  await ask("old", 600);
  await on.server.ingest([...run("broken", 300, 3), ...run("done", 400), ...run("yesterday", 86_400 * 1.5)]);
  await on.server.request("POST", "/sessions", { session_id: "busy", session_name: "Busy one" });
  const page = await on.open("/ui/", { now });
  const name = "Mend the front page, then push it.";
  const today = ["Quiet", "Today", "Run done"];
  await expect
    .poll(async () => (await lines(page)).slice(0, 9))
    .toEqual(["Needs you", name, "Run broken", name, "Working", "Busy one", ...today]);
  await page.locator(".row-needs-you").getByText("Bash: git push origin main").first().waitFor();
  await page.locator(".row-needs-you").getByText("the index was lost").waitFor();
  expect(await page.title()).toMatch(/^\(3\) /);
  const icon = await page.locator("link[rel=icon]").getAttribute("href");
  expect(decodeURIComponent(icon ?? "")).toContain(">3<");
});

test("an answer takes a session out of those that need somebody, as it comes in", async () => {
  await ask("one", 5);
  const page = await on.open("/ui/", { now });
  await page.locator(".group-needs-you").waitFor();
  const push = { tool_name: "Bash", tool_input: { command: "git push origin main" }, tool_use_id: "one-2" };
  const document = { session_id: "one", cwd: "/work/one", hook_event_name: "PostToolUse" };
  await on.server.hook("claude-code", { ...document, ...push, tool_response: { stdout: "pushed" } });
  await page.locator(".group-working").waitFor();
  expect(await page.locator(".group-needs-you").count()).toBe(0);
  await expect.poll(() => page.title()).toBe("Sessions · Agent Runtime");
});

test("filters live in the address, and are there again", async () => {
  await on.server.ingest([...run("tea", 400), ...run("coffee", 500)]);
  await ask("one", 5);
  const page = await on.open("/ui/", { now });
  await page.getByRole("searchbox").fill("coffee");
  await expect.poll(() => lines(page)).toEqual(["Quiet", "Today", "Run coffee"]);
  expect(new URL(page.url()).search).toBe("?q=coffee");
  await page.reload();
  await expect.poll(() => lines(page)).toEqual(["Quiet", "Today", "Run coffee"]);
  expect(await page.getByRole("searchbox").inputValue()).toBe("coffee");
  await page.goto(`${on.server.url}/ui/?status=needs-you&agent=claude-code&project=%2Fwork%2Fone`);
  await expect.poll(() => lines(page).then((found) => found[0])).toBe("Needs you");
  expect(await page.locator(".row").count()).toBe(1);
  await page.getByRole("button", { name: "Mute one" }).click();
  await page.goto(`${on.server.url}/ui/`);
  await page.locator(".group-muted").waitFor();
  expect(await page.locator(".group-needs-you").count()).toBe(0);
});

test("what a row says is found, in sight or not", async () => {
  const many = Array.from({ length: 60 }, (_, index) => run(`r${index}`, 86_400 * 3 + index * 60, index === 59 ? 3 : 0));
  await on.server.ingest(many.flat());
  await ask("one", 5);
  const page = await on.open("/ui/", { now });
  const field = page.getByRole("searchbox");
  await field.fill("git PUSH");
  await expect.poll(() => lines(page)).toEqual(["Needs you", "Mend the front page, then push it."]);
  // The last of them was never in sight, and is of another day.
  await field.fill("index was lost");
  await expect.poll(async () => (await lines(page)).at(-1), { timeout: 10_000 }).toBe("Run r59");
  expect(await page.locator(".row").count()).toBe(1);
});

test("what is sought can be mended in its middle", async () => {
  await on.server.ingest(run("coffee", 500));
  const page = await on.open("/ui/", { now });
  const field = page.getByRole("searchbox");
  await field.fill("cofe");
  await page.waitForURL("**/ui/?q=cofe");
  for (const key of ["ArrowLeft", "f", "x", "Backspace"]) await field.press(key);
  expect(await field.evaluate((input: HTMLInputElement) => [input.value, input.selectionStart])).toEqual(["coffe", 4]);
  await page.waitForURL("**/ui/?q=coffe");
  await field.press("Escape");
  await expect.poll(() => field.inputValue()).toBe("");
  await page.waitForURL("**/ui/");
});

test("a muted project neither counts nor calls, is named at the end, and comes back in one press", async () => {
  await ask("one", 5);
  await ask("two", 5);
  const page = await on.open("/ui/", { now });
  await expect.poll(() => page.title()).toBe("(2) Sessions · Agent Runtime");
  await page.locator(".row").first().waitFor();
  const row = page.locator(".row", { has: page.locator("[data-session=one]") });
  await row.hover();
  await row.getByRole("button", { name: "Mute one" }).click();
  await expect.poll(() => page.title()).toBe("(1) Sessions · Agent Runtime");
  await page.getByRole("button", { name: "Needs you 1" }).waitFor();
  const icon = await page.locator("link[rel=icon]").getAttribute("href");
  expect(decodeURIComponent(icon ?? "")).toContain(">1<");
  await page.reload();
  await expect.poll(() => lines(page).then((found) => found.length)).toBe(3);
  expect(await page.locator("[data-session=one]").count()).toBe(0);
  await page.getByRole("button", { name: "Muted 1 session of 1 project" }).click();
  await page.locator("[data-session=one]").waitFor();
  await page.locator(".group-muted").getByRole("button", { name: "Unmute one" }).click();
  await expect.poll(() => page.title()).toBe("(2) Sessions · Agent Runtime");
  expect(await page.locator(".group-muted").count()).toBe(0);
});

test("a subagent's row has the columns of all others", async () => {
  await ask("one", 5);
  const child = { session_id: "one", agent_id: "a1", agent_type: "Explore", cwd: "/work/one", hook_event_name: "SubagentStart" };
  await on.server.hook("claude-code", child, before(4));
  const page = await on.open("/ui/", { now });
  await page.getByRole("button", { name: /subagents of/ }).click();
  await page.locator(".row").nth(1).waitFor();
  for (const column of ["words", "agent", "project", "events"]) {
    const lefts = await page.locator(`.row-${column}, .heading-${column}`).evaluateAll((all) => all.map((one) => one.getBoundingClientRect().left));
    expect([lefts.length, new Set(lefts).size]).toEqual([3, 1]);
  }
  const names = await page.locator(".row-name a").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().left));
  expect(names[1]).toBeGreaterThan(120);
});

test("a run that was told of afterwards lasted as its events say, whatever comes live", async () => {
  await on.server.request("POST", "/sessions", { session_id: "old", session_name: "Run old" });
  await on.server.ingest(run("old", 86_400 * 3));
  const page = await on.open("/ui/", { now });
  const lasts = page.locator(".row-duration").getByText("10 min", { exact: true });
  await lasts.waitFor();
  await page.getByRole("link", { name: "Run old" }).click();
  await page.locator(".facts").getByText("10 min", { exact: true }).waitFor();
  await page.goBack();
  await on.server.ingest([{ session_id: "old", session_name: "Run old", event_type: "message", timestamp: ago(0) }]);
  await page.locator(".row-events").getByText("4").waitFor();
  expect(await lasts.count()).toBe(1);
});

test("each figure has its name, and on a small screen none is missing", async () => {
  await ask("one", 5);
  await on.server.request("POST", "/sessions", { session_id: "broken", session_name: "Run broken", project_dir: "/work/two" });
  const stop = { session_id: "broken", session_name: "Run broken", event_type: "session_stop", exit_code: 3, error: "the index was lost" };
  await on.server.ingest([{ ...stop, timestamp: new Date(Date.now() + 60_000).toISOString() }]);
  const page = await on.open("/ui/", { viewport: { width: 1280, height: 720 } });
  for (const name of ["Agent", "Events", "Errors", "Lasts", "Age"]) await page.locator(".headings").getByText(name, { exact: true }).waitFor();
  const small = await on.open("/ui/", { viewport: { width: 375, height: 720 }, hasTouch: true, isMobile: true });
  for (const tab of [page, small]) {
    const row = tab.locator(".row", { has: tab.locator("[data-session=broken]") });
    for (const part of [".row-agent", ".row-events", ".row-errors", ".row-duration", ".row-age time"]) await row.locator(part).waitFor();
    for (const words of ["api", "1 error", /lasts 1 min/, /last heard|waits since/]) await row.getByText(words).first().waitFor();
    await row.getByRole("button", { name: "Seen" }).waitFor();
  }
  expect(await small.locator(".row-errors.has-errors").evaluate((part) => part.scrollWidth - part.clientWidth)).toBeLessThanOrEqual(0);
  // Nothing to hover with.
  await small.getByRole("button", { name: "Mute two" }).tap();
  await small.getByRole("button", { name: "Muted 1 session of 1 project" }).waitFor();
  const medium = await on.open("/ui/", { viewport: { width: 900, height: 720 } });
  await medium.locator(".row").first().hover();
  await medium.getByRole("button", { name: /^Mute / }).first().waitFor();
});

test("of ten thousand sessions only those in sight exist, and the last is reached", async () => {
  for (let first = 0; first < 10_000; first += 2500) {
    const some = Array.from({ length: 2500 }, (_, index) => run(`n${first + index}`, 500 + (first + index) * 30));
    await on.server.ingest(some.flat());
  }
  const page = await on.open("/ui/", { now });
  await page.getByRole("button", { name: "Quiet 10,000" }).waitFor();
  expect(await page.locator(".line").count()).toBeLessThan(100);
  const list = page.locator(".list");
  await expect
    .poll(async () => {
      await list.evaluate((element) => {
        element.scrollTop = element.scrollHeight;
      });
      return page.getByRole("link", { name: "Run n9999" }).count();
    })
    .toBe(1);
});
