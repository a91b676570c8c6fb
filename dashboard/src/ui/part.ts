/** Parts of the page that are loaded when they are first needed. */

import { useSyncExternalStore } from "react";

import { loaded, mayCome } from "./version";

/** So long after a failure it is tried again, and twice as long each time: the server may be away for a moment. */
const AGAIN_MS = 2000;
const LONGEST_MS = 60_000;

/** A hook that gives the part once it is here, and asks for it until then, as long as somebody waits. */
export function part<Module>(load: () => Promise<Module>): () => Module | undefined {
  let module: Module | undefined;
  let isUnderWay = false;
  let pause = AGAIN_MS;
  const waiting = new Set<() => void>();
  const ask = () => {
    if (module !== undefined || isUnderWay || waiting.size === 0) return;
    isUnderWay = true;
    loaded(load)
      .then((found) => {
        module = found;
        for (const listener of waiting) listener();
      })
      .catch(() => {
        if (!mayCome()) return;
        setTimeout(() => {
          isUnderWay = false;
          ask();
        }, pause);
        pause = Math.min(LONGEST_MS, 2 * pause);
      });
  };
  const wait = (listener: () => void) => {
    waiting.add(listener);
    ask();
    return () => {
      waiting.delete(listener);
    };
  };
  const here = () => module;
  return () => useSyncExternalStore(wait, here, here);
}
