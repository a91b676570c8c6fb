/** An instant and a span, as people read them; the exact instant on hover. */

import { ageText, clockText, exactText, instantOf, spanText, timeText } from "./instant";
import { useTicking } from "./ticker";

interface TimeProps {
  readonly of: string;
  /** `clock`: the local time of day, with the day where it is another one; `time`: without it; `age`: how long ago. */
  readonly as?: "clock" | "time" | "age";
}

/** An instant. */
export function Time({ of, as = "clock" }: TimeProps) {
  const instant = instantOf(of);
  const text = useTicking((now) => {
    if (instant === undefined) return of;
    if (as === "age") return ageText(now - instant);
    return as === "time" ? timeText(instant) : clockText(instant, now);
  });
  return (
    <time dateTime={instant === undefined ? undefined : new Date(instant).toISOString()} title={exactText(of)}>
      {text}
    </time>
  );
}

/** How long something took, or takes until now. */
export function Duration({ from, to }: { readonly from: number; readonly to?: number | undefined }) {
  const text = useTicking((now) => spanText((to ?? now) - from));
  return <span className="number">{text}</span>;
}
