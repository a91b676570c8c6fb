/** Where the words stand that were found in a card: one place after the other, in the order of the card. */

import { useSyncExternalStore } from "react";

/** The names under which the style sheet knows the words, and those of the place that is looked at. */
const ALL = "sought";
const CURRENT = "sought-now";
/** Places of a card that are told apart: a letter may stand in an output a hundred thousand times. */
export const MOST_PLACES = 1000;
/** Frames in which the list may still move, as it learns how high its items are. */
const FRAMES = 12;

/** How many places there are in the card, and the one that is looked at. */
interface Standing {
  readonly at: number;
  readonly count: number;
}

const NOWHERE: Standing = { at: 0, count: 0 };

let standing = NOWHERE;
let ranges: readonly Range[] = [];
let beginsAtEnd = false;
const listeners = new Set<() => void>();

function stand(next: Standing) {
  if (next.at === standing.at && next.count === standing.count) return;
  standing = next;
  for (const listener of listeners) listener();
}

/** Brings a place into the middle of the box that scrolls, if it is out of it; whether it stands in one. */
function bringIntoSight(range: Range): boolean {
  const box = range.startContainer.parentElement?.closest(".story-box");
  if (box === null || box === undefined) return false;
  const [place, sight] = [range.getBoundingClientRect(), box.getBoundingClientRect()];
  if (place.top < sight.top || place.bottom > sight.bottom) box.scrollTop += place.top - (sight.top + sight.bottom) / 2;
  return true;
}

/** The same, for as long as the list may move it out again. */
function holdInSight(range: Range, frames = FRAMES): void {
  requestAnimationFrame(() => {
    if (bringIntoSight(range) && frames > 1) holdInSight(range, frames - 1);
  });
}

/** Keeps the place that is looked at in sight; whether there is one. */
export function keepPlaceInSight(): boolean {
  const range = ranges[standing.at];
  return range !== undefined && bringIntoSight(range);
}

function look(at: number) {
  const range = ranges[at];
  if (range === undefined) return;
  CSS.highlights.set(CURRENT, new Highlight(range));
  holdInSight(range);
  stand({ at, count: ranges.length });
}

/** Marks these places of a card. The first of them is looked at, or the last for who goes backwards. */
export function markPlaces(found: readonly Range[]): void {
  const isFirst = ranges.length === 0;
  ranges = found;
  CSS.highlights.set(ALL, new Highlight(...found));
  const last = found.length - 1;
  if (isFirst) look(beginsAtEnd ? last : 0);
  else {
    // What shows the card was drawn anew: the reader stays where they are.
    const at = Math.max(0, Math.min(standing.at, last));
    const range = found[at];
    if (range !== undefined) CSS.highlights.set(CURRENT, new Highlight(range));
    stand({ at, count: found.length });
  }
}

/** No card has what was found any more. */
export function unmarkPlaces(): void {
  ranges = [];
  CSS.highlights.delete(ALL);
  CSS.highlights.delete(CURRENT);
  stand(NOWHERE);
}

/** Goes to the next place of the card, or to the one before; whether there is one. Else the next card is entered from there. */
export function stepPlace(by: 1 | -1): boolean {
  beginsAtEnd = by < 0;
  const at = standing.at + by;
  if (ranges[at] === undefined) return false;
  look(at);
  return true;
}

/** Which of how many places is looked at. */
export function usePlaces(): Standing {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    () => standing,
  );
}
