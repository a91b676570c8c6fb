/** Keys, as components lay claim to them while they are shown. The newest claim wins. */

import { useEffect, useRef, useSyncExternalStore } from "react";

/** What a key does, in words for the list of all keys. */
export interface Shortcut {
  readonly key: string;
  readonly does: string;
  run(): void;
}

let claims: readonly (readonly Shortcut[])[] = [];
const listeners = new Set<() => void>();

function setClaims(next: typeof claims): void {
  claims = next;
  for (const listener of listeners) listener();
}

/** Claims keys while the component is shown. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const newest = useRef(shortcuts);
  useEffect(() => {
    newest.current = shortcuts;
  });
  const keys = shortcuts.map(({ key, does }) => `${key}\n${does}`).join("\r");
  useEffect(() => {
    const claim = keys.split("\r").map((line): Shortcut => {
      const [key = "", does = ""] = line.split("\n");
      return { key, does, run: () => newest.current.find((each) => each.key === key)?.run() };
    });
    setClaims([...claims, claim]);
    return () => {
      setClaims(claims.filter((each) => each !== claim));
    };
  }, [keys]);
}

/** All keys that do something now. */
export function useAllShortcuts(): readonly Shortcut[] {
  const all = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    () => claims,
  );
  return [...new Map(all.flat().map((each) => [each.key, each])).values()];
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.querySelector("dialog[open]") !== null) return;
  // Who writes, writes; only Escape leads out.
  if (event.key !== "Escape" && isWriting(event.target)) return;
  const shortcut = claims.findLast((claim) => claim.some(({ key }) => key === event.key));
  if (shortcut === undefined) return;
  event.preventDefault();
  shortcut.find(({ key }) => key === event.key)?.run();
});

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}
