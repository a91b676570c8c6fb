/** What was found in a session, where it stands: its card opens what hides it, and the words are marked. */

import { createContext, useContext, useEffect, type RefObject } from "react";

import { markPlaces, MOST_PLACES, unmarkPlaces } from "./places";

/** What was looked for, in the card that has it. */
export const Sought = createContext<string | undefined>(undefined);

/** Whether what is not shown of a text has what was looked for. */
export function useIsHidden(text: string, shown: string): boolean {
  const sought = useContext(Sought)?.toLowerCase();
  if (sought === undefined || shown.length >= text.length) return false;
  return text.toLowerCase().includes(sought, Math.max(0, shown.length - sought.length + 1));
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
  return placesOf(whole, words).slice(0, MOST_PLACES).flatMap((at) => {
    const end = at + words.length;
    const [from, to] = [spot(at), spot(end - 1)];
    if (from === undefined || to === undefined) return [];
    const range = new Range();
    range.setStart(from.node, at - from.start);
    range.setEnd(to.node, end - to.start);
    return [range];
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
    const mark = () => {
      const ranges = rangesIn(place, words);
      markPlaces(ranges);
      // What is still being made may have them.
      if (ranges.length === 0 && place.querySelector("[aria-busy=true]") === null) onMissing();
    };
    mark();
    const changes = new MutationObserver(mark);
    changes.observe(place, { childList: true, characterData: true, subtree: true });
    return () => {
      changes.disconnect();
      unmarkPlaces();
    };
  }, [element, words, isReady, onMissing]);
}
