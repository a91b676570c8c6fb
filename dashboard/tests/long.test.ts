/** A long session: what is looked at comes first, the rest is read meanwhile, and nothing moves when it is there. */

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { event, said, talk } from "./harness/session";
import { stage } from "./harness/stage";

const on = stage();

const LONG = 3_000;
const WORDS = { exact: true } as const;

const box = (page: Page) => page.locator(".story-box");
/** Where the row of these words stands on the screen, and of how many it is, once no row of those in sight will change. */
const row = async (page: Page, words: string) => {
  await expect.poll(() => page.locator(".plain-words").count()).toBe(0);
  const found = page.locator(".story-row").filter({ has: page.getByText(words, WORDS) });
  const [bounds, size] = [await found.boundingBox(), await found.getAttribute("aria-setsize")];
  return { top: Math.round(bounds?.y ?? Number.NaN), of: Number(size) };
};

/** Opens the session while all of it is still being read; the answer lets the reading go on. */
async function openHeld(address: string): Promise<{ readonly page: Page; readonly release: () => void }> {
  const page = await on.open("/ui/connect");
  let release = () => {
    /* once it is held */
  };
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route(
    (url) => url.pathname === "/sessions/s/outline/columns" && url.search === "",
    async (route) => {
      await held;
      await route.continue();
    },
  );
  await page.goto(on.server.url + address);
  return { page, release };
}

test("what still goes on is shown from its end, and grows there, before all of it is read", async () => {
  await on.server.ingest(talk(LONG));
  const { page, release } = await openHeld("/ui/session/s");
  await page.getByText(`word number ${LONG}`, WORDS).waitFor();
  await page.getByText("Reading the other 2,801 events…").waitFor();
  await on.server.ingest([said(5_000, "assistant", "first news")]);
  await page.getByText("first news", WORDS).waitFor();
  // Who has left the end is told what comes; the rest neither counts as new nor moves what is in sight.
  await box(page).evaluate((element) => {
    element.scrollTop = element.scrollHeight / 2;
  });
  await page.getByText("word number 2900", WORDS).waitFor();
  await on.server.ingest([said(5_001, "assistant", "second news")]);
  await page.getByRole("button", { name: "1 new" }).waitFor();
  const before = await row(page, "word number 2900");
  expect(before.of).toBe(202);
  release();
  await page.locator(`.story-row[aria-setsize="${LONG + 3}"]`).first().waitFor();
  await page.locator('.story-box[aria-busy="false"]').waitFor();
  await expect.poll(async () => Math.abs((await row(page, "word number 2900")).top - before.top)).toBeLessThan(2);
  await page.getByRole("button", { name: "1 new" }).click();
  await page.getByText("second news", WORDS).waitFor();
  await on.server.ingest([said(5_002, "assistant", "third news")]);
  await page.getByText("third news", WORDS).waitFor();
  await box(page).evaluate((element) => {
    element.scrollTop = 0;
  });
  await page.getByText("word number 1", WORDS).waitFor();
});

test("who follows a link to an event sees it before all is read, and is not moved when it is", async () => {
  await on.server.ingest([...talk(LONG), event(5_000, "session_stop", { exit_code: 0 })]);
  const { events } = (await on.server.request("GET", "/sessions/s/events?limit=1500")) as { events: { id: number }[] };
  const { page, release } = await openHeld(`/ui/session/s?event=${events.at(-1)?.id ?? 0}`);
  await page.locator(".is-marked").getByText("word number 1499", WORDS).waitFor();
  const before = await row(page, "word number 1499");
  // Its last is not the end: what comes live belongs elsewhere, and nobody is taken there.
  await box(page).evaluate((element) => {
    element.scrollTop = element.scrollHeight;
  });
  await page.getByText("word number 1698", WORDS).waitFor();
  await on.server.ingest([said(5_001, "assistant", "the news")]);
  const last = await row(page, "word number 1698");
  expect(last.of).toBe(before.of);
  release();
  await page.locator(`.story-row[aria-setsize="${LONG + 3}"]`).first().waitFor();
  await expect.poll(async () => Math.abs((await row(page, "word number 1698")).top - last.top)).toBeLessThan(2);
  await page.getByRole("button", { name: "Jump to result" }).click();
  await page.locator(".is-marked").getByText("the news", WORDS).waitFor();
});

test("a jump to what is not there yet is made when it is", async () => {
  await on.server.ingest(talk(LONG));
  const { page, release } = await openHeld("/ui/session/s");
  await page.getByText(`word number ${LONG}`, WORDS).waitFor();
  await page.getByLabel("Find in session").fill("word number 77");
  await page.keyboard.press("Enter");
  await expect.poll(() => new URL(page.url()).searchParams.has("event")).toBe(true);
  release();
  await page.locator(".is-marked").getByText("word number 77", WORDS).waitFor();
});

test("what happens between the reading and the first word of the log is read as well", async () => {
  await on.server.ingest(talk(5));
  const page = await on.open("/ui/connect");
  let connect = () => {
    /* once it is held */
  };
  const held = new Promise<void>((resolve) => {
    connect = resolve;
  });
  await page.routeWebSocket(/\/ws/, async (socket) => {
    await held;
    socket.connectToServer();
  });
  await page.goto(`${on.server.url}/ui/session/s`);
  await page.getByText("word number 5", WORDS).waitFor();
  await page.locator('.story-box[aria-busy="false"]').waitFor();
  await on.server.ingest([said(10, "assistant", "meanwhile")]);
  connect();
  await page.getByText("meanwhile", WORDS).waitFor();
});
