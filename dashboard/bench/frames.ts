/** How long each frame of a page takes, as the page itself sees it. */

import type { Page } from "playwright-core";

interface Watched {
  frameTimes?: number[];
}

/** Begins anew to note the time from each frame to the next. */
export async function watchFrames(page: Page): Promise<void> {
  await page.evaluate(() => {
    const watched = globalThis as Watched;
    const isFirst = watched.frameTimes === undefined;
    watched.frameTimes = [];
    if (!isFirst) return;
    let before = performance.now();
    const note = (now: number) => {
      watched.frameTimes?.push(now - before);
      before = now;
      requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
  });
}

/** The frames since the watch began, in milliseconds. */
export async function framesOf(page: Page): Promise<readonly number[]> {
  const frames = await page.evaluate(() => (globalThis as Watched).frameTimes ?? []);
  // The first may have begun before the watch.
  return frames.slice(1);
}
