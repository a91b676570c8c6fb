/** Measures the page in Chromium against the real server; one line of JSON a figure: `bench page` shows them. */

import { chromium } from "playwright-core";

import { chromium as executablePath, FLAGS } from "../tests/harness/places";
import { Server } from "../tests/harness/server";
import { measureLive } from "./live";
import { measureOpening } from "./opening";
import { measureScroll } from "./scroll";
import { seedLong, seedMany } from "./seed";

/** A figure, as `bench` takes it in. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly measured: number;
  /** The same of an empty page. */
  readonly baseline?: number;
  /** What it must not exceed. */
  readonly most?: number;
  readonly note?: string;
}

const SESSIONS = 10_000;
const EVENTS = 100_000;

/** Shorter runs scatter more. */
const isQuick = process.env.BENCH_QUICK !== undefined;

const report = (figures: readonly Figure[]) => {
  for (const figure of figures) process.stdout.write(`${JSON.stringify(figure)}\n`);
};

const server = await Server.start();
const browser = await chromium.launch({ executablePath, args: FLAGS });
try {
  await seedMany(server, SESSIONS);
  const long = await seedLong(server, EVENTS);
  const rounds = isQuick ? 3 : 9;
  report(await measureOpening(browser, server, { long, events: EVENTS, rounds }));
  report(await measureScroll(browser, server, { long, events: EVENTS, seconds: isQuick ? 3 : 10 }));
  report(await measureLive(browser, server, { seconds: isQuick ? 10 : 60 }));
} finally {
  await browser.close();
  await server.remove();
}
