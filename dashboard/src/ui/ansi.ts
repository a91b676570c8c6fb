/** What a terminal would make of an output: colours, and lines that were written over. */

import { classOf, type Looks, looksAfter, PLAIN } from "./looks";

/** A stretch of text, and the names of its looks in the style sheet. */
export interface Stretch {
  readonly text: string;
  readonly className: string;
}

const ESCAPE = "\u001b";
/** Escapes: those that set looks, of which the parameters count; all others are left out. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const SEQUENCE = /\u001b(?:\[([\d;:]*)m|\[[\d;:?<=>]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/g;

/** The text without escapes, each line as it stood in the end. */
export function plain(text: string): string {
  return overwritten(text.includes(ESCAPE) ? text.replaceAll(SEQUENCE, "") : text);
}

/** Each line as it stood in the end: progress is written over itself. */
export function overwritten(text: string): string {
  // No pattern: one that looks for the last of its kind takes the square of the time.
  return text.includes("\r") ? text.replaceAll("\r\n", "\n").split("\n").map(lastOf).join("\n") : text;
}

/** What was written last into a line; a return at its end writes nothing. */
function lastOf(line: string): string {
  const before = line.endsWith("\r") ? line.length - 2 : line.length - 1;
  return before < 0 ? line : line.slice(line.lastIndexOf("\r", before) + 1);
}

/** The text in stretches of one look each; `undefined` where a terminal would change nothing. */
export function stretchesOf(text: string): readonly Stretch[] | undefined {
  if (!text.includes(ESCAPE)) return undefined;
  const stretches: Stretch[] = [];
  let looks: Looks = PLAIN;
  let from = 0;
  const push = (to: number) => {
    if (to > from) stretches.push({ text: text.slice(from, to), className: classOf(looks) });
  };
  for (const found of text.matchAll(SEQUENCE)) {
    push(found.index);
    from = found.index + found[0].length;
    if (found[1] !== undefined) looks = looksAfter(looks, found[1]);
  }
  push(text.length);
  return stretches;
}
