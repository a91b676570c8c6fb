/** Draws a chart on a canvas, in the colours of the page. */

import { colourOf } from "../ui/colour";
import { markText } from "../ui/instant";
import { barsOf, marksOf, SCALE, stepOf, type Placed, type Window } from "./lanes";
import { MODEL, PERSON, type Span } from "./spans";

/** What is drawn. */
export interface Picture {
  readonly places: readonly Placed[];
  readonly window: Window;
  readonly width: number;
  readonly height: number;
  readonly chosen: Span | undefined;
}

function colourName({ row, isFailed }: Span): string {
  if (isFailed) return "failed";
  if (row === MODEL) return "accent";
  return row === PERSON ? "needs-you" : "working";
}

/** Draws it all anew. */
export function draw(canvas: HTMLCanvasElement, { places, window: sight, width, height, chosen }: Picture) {
  const ratio = devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  if (context === null) return;
  const found = new Map<string, string>();
  const colour = (name: string): string => {
    const known = found.get(name) ?? colourOf(canvas, name);
    found.set(name, known);
    return known;
  };
  context.scale(ratio, ratio);
  context.clearRect(0, 0, width, height);
  const step = stepOf(sight, width);
  context.font = "11px system-ui, sans-serif";
  for (const mark of marksOf(sight, step)) {
    const x = Math.round(((mark * 1000 - sight.from) / (sight.to - sight.from)) * width) + 0.5;
    context.fillStyle = colour("line");
    context.fillRect(x, SCALE - 4, 1, height);
    context.fillStyle = colour("quiet");
    const text = markText(mark, step);
    // A word that the edge would cut says nothing.
    if (x + 4 + context.measureText(text).width <= width) context.fillText(text, x + 4, 12);
  }
  for (const place of places) {
    context.fillStyle = colour("line");
    context.fillRect(0, place.top + place.height - 5, width, 1);
    for (const { x, y, width: wide, height: high, span } of barsOf(place, sight, width)) {
      context.fillStyle = colour(colourName(span));
      context.fillRect(x, y, wide, high);
      if (span !== chosen) continue;
      context.strokeStyle = colour("text");
      context.lineWidth = 2;
      context.strokeRect(x - 1, y - 1, wide + 2, high + 2);
    }
  }
}
