/** The server killed and begun again under the page: nothing missing, nothing doubled, and everything where it was. */

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import type { SentEvent } from "./harness/server";
import { AWAY, stage } from "./harness/stage";

const on = stage({ backForwardCache: true });

const event = (session: string, event_type: string, more: object = {}): SentEvent => ({
  session_id: session,
  session_name: `Run ${session}`,
  event_type,
  timestamp: new Date().toISOString(),
  ...more,
});

test("a killed server is told of, and what happened meanwhile comes once, with filters and scroll kept", async () => {
  const names = Array.from({ length: 60 }, (_, index) => `s${index}`);
  await on.server.ingest(names.map((name) => event(name, "session_start")));
  const page = await on.open("/ui/?q=run", { forgive: AWAY, viewport: { width: 1280, height: 500 } });
  await page.getByText("Live", { exact: true }).waitFor();
  await page.locator(".row").nth(1).waitFor();
  const list = page.locator(".list");
  await list.evaluate((element) => {
    element.scrollTop = 600;
  });
  const scroll = () => list.evaluate((element) => element.scrollTop);
  await expect.poll(scroll).toBe(600);

  await on.server.kill();
  await page.getByText("Server not reached").waitFor();
  await page.getByText(/again in \d+ s|trying/).waitFor();
  await on.server.again();
  await on.server.ingest([event("s0", "message", { role: "user" }), event("late", "session_start")]);
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Working 61" }).waitFor();
  // Rows are measured as they come into sight: less than one of them is no move.
  expect(Math.abs((await scroll()) - 600)).toBeLessThan(40);
  expect(await page.getByRole("searchbox").inputValue()).toBe("run");

  await list.evaluate((element) => {
    element.scrollTop = 0;
  });
  const events = page.locator(".row", { has: page.getByRole("link", { name: "Run s0", exact: true }) });
  await expect.poll(() => events.locator(".row-events").textContent()).toContain("2 events");
});

test("far behind, the page is shown anew, and says so", async () => {
  await on.server.ingest([event("one", "session_start")]);
  const page = await on.open("/ui/", { forgive: [...AWAY, /ERR_FAILED/] });
  await page.getByText("Live", { exact: true }).waitFor();
  await on.server.kill();
  await page.getByText("Server not reached").waitFor();
  // The page cannot come back before it has missed too much.
  await page.route("**/stream*", (route) => route.abort());
  await on.server.again();
  await on.server.ingest(Array.from({ length: 5001 }, () => event("one", "message", { role: "user" })));
  await page.unroute("**/stream*");
  await page.getByText("Live, shown anew after 5,001 changes").waitFor();
  await expect.poll(() => page.locator(".row-events").first().textContent()).toContain("5,002");
});

/** A message of a session that says its own number. */
const numbered = (session: string, number: number) =>
  event(session, "message", { role: "assistant", content: [{ type: "text", text: `word number ${number}` }] });

/** The numbers that the story shows, in its order. */
const shown = (page: Page) =>
  page.locator(".message").evaluateAll((found) => found.map((each) => Number(/word number (\d+)/.exec(each.textContent)?.[1])));

async function openStory(): Promise<Page> {
  await on.server.ingest([event("s", "session_start"), numbered("s", 1)]);
  const page = await on.open("/ui/session/s", { forgive: [...AWAY, /ERR_INTERNET_DISCONNECTED/] });
  await page.getByText("Live", { exact: true }).waitFor();
  await expect.poll(() => shown(page)).toEqual([1]);
  return page;
}

test("over a fresh database the same address shows what is there now, and nothing of what was", async () => {
  const page = await openStory();
  await on.server.kill();
  await page.getByText("Server not reached").waitFor();
  await on.server.afresh();
  // The same numbers of events, which mean others now.
  await on.server.ingest([event("s", "session_start"), numbered("s", 7)]);
  await page.getByText("Live", { exact: true }).waitFor();
  await expect.poll(() => shown(page)).toEqual([7]);
  await on.server.ingest([numbered("s", 8)]);
  await expect.poll(() => shown(page)).toEqual([7, 8]);
  await page.getByRole("link", { name: "Sessions" }).click();
  await expect.poll(() => page.locator(".row-events").allTextContents()).toEqual(["3 events"]);
});

test("a session that is deleted and begun again under its page keeps nothing of what it was", async () => {
  const page = await openStory();
  await on.server.request("DELETE", "/sessions/s");
  await page.getByText("There is no such session.").waitFor();
  await on.server.ingest([event("s", "session_start"), numbered("s", 2)]);
  await expect.poll(() => shown(page)).toEqual([2]);
});

test("what happened while the page was off the network comes once when it is back", async () => {
  const page = await openStory();
  const network = await page.context().newCDPSession(page);
  const conditions = { latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
  await network.send("Network.emulateNetworkConditions", { offline: true, ...conditions });
  await on.server.ingest([numbered("s", 2), numbered("s", 3)]);
  await page.getByText("Server not reached").waitFor();
  await network.send("Network.emulateNetworkConditions", { offline: false, ...conditions });
  await page.getByText("Live", { exact: true }).waitFor();
  await expect.poll(() => shown(page)).toEqual([1, 2, 3]);
});

test("a page that was left and is shown again has everything once", async () => {
  const page = await openStory();
  await page.evaluate(() => {
    const seen: string[] = [];
    Object.assign(window, { seen });
    document.addEventListener("visibilitychange", () => seen.push(document.visibilityState));
    for (const name of ["pagehide", "pageshow"] as const) window.addEventListener(name, ({ type }) => seen.push(type));
  });
  await page.goto(`${on.server.url}/openapi.json`);
  await on.server.ingest([numbered("s", 2)]);
  // It was not loaded again, so nothing of that kind is to be waited for.
  await page.goBack({ waitUntil: "commit" });
  const seen = () => page.evaluate(() => (window as unknown as { seen: string[] }).seen);
  await expect.poll(seen).toEqual(["pagehide", "hidden", "visible", "pageshow"]);
  await page.getByText("Live", { exact: true }).waitFor();
  await expect.poll(() => shown(page)).toEqual([1, 2]);
  await on.server.ingest([numbered("s", 3)]);
  await expect.poll(() => shown(page)).toEqual([1, 2, 3]);
});

test("a part of the page that cannot be loaded is waited for, and nothing else is lost", async () => {
  await on.server.ingest([event("s", "session_start"), event("s", "message", { role: "user", content: [{ type: "text", text: "Mend **it**" }] })]);
  const page = await on.open("/ui/", { forgive: [/ERR_FAILED/] });
  await page.route("**/assets/Markdown*", (route) => route.abort());
  const failure = page.waitForEvent("requestfailed", (request) => request.url().includes("/assets/Markdown"));
  await page.getByRole("link", { name: "Run s" }).click();
  await failure;
  await page.getByText("Mend **it**").waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  await page.unroute("**/assets/Markdown*");
  await page.locator(".message strong", { hasText: "it" }).waitFor();
});

test("after an upgrade a missing part is asked for once, and the newer page is offered at the same address", async () => {
  await on.server.ingest([event("s", "session_start"), event("s", "message", { role: "user", content: [{ type: "text", text: "Mend **it**" }] })]);
  const page = await on.open("/ui/", { forgive: [/404/] });
  await page.getByRole("link", { name: "Run s" }).waitFor();
  let asked = 0;
  await page.route("**/assets/Markdown*", (route) => {
    asked += 1;
    return route.fulfill({ status: 404, body: "not here" });
  });
  await page.route("**/ui/", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replaceAll(/assets\/index-/g, "assets/newer-") });
  });
  await page.clock.install();
  await page.getByRole("link", { name: "Run s" }).click();
  await page.getByRole("status").filter({ hasText: "A newer version of this page is there" }).waitFor();
  await page.getByText("Mend **it**").waitFor();
  await page.clock.runFor(120_000);
  expect(asked).toBe(1);
  await page.unroute("**/assets/Markdown*");
  await page.unroute("**/ui/");
  await page.getByRole("button", { name: "Reload" }).click();
  await page.locator(".message strong", { hasText: "it" }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/ui/session/s");
});

test("a session that is opened by its address needs one socket", async () => {
  await on.server.ingest([event("s", "session_start"), numbered("s", 1)]);
  const page = await on.open("/ui/connect");
  await page.getByText("Live", { exact: true }).waitFor();
  const sockets: string[] = [];
  page.on("websocket", (socket) => sockets.push(new URL(socket.url()).search));
  await page.goto(`${on.server.url}/ui/session/s`);
  await page.getByText("Live", { exact: true }).waitFor();
  await expect.poll(() => shown(page)).toEqual([1]);
  await on.server.ingest([numbered("s", 2)]);
  await expect.poll(() => shown(page)).toEqual([1, 2]);
  expect(sockets).toEqual(["?bodies=s"]);
});

test("a server that cannot answer is not asked again with each thing that happens", async () => {
  await on.server.ingest([event("s", "session_start"), numbered("s", 1), event("other", "session_start")]);
  let asked = 0;
  const page = await on.open("/ui/connect", { forgive: [/503/] });
  await page.route("**/sessions/s/events*", (route) => {
    asked += 1;
    return route.fulfill({ status: 503, json: { detail: "busy" } });
  });
  await page.clock.install();
  await page.goto(`${on.server.url}/ui/`);
  const events = page.locator(".row", { has: page.locator("[data-session=other]") }).locator(".row-events");
  await expect.poll(() => asked).toBeGreaterThan(0);
  for (let number = 2; number < 14; number += 1) {
    await on.server.ingest([numbered("other", number)]);
    await expect
      .poll(async () => {
        await page.clock.runFor(100);
        return events.textContent();
      }, { timeout: 5000 })
      .toBe(`${number} events`);
  }
  expect(asked).toBeLessThan(6);
});
