/** Whatever an agent writes, shows as text: in the list and in its session. */

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { HOSTILE, hostileSession } from "./harness/hostile";
import { stage } from "./harness/stage";

const on = stage();

test("hostile strings in every field do nothing", async () => {
  const sessions = HOSTILE.map((text, number) => hostileSession(`hostile-${number}`, text));
  await on.server.ingest(sessions.flat());
  const page = await on.open("/ui/");
  await page.getByText("Agent Runtime").first().waitFor();
  expect(await harm(page)).toEqual([]);
  for (const [first] of sessions) {
    const id = first?.session_id ?? "";
    await page.goto(`${on.server.url}/ui/session/${id}`, { waitUntil: "networkidle" });
    const { outline } = (await on.server.request("GET", `/sessions/${id}/outline`)) as { outline: { id: number; event_type: string }[] };
    // Of the events only those in sight exist: all are looked at, one screen after the other.
    const left = new Set(outline.filter(({ event_type }) => event_type !== "post_tool").map((event) => event.id));
    await page.locator(".story-box").evaluate((box) => {
      box.scrollTop = 0;
    });
    await expect
      .poll(
        async () => {
          expect(await harm(page)).toEqual([]);
          for (const event of await page.locator("[data-event]").evaluateAll((all) => all.map((one) => Number(one.getAttribute("data-event"))))) left.delete(event);
          await page.locator(".story-box").evaluate((box) => {
            box.scrollTop += box.clientHeight / 2;
          });
          return left.size;
        },
        { timeout: 10_000, interval: 20 },
      )
      .toBe(0);
  }
});

/** What has run, and what stands in the page that only markup could have put there. */
async function harm(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found = [...document.querySelectorAll("iframe, base, body script, body style, img[src^='http'], [onerror], [onload]")];
    const links = [...document.querySelectorAll("a[href]")].filter(
      (link) => link instanceof HTMLAnchorElement && !["http:", "https:", "blob:"].includes(link.protocol),
    );
    const ran = "harmed" in window ? [`ran: ${String(window.harmed)}`] : [];
    return [...ran, ...[...found, ...links].map((element) => element.outerHTML)];
  });
}
