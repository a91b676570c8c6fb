/** Copies a text. */

import { useState } from "react";

interface CopyButtonProps {
  /** What is copied, made when it is asked for. */
  readonly text: () => string | Promise<string>;
  readonly label: string;
  readonly className?: string | undefined;
}

/** A button that copies, and says that it did. */
export function CopyButton({ text, label, className }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<"" | "Copied" | "Not allowed">("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(await text());
      setOutcome("Copied");
    } catch {
      setOutcome("Not allowed");
    }
    setTimeout(() => {
      setOutcome("");
    }, 1500);
  };
  return (
    <button type="button" className={className ?? "button"} onClick={() => void copy()}>
      <span aria-live="polite">{outcome === "" ? label : outcome}</span>
    </button>
  );
}
