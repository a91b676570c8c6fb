/** Whether the server has a newer page than this one: then parts of this one are nowhere any more. */

import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let isOutdated = false;

/** Whether there is a newer page. */
export function useIsOutdated(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    () => isOutdated,
  );
}

/** Loads a part of the page. Where it is missing, looks whether that is because there is a newer page. */
export async function loaded<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (failure) {
    await look();
    // Not the browser's own error, on which the router would load the page anew, be the server there or not.
    throw new Error("A part of the page could not be loaded.", { cause: failure });
  }
}

/** Asks for the page, and compares where it begins. A server that is away says nothing of it. */
async function look(): Promise<void> {
  if (isOutdated) return;
  const own = document.querySelector<HTMLScriptElement>("script[type=module][src]");
  if (own === null) return;
  try {
    const answer = await fetch(import.meta.env.BASE_URL, { cache: "no-store", headers: { accept: "text/html" } });
    if (!answer.ok || (await answer.text()).includes(new URL(own.src).pathname)) return;
  } catch {
    return;
  }
  isOutdated = true;
  for (const listener of listeners) listener();
}

/** Whether a part that is missing may still come. */
export function mayCome(): boolean {
  return !isOutdated;
}
