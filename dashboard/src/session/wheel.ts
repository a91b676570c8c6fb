/** The wheel scrolls the story wherever it turns: above the story there is nothing else to be scrolled. */

import type { WheelEvent } from "react";

/** Hands a turn of the wheel over what does not scroll to the box below it. */
export function scrollBelow({ target, currentTarget, deltaY, ctrlKey }: WheelEvent<HTMLElement>) {
  const box = currentTarget.querySelector(".story-box, .time");
  // With Control it zooms. What scrolls by itself, or lies above the page, keeps the wheel.
  if (box === null || ctrlKey || !(target instanceof Element) || box.contains(target)) return;
  if (target.closest("dialog, select, .subagents > ul") === null) box.scrollTop += deltaY;
}
