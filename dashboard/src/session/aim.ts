/** What was jumped to: it stays in the middle of the story while the rows around it get their bodies, until the reader moves. */

import { useEffect, useRef, type RefObject } from "react";

/** What a reader does to look elsewhere. */
const ACTS = ["wheel", "touchstart", "pointerdown", "keydown"] as const;

/** The id of the item that is aimed at; none once the reader does anything. */
export function useAim(): RefObject<number | undefined> {
  const aim = useRef<number>(undefined);
  useEffect(() => {
    const free = () => {
      aim.current = undefined;
    };
    for (const act of ACTS) document.addEventListener(act, free, { capture: true, passive: true });
    return () => {
      for (const act of ACTS) document.removeEventListener(act, free, { capture: true });
    };
  }, []);
  return aim;
}
