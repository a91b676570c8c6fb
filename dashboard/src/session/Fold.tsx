/** Long text shows its beginning, and the rest on request. */

import { useState, type ReactNode } from "react";

import { useIsHidden } from "./sought";

const FEW = 16;
/** Lines that are hidden by themselves would cost more room than they save. */
const SPARE = 6;
/** A single line may be a whole file. */
const LONGEST = 20_000;

interface Folded {
  readonly shown: string;
  /** Lines of the whole, when not all is shown. */
  readonly lines: number | undefined;
}

/** The beginning of a text, cut where a line ends. */
export function folded(text: string): Folded {
  let end = -1;
  for (let line = 0; line < FEW; line += 1) {
    end = text.indexOf("\n", end + 1);
    if (end < 0) break;
  }
  const cut = Math.min(end < 0 ? text.length : end, LONGEST);
  let rest = 0;
  for (let place = text.indexOf("\n", cut); place >= 0; place = text.indexOf("\n", place + 1)) rest += 1;
  if (text.length <= LONGEST && rest <= SPARE) return { shown: text, lines: undefined };
  return { shown: text.slice(0, cut), lines: rest + text.slice(0, cut).split("\n").length };
}

interface FoldProps {
  readonly text: string;
  readonly children: (shown: string) => ReactNode;
}

/** Shows the first lines of a text, and a button for all of them. */
export function Fold({ text, children }: FoldProps) {
  const [isChosen, setChosen] = useState<boolean>();
  const { shown, lines } = folded(text);
  const isHidden = useIsHidden(text, shown);
  const isOpen = isChosen ?? isHidden;
  return (
    <>
      {children(isOpen ? text : shown)}
      {lines !== undefined && (
        <button
          type="button"
          className="fold"
          aria-expanded={isOpen}
          onClick={() => {
            setChosen(!isOpen);
          }}
        >
          {isOpen ? "Show less" : lines === 1 ? "Show all of the line" : `Show all ${lines.toLocaleString()} lines`}
        </button>
      )}
    </>
  );
}
