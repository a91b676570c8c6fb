/** How soon a page shows what it is for, and what it loads until then, each beside an empty page. */

import type { Browser, Page } from "playwright-core";

import type { Server } from "../tests/harness/server";
import type { Figure } from "./main";
import { median } from "./figures";

interface Options {
  readonly long: string;
  readonly events: number;
  readonly rounds: number;
}

/** What the page waits for: an element, perhaps one of which two attributes say the same. */
interface Sign {
  readonly selector: string;
  readonly equal?: readonly [name: string, other: string];
}

/** The session's last event stands on the screen: it still goes on, so it opens at its end. */
const END: Sign = { selector: ".story-row:last-child", equal: ["aria-posinset", "aria-setsize"] };
/** The same, and all before it is there too. */
const WHOLE: Sign = { ...END, selector: `.story-box[aria-busy="false"] ${END.selector}` };
/** All sessions are in the list. */
const ALL: Sign = { selector: ".filters .segments .number:not(:empty)" };

/** Looks at each frame whether the sign stands there, and notes when the frame after that begins: it is painted then. */
function watchFor({ selector, equal }: Sign): void {
  const look = () => {
    const element = document.querySelector(selector);
    const stands = element !== null && (equal === undefined || element.getAttribute(equal[0]) === element.getAttribute(equal[1]));
    if (!stands) {
      requestAnimationFrame(look);
      return;
    }
    requestAnimationFrame((painted) => {
      (window as { painted?: number }).painted = painted;
    });
  };
  requestAnimationFrame(look);
}

async function openedWithin(browser: Browser, address: string, sign: Sign): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  try {
    const page = await context.newPage();
    await page.addInitScript(watchFor, sign);
    await page.goto(address, { waitUntil: "commit" });
    const painted = await page.waitForFunction(() => (window as { painted?: number }).painted, undefined, { timeout: 60_000 });
    return (await painted.jsonValue()) ?? Number.NaN;
  } finally {
    await context.close();
  }
}

/** Bytes of script that came over the wire until the network fell silent. */
async function scriptBytes(page: Page, address: string): Promise<number> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Network.enable");
  const scripts = new Set<string>();
  let bytes = 0;
  devtools.on("Network.responseReceived", ({ requestId, type }) => {
    if (type === "Script") scripts.add(requestId);
  });
  devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) bytes += encodedDataLength;
  });
  await page.goto(address, { waitUntil: "networkidle" });
  return bytes;
}

/** First load of the list, and of a long session. */
export async function measureOpening(browser: Browser, server: Server, { long, events, rounds }: Options): Promise<Figure[]> {
  const empty: number[] = [];
  const list: number[] = [];
  const all: number[] = [];
  const end: number[] = [];
  const whole: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    empty.push(await openedWithin(browser, `${server.url}/healthz`, { selector: "body" }));
    list.push(await openedWithin(browser, `${server.url}/ui/`, { selector: ".row" }));
    all.push(await openedWithin(browser, `${server.url}/ui/`, ALL));
    const story = `${server.url}/ui/session/${long}`;
    end.push(await openedWithin(browser, story, END));
    whole.push(await openedWithin(browser, story, WHOLE));
  }
  const baseline = median(empty);
  const opened = (what: string, times: readonly number[], more: object): Figure => ({
    what,
    unit: "ms",
    measured: median(times),
    baseline,
    note: `${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)} in ${rounds} rounds`,
    ...more,
  });
  const page = await browser.newPage();
  const bytes = await scriptBytes(page, `${server.url}/ui/`);
  await page.close();
  return [
    { what: "script of the first load, compressed", unit: "KiB", measured: bytes / 1024, most: 200 },
    opened("list of 10,000 sessions, first row painted", list, { most: 1_000 }),
    opened("list of 10,000 sessions, all of them in it", all, {}),
    opened(`session of ${events.toLocaleString("en")} events, its end painted`, end, { most: 1_000 }),
    opened(`session of ${events.toLocaleString("en")} events, all before it there too`, whole, {}),
  ];
}
