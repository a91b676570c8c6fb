/** Finds text in a session. The server looks, since most bodies are not here. */

import { useEffect, useRef, useState, type Ref } from "react";

import type { Body } from "./body";
import { readEvents } from "./requests";

/** Hits that are read; nobody steps through more. */
const MOST = 500;

/** Brings an event into sight that was found, with its body and the words that it was found by. */
export type Jump = (id: number, found: readonly Body[], words: string) => void;

interface Hits {
  readonly query: string;
  readonly events: readonly Body[];
  readonly hasMore: boolean;
  readonly current: number;
}

interface FindBoxProps {
  readonly sessionId: string;
  readonly onJump: Jump;
  readonly input: Ref<HTMLInputElement>;
}

/** A field; Enter leads from hit to hit, Shift and Enter back. */
export function FindBox({ sessionId, onJump, input }: FindBoxProps) {
  const [query, setQuery] = useState("");
  const [hits, setHits] = useState<Hits | "looking" | "failed">();
  const looking = useRef<AbortController>(undefined);

  useEffect(
    () => () => {
      looking.current?.abort();
    },
    [],
  );
  const look = async () => {
    looking.current?.abort();
    const { signal } = (looking.current = new AbortController());
    setHits("looking");
    try {
      const page = await readEvents(sessionId, { q: query, limit: MOST }, signal);
      const [first] = page.events;
      if (signal.aborted) return;
      setHits({ query, events: page.events, hasMore: page.next !== undefined, current: 0 });
      if (first !== undefined) onJump(first.id, page.events, query);
    } catch {
      if (!signal.aborted) setHits("failed");
    }
  };
  const step = (by: 1 | -1) => {
    if (query === "") return;
    if (typeof hits !== "object" || hits.query !== query) {
      void look();
      return;
    }
    const current = (hits.current + by + hits.events.length) % Math.max(1, hits.events.length);
    const event = hits.events[current];
    setHits({ ...hits, current });
    if (event !== undefined) onJump(event.id, [event], query);
  };
  return (
    <form
      className="find"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        step(1);
      }}
    >
      <input
        ref={input}
        type="search"
        aria-label="Find in session"
        placeholder="Find in session"
        value={query}
        onChange={({ target }) => {
          setQuery(target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            // It leaves the field, not the page.
            event.preventDefault();
            event.currentTarget.blur();
          }
          if (event.key !== "Enter" || !event.shiftKey) return;
          event.preventDefault();
          step(-1);
        }}
      />
      <span className="find-count" aria-live="polite">
        {query === "" ? "" : saying(hits)}
      </span>
      <button
        type="button"
        className="small-button"
        aria-label="Previous hit"
        onClick={() => {
          step(-1);
        }}
      >
        ↑
      </button>
      <button type="submit" className="small-button" aria-label="Next hit">
        ↓
      </button>
    </form>
  );
}

function saying(hits: Hits | "looking" | "failed" | undefined): string {
  if (hits === undefined) return "";
  if (hits === "looking") return "…";
  if (hits === "failed") return "Not reached";
  if (hits.events.length === 0) return "Nothing";
  return `${hits.current + 1} of ${hits.events.length}${hits.hasMore ? "+" : ""}`;
}
