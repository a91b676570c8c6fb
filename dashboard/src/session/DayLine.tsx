/** Between items of the story: the day, where another one begins. */

import { memo } from "react";

import { dayOf, dayText } from "../ui/instant";
import { useTicking } from "../ui/ticker";
import type { Item } from "./story";

interface DayLineProps {
  readonly item: Item;
  /** The item shown before it. */
  readonly before: Item | undefined;
}

/** The day of an item, if the one before it was of another. */
export const DayLine = memo(function DayLine({ item, before }: DayLineProps) {
  const instant = item.entry.at / 1000;
  const text = useTicking((now) => dayText(instant, now));
  if (before !== undefined && dayOf(before.entry.at / 1000) === dayOf(instant)) return null;
  return <h2 className="story-day">{text}</h2>;
});
