/** Of thousands of sessions, those that stand first in the list: they are drawn at once, and all of them a moment later. */

import type { Session } from "../api/client";
import { DAY } from "../ui/instant";
import { mayNeed } from "./standing";

/** Fewer are drawn in one go. */
const MANY = 1_000;
/** More than a screen has lines. */
const SCREEN = 100;

/**
 * Who may need the person, who was heard of within a day, and else the newest. Timestamps are compared as they are written: one that
 * is written in another zone may be missing for that moment.
 */
export function firstAmong(sessions: ReadonlyMap<string, Session>, now: number): ReadonlyMap<string, Session> {
  if (sessions.size <= MANY) return sessions;
  const yesterday = new Date(now - DAY).toISOString();
  let first = [...sessions.values()].filter((session) => mayNeed(session, undefined) || heardOf(session) > yesterday);
  if (first.length < SCREEN) {
    const others = [...sessions.values()].sort((one, other) => Number(heardOf(one) < heardOf(other)) - Number(heardOf(one) > heardOf(other)));
    first = [...first, ...others.slice(0, SCREEN)];
  }
  const found = new Map(first.map((session) => [session.session_id, session]));
  // Each stands below who started it.
  for (const { parent_session_id } of found.values()) {
    const parent = sessions.get(parent_session_id ?? "");
    if (parent !== undefined) found.set(parent.session_id, parent);
  }
  return found;
}

function heardOf({ last_event_at, created_at }: Session): string {
  return last_event_at ?? created_at;
}

