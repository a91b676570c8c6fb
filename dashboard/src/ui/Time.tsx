/** An instant and a span, as people read them; the exact instant on hover. */

import { ageText, clockText, exactText, instantOf, spanText } from "./instant";
import { useTicking } from "./ticker";

/** A local time of day; with `age`, how long ago. */
export function Time({ of, age = false }: { readonly of: string; readonly age?: boolean }) {
  const instant = instantOf(of);
  const text = useTicking((now) => {
    if (instant === undefined) return of;
    return age ? ageText(now - instant) : clockText(instant, now);
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
