import { expect, test } from "vitest";

import type { Session } from "../api/client";
import { aSession } from "../live/sample";
import { NO_TRACE } from "../live/trace";
import { firstAmong } from "./first";
import { List } from "./list";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const ago = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString();

/** Sessions of a month, one every ten minutes. */
function month(count: number): Map<string, Session> {
  const all = Array.from({ length: count }, (_, number) => {
    const [id, at] = [`s${number}`, ago(10 * number + 90)];
    const since = { since: at, event_id: 1, tool: null };
    const parent = number % 50 === 3 ? { parent_session_id: `s${number + 40}` } : {};
    const activity = number % 700 === 699 ? { state: "waiting_permission" as const, ...since } : { state: "idle" as const, ...since };
    return aSession(id, { created_at: at, last_event_at: at, event_count: 100, source: "codex", activity, ...parent });
  });
  return new Map(all.map((session) => [session.session_id, session]));
}

const listed = (sessions: ReadonlyMap<string, Session>, now = NOW) => {
  const nobody: ReadonlySet<string> = new Set();
  const traces = new Map([...sessions.keys()].map((id) => [id, NO_TRACE]));
  return new List().of({ sessions, traces, filters: {}, muted: nobody, aside: nobody, toggled: nobody, now }).ids;
};

test("what is drawn first of many is what stands first in the list of all", () => {
  const all = month(4_000);
  const first = firstAmong(all, NOW);
  expect(first.size).toBeLessThan(400);
  expect(listed(first).slice(0, 90)).toEqual(listed(all).slice(0, 90));
  // Nothing was heard of for a year.
  const later = NOW + 365 * 86_400_000;
  expect(listed(firstAmong(all, later), later).slice(0, 90)).toEqual(listed(all, later).slice(0, 90));
});

test("of few, all are", () => {
  const few = month(1_000);
  expect(firstAmong(few, NOW)).toBe(few);
});
