/** The last events of sessions that were at work before this page was opened: what they do, ask, and how they ended. */

import { useEffect, useEffectEvent } from "react";

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
/** The same, while words are looked for. */
const MOST_SOUGHT = 500;

const asked = new Set<string>();
const waiting: string[] = [];
let underWay = 0;
/** Who reads something that is looked at now. */
let holds = 0;

/** After a failure nothing is asked for so long, and twice as long after each further one. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
let pause = FIRST_PAUSE_MS;
let pausedUntil = 0;

onReset(() => {
  asked.clear();
});

/** Asks about these sessions, each once. */
export function askPast(sessions: Iterable<Session>, { traces }: Snapshot): void {
  if (Date.now() < pausedUntil) return;
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

/** Asks about the newest while somebody looks for words: what they say is found only where it is known. */
export function usePastOfSought(isSought: boolean): void {
  const snapshot = useSnapshot();
  const ask = useEffectEvent(() => {
    const sessions = [...snapshot.sessions.values()].sort((one, other) => lastOf(other) - lastOf(one));
    askPast(sessions.slice(0, MOST_SOUGHT), snapshot);
  });
  useEffect(() => {
    if (isSought && snapshot.begun) ask();
  }, [isSought, snapshot.begun]);
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
    const { data, response } = await api.GET("/sessions/{session_id}/events", {
      params: { path: { session_id: id }, query: { order: "desc", limit: EVENTS } },
    });
    if (data !== undefined) {
      learn(id, data.events.toReversed());
      pause = FIRST_PAUSE_MS;
    } else if (response.status !== 404) rest(id);
  } catch {
    rest(id);
  }
}

/** The server is away, or has too much to do: what is shown after the pause asks again. */
function rest(id: string): void {
  asked.delete(id);
  if (Date.now() < pausedUntil) return;
  pausedUntil = Date.now() + pause;
  pause = Math.min(LONGEST_PAUSE_MS, 2 * pause);
}
