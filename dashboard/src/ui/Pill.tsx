/** A word in a colour that means something; the word says it all, for those who do not see the colour. */

export type Tone = "needs-you" | "working" | "failed" | "quiet" | "accent";

export function Pill({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  return <span className={`pill pill-${tone}`}>{children}</span>;
}
