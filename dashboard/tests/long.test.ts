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
async function openHeld(address: string, prepare?: (page: Page) => Promise<void>): Promise<{ readonly page: Page; readonly release: () => void }> {
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
  await prepare?.(page);
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
  await page.mouse.move(600, 500);
  await page.mouse.wheel(0, 1_000_000);
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

test("who follows a link to an event keeps it in sight while the rows around it grow", async () => {
  const call = (number: number) => ({ tool_name: "Bash", tool_input: { command: `make part-${number}` }, tool_use_id: `use-${number}` });
  const output = Array.from({ length: 14 }, (_, line) => `line ${line}`).join("\n");
  const calls = Array.from({ length: LONG / 2 }, (_, number) => [
    event(2 * number + 1, "pre_tool", call(number)),
    event(2 * number + 2, "post_tool", { ...call(number), tool_output: output }),
  ]);
  await on.server.ingest([event(0, "session_start"), ...calls.flat()]);
  const { events } = (await on.server.request("GET", "/sessions/s/events?limit=1500")) as { events: { id: number }[] };
  let showBodies = () => {
    /* once they are held */
  };
  const bodies = new Promise<void>((resolve) => {
    showBodies = resolve;
  });
  const { page, release } = await openHeld(`/ui/session/s?event=${events.at(-1)?.id ?? 0}`, async (opened) => {
    await opened.route("**/sessions/s/events?*", async (route) => {
      await bodies;
      await route.continue();
    });
  });
  const marked = page.locator(".is-marked");
  const isInSight = async () => {
    const [row, all] = [await marked.boundingBox(), await box(page).boundingBox()];
    return row !== null && all !== null && row.y > all.y && row.y + row.height < all.y + all.height;
  };
  // All rows have their bodies: three blocks of code each, and the last of them is what it put out.
  const isGrown = () => page.locator(".story-row").evaluateAll((rows) => rows.every((row) => row.textContent.includes("line 13")));
  await expect.poll(isInSight).toBe(true);
  // Long after the jump has come to rest.
  await page.evaluate(async () => {
    for (let frame = 0; frame < 60; frame += 1) await new Promise((drawn) => requestAnimationFrame(drawn));
  });
  showBodies();
  await expect.poll(isGrown).toBe(true);
  await expect.poll(isInSight).toBe(true);
  release();
  await page.locator('.story-box[aria-busy="false"]').waitFor();
  await expect.poll(isGrown).toBe(true);
  await expect.poll(isInSight).toBe(true);
  // Who moves is not taken back.
  await page.mouse.move(600, 500);
  await page.mouse.wheel(0, 3_000);
  await marked.waitFor({ state: "detached" });
  await expect.poll(isGrown).toBe(true);
  expect(await marked.count()).toBe(0);
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
