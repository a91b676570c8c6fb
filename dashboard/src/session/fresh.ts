/** What came since the reader left the end of the story. */

import type { Item } from "./story";

/** How many of the items shown are behind the first `left` of the story. Items are shown in the order of the story. */
export function freshAmong(items: readonly Item[], left: number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((items[middle]?.index ?? 0) < left) low = middle + 1;
    else high = middle;
  }
  return items.length - low;
}
