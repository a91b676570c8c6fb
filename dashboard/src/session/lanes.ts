/** Where the spans of a chart lie on the screen. */

import type { Chart, Row, Span } from "./spans";

/** The part of the time that is in sight. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** A row in its place. */
export interface Placed {
  readonly row: Row;
  readonly top: number;
  readonly height: number;
}

const LANE = 14;
const ROW_GAP = 10;
/** Height of the scale above the rows. */
export const SCALE = 22;
/** A span narrower than this can still be pointed at. */
const REACH = 4;

/** The rows, one below the other. */
export function placed({ rows }: Chart): readonly Placed[] {
  let top = SCALE;
  return rows.map((row) => {
    const height = row.laneCount * LANE + ROW_GAP;
    const place = { row, top, height };
    top += height;
    return place;
  });
}

/** Height of all of it. */
export function heightOf(places: readonly Placed[]): number {
  const last = places.at(-1);
  return last === undefined ? SCALE : last.top + last.height;
}

/** A bar to be drawn. */
export interface Bar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly span: Span;
}

/**
 * The bars in sight. Spans that would begin in a pixel that is already full in their lane are left out, so there are never
 * more bars than pixels; a failure is never left out of a pixel that shows none.
 */
export function barsOf({ row, top }: Placed, { from, to }: Window, width: number): readonly Bar[] {
  const scale = width / (to - from);
  const full = new Array<number>(row.laneCount).fill(-1);
  const failed = new Array<number>(row.laneCount).fill(-1);
  const bars: Bar[] = [];
  row.spans.forEach((span, index) => {
    if (span.end < from || span.start > to) return;
    const lane = row.lanes[index] ?? 0;
    const x = Math.max(0, (span.start - from) * scale);
    const end = Math.min(width, Math.max(x + 1, (span.end - from) * scale));
    const pixel = Math.floor(end);
    const isNews = span.isFailed && pixel > (failed[lane] ?? -1);
    if (pixel <= (full[lane] ?? -1) && !isNews) return;
    full[lane] = Math.max(pixel, full[lane] ?? -1);
    if (span.isFailed) failed[lane] = pixel;
    bars.push({ x, y: top + lane * LANE, width: Math.max(1, end - x), height: LANE - 2, span });
  });
  return bars;
}

/** The span at a point. */
export function spanAt(places: readonly Placed[], { from, to }: Window, width: number, x: number, y: number): Span | undefined {
  const place = places.find(({ top, height }) => y >= top && y < top + height);
  if (place === undefined) return undefined;
  const lane = Math.min(place.row.laneCount - 1, Math.floor((y - place.top) / LANE));
  const at = from + (x / width) * (to - from);
  const reach = (REACH / width) * (to - from);
  let best: Span | undefined;
  let distance = reach;
  place.row.spans.forEach((span, index) => {
    if (place.row.lanes[index] !== lane) return;
    const away = Math.max(span.start - at, at - span.end, 0);
    if (away > distance || (away === distance && best !== undefined)) return;
    best = span;
    distance = away;
  });
  return best;
}

/** The window made smaller or larger around an instant, within the chart. */
export function zoomed({ from, to }: Window, chart: Chart, at: number, factor: number): Window {
  // A millisecond across is as near as anything gets.
  const length = Math.min(chart.end - chart.start, Math.max(1000, (to - from) * factor));
  const start = at - ((at - from) / (to - from)) * length;
  return moved({ from: start, to: start + length }, chart, 0);
}

/** The window moved, within the chart. */
export function moved({ from, to }: Window, chart: Chart, by: number): Window {
  const length = to - from;
  const start = Math.min(Math.max(chart.start, from + by), chart.end - length);
  return { from: start, to: start + length };
}

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 144e5, 288e5, 864e5];

const DAY_MS = 864e5;

/** The marks of the scale in sight, in milliseconds: those of days at midnight where the reader is, and all others from there on. */
export function marksOf(window: Window, step: number): readonly number[] {
  const marks: number[] = [];
  const midnight = new Date(window.from / 1000);
  midnight.setHours(0, 0, 0, 0);
  const begin = midnight.getTime();
  const first = step < DAY_MS ? Math.max(0, Math.ceil((window.from / 1000 - begin) / step)) : 0;
  for (let index = first; ; index += 1) {
    let mark = begin + index * step;
    if (step >= DAY_MS) mark = new Date(midnight).setDate(midnight.getDate() + (index * step) / DAY_MS);
    if (mark * 1000 >= window.to) return marks;
    if (mark * 1000 >= window.from) marks.push(mark);
  }
}

/** Milliseconds between two marks of the scale, with room for their words. */
export function stepOf({ from, to }: Window, width: number): number {
  const least = ((to - from) / 1000 / Math.max(1, width)) * 90;
  return STEPS.find((step) => step >= least) ?? Math.ceil(least / 864e5) * 864e5;
}
