/** A thousand live events a second, under the list and under an open session: frames, and memory. */

import type { Browser, CDPSession, Page } from "playwright-core";

import type { SentEvent, Server } from "../tests/harness/server";
import type { Figure } from "./main";
import { quantile } from "./figures";
import { framesOf, watchFrames } from "./frames";

const RATE = 1_000;
const SESSIONS = 50;
/** Requests a second: the events of one come at one moment. */
const REQUESTS = 50;

const sessionOf = (number: number) => `live-${number % SESSIONS}`;

function eventOf(number: number): SentEvent {
  const isCall = number % 2 === 0;
  return {
    session_id: sessionOf(number >> 1),
    session_name: "Live run",
    event_type: isCall ? "pre_tool" : "post_tool",
    tool_name: "Bash",
    tool_use_id: `live-use-${number >> 1}`,
    tool_input: { command: `make part-${number >> 1}` },
    timestamp: new Date().toISOString(),
    ...(isCall ? {} : { tool_output: "ok\n".repeat(20) }),
  };
}

/** Sends events at an even pace; how many were sent. */
async function pour(server: Server, seconds: number, from: number): Promise<number> {
  const begun = Date.now();
  const each = RATE / REQUESTS;
  let sent = 0;
  while (sent < seconds * RATE) {
    const wait = begun + (sent / RATE) * 1_000 - Date.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    await server.ingest(Array.from({ length: each }, (_, place) => eventOf(from + sent + place)));
    sent += each;
  }
  return sent;
}

async function heapMiB(devtools: CDPSession): Promise<number> {
  // Once frees what is held by nothing, again what was held by that alone.
  await devtools.send("HeapProfiler.collectGarbage");
  await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize } = await devtools.send("Runtime.getHeapUsage");
  return usedSize / 1024 / 1024;
}

async function underLoad(page: Page, server: Server, seconds: number, from: number) {
  const devtools = await page.context().newCDPSession(page);
  const warm = await pour(server, 5, from);
  const before = await heapMiB(devtools);
  await watchFrames(page);
  const begun = Date.now();
  const sent = await pour(server, seconds, from + warm);
  const took = (Date.now() - begun) / 1_000;
  const frames = await framesOf(page);
  return { frames, before, after: await heapMiB(devtools), rate: sent / took, next: from + warm + sent };
}

/** The list, then one of the sessions, each for so many seconds. */
export async function measureLive(browser: Browser, server: Server, { seconds }: { readonly seconds: number }): Promise<Figure[]> {
  const starts = Array.from({ length: SESSIONS }, (_, number) => ({
    session_id: sessionOf(number),
    session_name: "Live run",
    event_type: "session_start",
    timestamp: new Date().toISOString(),
  }));
  await server.ingest(starts);
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const empty = await context.newPage();
  await empty.goto(`${server.url}/healthz`);
  const idle = await underLoad(empty, server, Math.min(seconds, 10), 0);
  await empty.close();

  const page = await context.newPage();
  await page.goto(`${server.url}/ui/`);
  await page.locator(".row").first().waitFor();
  const list = await underLoad(page, server, seconds, idle.next);
  const stands = await page.getByText("Live", { exact: true }).isVisible();
  if (!stands) throw new Error("the list is not live after the load");

  await page.goto(`${server.url}/ui/session/${sessionOf(1)}`);
  await page.locator('.story-box[aria-busy="false"]').waitFor();
  const story = await underLoad(page, server, seconds, list.next);
  await context.close();

  const longest = (what: string, { frames, rate }: typeof list): Figure => ({
    what: `${what}, longest frame`,
    unit: "ms",
    measured: Math.max(...frames),
    baseline: Math.max(...idle.frames),
    most: 100,
    note: `${rate.toFixed(0)} events/s for ${seconds} s; 99 of 100 frames within ${quantile(frames, 0.99).toFixed(1)} ms`,
  });
  const memory = (what: string, { before, after }: typeof list): Figure => ({
    what: `${what}, memory after against before`,
    unit: "MiB",
    measured: after,
    baseline: before,
  });
  return [
    longest("1,000 events/s under the list", list),
    { ...memory("1,000 events/s under the list", list), most: Math.ceil(list.before * 1.1) },
    longest("1,000 events/s, one of 50 sessions open", story),
    memory("1,000 events/s, one of 50 sessions open", story),
  ];
}
