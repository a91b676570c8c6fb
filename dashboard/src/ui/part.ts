/** Parts of the page that are loaded when they are first needed. */

import { useSyncExternalStore } from "react";

/** So long after a failure it is tried again: the server may be away for a moment. */
const AGAIN_MS = 2000;

/** A hook that gives the part once it is here, and asks for it until then, as long as somebody waits. */
export function part<Module>(load: () => Promise<Module>): () => Module | undefined {
  let module: Module | undefined;
  let isUnderWay = false;
  const waiting = new Set<() => void>();
  const ask = () => {
    if (module !== undefined || isUnderWay || waiting.size === 0) return;
    isUnderWay = true;
    load()
      .then((loaded) => {
        module = loaded;
        for (const listener of waiting) listener();
      })
      .catch(() => {
        setTimeout(() => {
          isUnderWay = false;
          ask();
        }, AGAIN_MS);
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
