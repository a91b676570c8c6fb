/** What this browser keeps of the person's choices, the same in every tab. */

import { useSyncExternalStore } from "react";

const PREFIX = "agent-runtime ";
/** Entries of a set that is kept; the oldest make room. */
const MOST_ENTRIES = 500;

const listeners = new Set<() => void>();
/** Where the browser keeps nothing, the tab does. */
const memory = new Map<string, string>();
const sets = new Map<string, { text: string; set: ReadonlySet<string> }>();

window.addEventListener("storage", tellAll);

function tellAll(): void {
  for (const listener of listeners) listener();
}

/** Reads a text that was kept. */
export function readKept(key: string): string {
  try {
    return localStorage.getItem(PREFIX + key) ?? memory.get(key) ?? "";
  } catch {
    return memory.get(key) ?? "";
  }
}

/** Keeps a text; an empty one is as none. */
export function keep(key: string, text: string): void {
  try {
    if (text === "") localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, text);
    // What another tab clears is cleared here as well.
    memory.delete(key);
  } catch {
    // Private windows may refuse: then it lasts as long as the tab.
    memory.set(key, text);
  }
  tellAll();
}

/** A set of texts that is kept. */
export function readKeptSet(key: string): ReadonlySet<string> {
  const text = readKept(key);
  const known = sets.get(key);
  if (known?.text === text) return known.set;
  const set = new Set(text === "" ? [] : strings(text));
  sets.set(key, { text, set });
  return set;
}

/** Puts an entry into a kept set, or takes it out. */
export function keepInSet(key: string, entry: string, present: boolean): void {
  const entries = [...readKeptSet(key)].filter((each) => each !== entry);
  if (present) entries.push(entry);
  keep(key, entries.length === 0 ? "" : JSON.stringify(entries.slice(-MOST_ENTRIES)));
}

/** A kept text, for components. */
export function useKept(key: string): string {
  return useSyncExternalStore(subscribe, () => readKept(key));
}

/** A kept set, for components. */
export function useKeptSet(key: string): ReadonlySet<string> {
  return useSyncExternalStore(subscribe, () => readKeptSet(key));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

function strings(text: string): string[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
  } catch {
    return [];
  }
}
