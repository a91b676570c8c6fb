/** One clock for all that shows how long ago something was. */

import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let now = Date.now();
let timer: number | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= window.setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    window.clearInterval(timer);
    timer = undefined;
  };
}

/** The time in whole steps; a component is drawn again only when a step passes. */
export function useNow(step: number): number {
  return useSyncExternalStore(subscribe, () => Math.floor(now / step) * step);
}

/** What is made of the time; a component is drawn again only when that changes. */
export function useTicking<T extends string | number>(make: (now: number) => T): T {
  return useSyncExternalStore(subscribe, () => make(now));
}
