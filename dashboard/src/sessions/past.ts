/** The last events of sessions that were at work before this page was opened: what they do, ask, and how they ended. */

import { useEffect } from "react";

import { api, type Session } from "../api/client";
import type { Snapshot } from "../live/feed";
import { learn, onReset, useSnapshot } from "../live/store";
import { DAY } from "../ui/instant";
import { lastOf } from "./standing";

/** Events that are read of each. */
const EVENTS = 24;
/** Requests under way at once. */
const MOST_AT_ONCE = 3;
/** Sessions that are asked about without being shown, the newest first. */
const MOST_UNSEEN = 100;

const asked = new Set<string>();
const waiting: string[] = [];
let underWay = 0;
/** Who reads something that is looked at now. */
let holds = 0;

onReset(() => {
  asked.clear();
});

/** Asks about these sessions, each once. */
export function askPast(sessions: Iterable<Session>, { traces }: Snapshot): void {
  for (const { session_id: id, event_count } of sessions) {
    if (event_count === 0 || asked.has(id) || traces.get(id)?.latest !== undefined) continue;
    asked.add(id);
    waiting.push(id);
  }
  next();
}

/** Asks about those that are at work or ended lately, wherever the person looks. */
export function usePast(): void {
  const snapshot = useSnapshot();
  useEffect(() => {
    if (asked.size >= MOST_UNSEEN) return;
    const lately = Date.now() - DAY;
    const candidates: Session[] = [];
    for (const session of snapshot.sessions.values())
      if (lastOf(session) > lately && !asked.has(session.session_id)) candidates.push(session);
    candidates.sort((one, other) => lastOf(other) - lastOf(one));
    askPast(candidates.slice(0, MOST_UNSEEN - asked.size), snapshot);
  }, [snapshot]);
}

/** Nothing is asked until the answer is called: another reading comes first. */
export function holdPast(): () => void {
  holds += 1;
  return () => {
    holds -= 1;
    next();
  };
}

function next(): void {
  while (holds === 0 && underWay < MOST_AT_ONCE) {
    const id = waiting.shift();
    if (id === undefined) return;
    underWay += 1;
    void read(id).finally(() => {
      underWay -= 1;
      next();
    });
  }
}

async function read(id: string): Promise<void> {
  try {
    const { data } = await api.GET("/sessions/{session_id}/events", {
      params: { path: { session_id: id }, query: { order: "desc", limit: EVENTS } },
    });
    if (data !== undefined) learn(id, data.events.toReversed());
    else asked.delete(id);
  } catch {
    // The server is away; what is shown next asks again.
    asked.delete(id);
  }
}
