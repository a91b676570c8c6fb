/** Whether a long session scrolls smoothly: with the wheel, and to places all over it. */

import type { Browser, Page } from "playwright-core";

import type { Server } from "../tests/harness/server";
import type { Figure } from "./main";
import { quantile } from "./figures";
import { framesOf, watchFrames } from "./frames";

interface Options {
  readonly long: string;
  readonly events: number;
  readonly seconds: number;
}

/** Turns the wheel without a pause. */
async function turnWheel(page: Page, selector: string, seconds: number): Promise<readonly number[]> {
  const place = () => page.evaluate((selector) => document.querySelector(selector)?.scrollTop ?? 0, selector);
  const from = await place();
  await page.mouse.move(640, 500);
  await watchFrames(page);
  const until = Date.now() + seconds * 1_000;
  while (Date.now() < until) await page.mouse.wheel(0, -240);
  const frames = await framesOf(page);
  const way = from - (await place());
  if (way < seconds * 1_000) throw new Error(`the wheel moved ${selector} by ${way} pixels only`);
  return frames;
}

/** Jumps all over it, as one who drags the bar does. */
async function drag(page: Page, selector: string, jumps: number): Promise<readonly number[]> {
  await watchFrames(page);
  await page.evaluate(
    async ([selector, jumps]) => {
      const box = document.querySelector(selector);
      if (box === null) throw new Error(`${selector} is not there`);
      const whole = box.scrollHeight - box.clientHeight;
      for (let jump = 0; jump < jumps; jump += 1) {
        // Places far apart, the same in each run.
        box.scrollTop = whole * ((jump * 0.618) % 1);
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
    },
    [selector, jumps] as const,
  );
  return framesOf(page);
}

function figure(what: string, frames: readonly number[], baseline: readonly number[]): Figure {
  return {
    what,
    unit: "ms",
    measured: Math.max(...frames),
    baseline: Math.max(...baseline),
    most: 50,
    note: `${frames.length} frames, 99 of 100 within ${quantile(frames, 0.99).toFixed(1)} ms`,
  };
}

/** The longest frame, in the story and in an empty page of the same height. */
export async function measureScroll(browser: Browser, server: Server, { long, events, seconds }: Options): Promise<Figure[]> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const empty = await context.newPage();
  await empty.goto(`${server.url}/healthz`);
  await empty.evaluate(() => {
    document.body.style.height = "10000000px";
  });
  await empty.evaluate(() => {
    scrollTo(0, 5_000_000);
  });
  const emptyWheel = await turnWheel(empty, "html", seconds);
  const emptyDrag = await drag(empty, "html", seconds * 5);
  await empty.close();

  const page = await context.newPage();
  await page.goto(`${server.url}/ui/session/${long}`);
  await page.locator('.story-box[aria-busy="false"]').waitFor();
  await page.locator(".story-box").evaluate((box) => {
    box.scrollTop = box.scrollHeight / 2;
  });
  await page.locator(".story-row pre, .story-row .markdown").first().waitFor();
  const wheel = await turnWheel(page, ".story-box", seconds);
  const dragged = await drag(page, ".story-box", seconds * 5);
  await context.close();
  const session = `session of ${events.toLocaleString("en")} events`;
  return [
    figure(`${session}, longest frame under the wheel`, wheel, emptyWheel),
    figure(`${session}, longest frame while its bar is dragged`, dragged, emptyDrag),
  ];
}
