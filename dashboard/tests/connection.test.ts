/** The server killed and begun again under the page: nothing missing, nothing doubled, and everything where it was. */

import { expect, test } from "vitest";

import type { SentEvent } from "./harness/server";
import { AWAY, stage } from "./harness/stage";

const on = stage();

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
