/** Finds text in a session. The server looks, since most bodies are not here. */

import { useEffect, useRef, useState, type Ref } from "react";

import { countText } from "../ui/instant";
import type { Body } from "./body";
import { MOST_PLACES, stepPlace, usePlaces } from "./places";
import { readEvents } from "./requests";

/** Hits that are read; nobody steps through more. */
const MOST = 500;

/** Brings an event into sight that was found, with its body and the words that it was found by. */
export type Jump = (id: number, found: readonly Body[], words: string) => void;

/** Events with the words that one card shows: a call and its result are one. */
interface Card {
  readonly id: number;
  readonly events: Body[];
}

interface Hits {
  readonly query: string;
  readonly cards: readonly Card[];
  readonly hasMore: boolean;
  readonly current: number;
}

interface FindBoxProps {
  readonly sessionId: string;
  /** The event that the card of an event is known by. */
  readonly cardOf: (id: number) => number;
  readonly onJump: Jump;
  readonly input: Ref<HTMLInputElement>;
}

/** A field; Enter leads from place to place, Shift and Enter back. */
export function FindBox({ sessionId, cardOf, onJump, input }: FindBoxProps) {
  const [query, setQuery] = useState("");
  const [hits, setHits] = useState<Hits | "looking" | "failed">();
  const places = usePlaces();
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
      setHits({ query, cards: cardsOf(page.events, cardOf), hasMore: page.next !== undefined, current: 0 });
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
    if (stepPlace(by)) return;
    const current = (hits.current + by + hits.cards.length) % Math.max(1, hits.cards.length);
    const card = hits.cards[current];
    setHits({ ...hits, current });
    if (card !== undefined) onJump(card.id, card.events, query);
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
        {query !== "" && places.count > 1 && ` · place ${countText(places.at + 1)} of ${countText(places.count)}${places.count === MOST_PLACES ? "+" : ""}`}
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
  const { cards, current, hasMore } = hits;
  if (cards.length === 0) return "Nothing";
  return `${current + 1} of ${cards.length}${hasMore ? "+" : ""} ${cards.length === 1 ? "card" : "cards"}`;
}

function cardsOf(events: readonly Body[], cardOf: (id: number) => number): readonly Card[] {
  const cards = new Map<number, Card>();
  for (const event of events) {
    const id = cardOf(event.id);
    const card = cards.get(id);
    if (card === undefined) cards.set(id, { id, events: [event] });
    else card.events.push(event);
  }
  return [...cards.values()];
}
