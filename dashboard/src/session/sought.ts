/** What was found in a session, where it stands: its card opens what hides it, and the words are marked. */

import { createContext, useContext, useEffect, type RefObject } from "react";

/** The name under which the style sheet knows the words. */
const NAME = "sought";
/** Frames in which the list may still move, as it learns how high its items are. */
const FRAMES = 12;
/** Places that are marked: a letter may stand in an output a hundred thousand times. */
const MOST_MARKED = 1000;

/** What was looked for, in the card that has it. */
export const Sought = createContext<string | undefined>(undefined);

/** Whether a text has what was looked for, and what is shown of it has not. */
export function useIsHidden(text: string, shown: string): boolean {
  const sought = useContext(Sought)?.toLowerCase();
  return sought !== undefined && shown.length < text.length && !shown.toLowerCase().includes(sought) && text.toLowerCase().includes(sought);
}

/** Where words stand in a text, in any case. */
export function placesOf(text: string, words: string): readonly number[] {
  const places: number[] = [];
  // Some letters become two in lower case; they would move what stands behind them.
  const plain = text.replaceAll("\u0130", "I").toLowerCase();
  const sought = words.toLowerCase();
  for (let at = plain.indexOf(sought); at >= 0 && sought !== ""; at = plain.indexOf(sought, at + sought.length)) places.push(at);
  return places;
}

/** The words in an element, which may begin in one of its texts and end in another. */
function rangesIn(element: HTMLElement, words: string): readonly Range[] {
  const texts: { readonly node: Text; readonly start: number }[] = [];
  let whole = "";
  const walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node !== null; node = walk.nextNode()) {
    texts.push({ node: node as Text, start: whole.length });
    whole += (node as Text).data;
  }
  const spot = (at: number) => texts.findLast(({ start }) => start <= at);
  return placesOf(whole, words).slice(0, MOST_MARKED).flatMap((at) => {
    const end = at + words.length;
    const [from, to] = [spot(at), spot(end - 1)];
    if (from === undefined || to === undefined) return [];
    const range = new Range();
    range.setStart(from.node, at - from.start);
    range.setEnd(to.node, end - to.start);
    return [range];
  });
}

/** Brings the words into the middle of the box that scrolls, for as long as they are moved out of it. */
function bringIntoSight(range: Range, frames = FRAMES): void {
  requestAnimationFrame(() => {
    const box = range.startContainer.parentElement?.closest(".story-box");
    if (box === null || box === undefined) return;
    const [place, sight] = [range.getBoundingClientRect(), box.getBoundingClientRect()];
    if (place.top < sight.top || place.bottom > sight.bottom) box.scrollTop += place.top - (sight.top + sight.bottom) / 2;
    if (frames > 1) bringIntoSight(range, frames - 1);
  });
}

/**
 * Marks the words in an element, now and when it changes. Nothing of the element is changed by it. `onMissing` hears when they
 * do not stand in what is shown.
 */
export function useMarkedWords(element: RefObject<HTMLElement | null>, words: string | undefined, isReady: boolean, onMissing: () => void): void {
  useEffect(() => {
    const place = element.current;
    // Where a browser cannot mark, the card is open all the same.
    if (place === null || words === undefined || !isReady || !("highlights" in CSS)) return;
    let isInSight = false;
    const mark = () => {
      const ranges = rangesIn(place, words);
      CSS.highlights.set(NAME, new Highlight(...ranges));
      // What is still being made may have them.
      if (ranges[0] === undefined) {
        if (place.querySelector("[aria-busy=true]") === null) onMissing();
      } else if (!isInSight) {
        isInSight = true;
        bringIntoSight(ranges[0]);
      }
    };
    mark();
    const changes = new MutationObserver(mark);
    changes.observe(place, { childList: true, characterData: true, subtree: true });
    return () => {
      changes.disconnect();
      CSS.highlights.delete(NAME);
    };
  }, [element, words, isReady, onMissing]);
}
