/** The difference between two texts. Loaded when an edit without a diff of its own is shown. */

import { structuredPatch } from "diff";

import { linesOf, type Hunk } from "./tools";

/** Comparing takes time that grows with the square; beyond this the texts are shown one after the other. */
const LONGEST_MS = 200;

/** Where two texts differ, with three lines around. */
export function hunksBetween(before: string, after: string): readonly Hunk[] {
  const whole: Hunk = { oldStart: 1, newStart: 1, lines: [...marked("-", before), ...marked("+", after)] };
  if (before === "") return [whole];
  const patch = structuredPatch("", "", before, after, "", "", { context: 3, timeout: LONGEST_MS });
  if (patch === undefined) return [whole];
  return patch.hunks.map(({ oldStart, newStart, lines }) => ({
    oldStart,
    newStart,
    lines: lines.filter((line) => !line.startsWith("\\")),
  }));
}

function marked(mark: string, text: string): string[] {
  return linesOf(text).map((line) => mark + line);
}
