/** Copies a text, and says that it did. */

import { useEffect, useState } from "react";

interface CopyButtonProps {
  /** What is copied, or what makes it when it is asked for. */
  readonly text: string | (() => string);
  readonly label?: string;
  readonly className?: string;
  /** There is nothing to copy yet. */
  readonly isEmpty?: boolean;
}

export function CopyButton({ text, label = "Copy", className = "button", isEmpty = false }: CopyButtonProps) {
  const [said, say] = useState<string>();
  useEffect(() => {
    if (said === undefined) return;
    const timer = window.setTimeout(() => {
      say(undefined);
    }, 2000);
    return () => {
      window.clearTimeout(timer);
    };
  }, [said]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === "string" ? text : text());
      say("Copied");
    } catch {
      say("Not allowed: select it");
    }
  };
  return (
    <button type="button" className={className} disabled={isEmpty} onClick={() => void copy()}>
      <span aria-live="polite">{said ?? label}</span>
    </button>
  );
}
