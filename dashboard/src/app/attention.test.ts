import { describe, expect, it } from "vitest";

import type { Session } from "../api/client";
import { aSession } from "../live/sample";
import { Calls, callText, familiesAmong, iconOf, Needs } from "./attention";

const NONE: ReadonlySet<string> = new Set();

const waiting = (id: string, since: string, more: Partial<Session> = {}) =>
  aSession(id, { activity: { state: "waiting_permission", since, event_id: 1, tool: "Bash" }, ...more });

const needs = (...sessions: Session[]) => {
  const map = new Map(sessions.map((session) => [session.session_id, session]));
  return new Needs().of({ begun: true, sessions: map, traces: new Map() }, new Set(["/muted"]), NONE, Date.now());
};

const ids = (due: readonly { sessionId: string }[]) => due.map(({ sessionId }) => sessionId);

/** Calls by a clock of the test's own, with every timer that was set. */
function watched() {
  const [called, timers]: [string[], number[]] = [[], []];
  const waitingFor = new Set<{ at: number; run: () => void }>();
  let now = 0;
  const after = (milliseconds: number, run: () => void) => {
    timers.push(milliseconds);
    const timer = { at: now + milliseconds, run };
    waitingFor.add(timer);
    return () => {
      waitingFor.delete(timer);
    };
  };
  const pass = (milliseconds: number) => {
    now += milliseconds;
    for (const timer of [...waitingFor].filter(({ at }) => at <= now)) {
      waitingFor.delete(timer);
      timer.run();
    }
  };
  const calls = new Calls(after);
  const look = (found: ReturnType<typeof needs>) => {
    calls.look(found, ({ sessionId }) => called.push(sessionId));
  };
  return { look, called, timers, pass };
}

describe("attention", () => {
  it("counts who waits, without muted projects", () => {
    const found = needs(waiting("a", "2026-01-01T00:00:00Z"), waiting("b", "2026-01-01T00:00:00Z", { project_dir: "/muted" }));
    expect(ids(found)).toEqual(["a"]);
    expect(found.map(callText)).toEqual(["asks for permission"]);
  });

  it("counts families, as the list has them", () => {
    const sessions = [
      waiting("parent", "2026-01-01T00:00:00Z"),
      ...["one", "two"].map((id) => waiting(id, "2026-01-01T00:00:00Z", { parent_session_id: "parent" })),
      waiting("other", "2026-01-01T00:00:00Z", { parent_session_id: "unknown" }),
      waiting("round", "2026-01-01T00:00:00Z", { parent_session_id: "round" }),
    ];
    const snapshot = { begun: true, sessions: new Map(sessions.map((session) => [session.session_id, session])), traces: new Map() };
    expect(familiesAmong(needs(...sessions), snapshot)).toBe(3);
  });

  it("calls once, ten seconds after it began, and again only for the next need", () => {
    const { look, called, timers, pass } = watched();
    look([]);
    const first = needs(waiting("a", "2026-01-01T00:00:00Z"));
    look(first);
    pass(9_999);
    look(first);
    expect(called).toEqual([]);
    // One timer for the need, and no chain of them, which a tab that nobody sees would hold up.
    expect(timers).toEqual([10_000]);
    pass(1);
    expect(called).toEqual(["a"]);
    look(first);
    pass(60_000);
    expect(called).toEqual(["a"]);
    look(needs(waiting("a", "2026-01-01T00:05:00Z")));
    pass(10_000);
    expect(called).toEqual(["a", "a"]);
    expect(timers).toEqual([10_000, 10_000]);
  });

  it("does not call for what was answered in time, nor for what waited before the page was opened", () => {
    const { look, called, pass } = watched();
    const old = needs(waiting("old", "2026-01-01T00:00:00Z"));
    look(old);
    look([...old, ...needs(waiting("new", "2026-01-01T00:00:00Z"))]);
    look(old);
    pass(90_000);
    expect(called).toEqual([]);
  });

  it("does not call for how a run ended long ago, whenever that is learnt", () => {
    const { look, called, pass } = watched();
    look([]);
    const ended = (id: string, ago: number) =>
      aSession(id, { status: "finished", exit_code: 1, ended_at: new Date(Date.now() - ago).toISOString() });
    look(needs(ended("old", 600_000), ended("new", 1_000)));
    pass(10_000);
    expect(called).toEqual(["new"]);
  });

  it("draws the count", () => {
    expect(decodeURIComponent(iconOf(3))).toContain(">3<");
    expect(decodeURIComponent(iconOf(12))).toContain(">9+<");
  });
});

describe("needs, from one moment to the next", () => {
  const MUTED = new Set(["/muted"]);
  const snapshotOf = (...sessions: Session[]) => ({ begun: true, sessions: new Map(sessions.map((session) => [session.session_id, session])), traces: new Map() });

  it("are the very same for a session that did not change, and follow one that did", () => {
    const kept = new Needs();
    const [one, two] = [waiting("one", "2026-01-01T00:00:00Z"), waiting("two", "2026-01-01T00:00:01Z")];
    const first = kept.of(snapshotOf(one, two), MUTED, NONE, 0);
    const then = kept.of(snapshotOf(one, { ...two, session_name: "Two" }), MUTED, NONE, 0);
    expect(then[0]).toBe(first[0]);
    expect(then[1]?.name).toBe("Two");
    expect(ids(kept.of(snapshotOf({ ...one, activity: null }, two), MUTED, NONE, 0))).toEqual(["two"]);
    expect(ids(kept.of(snapshotOf(one), MUTED, NONE, 0))).toEqual(["one"]);
    // One that was deleted and is there again is judged again.
    expect(ids(kept.of(snapshotOf(one, two), MUTED, NONE, 0))).toEqual(["one", "two"]);
  });

  it("are judged anew when what they are judged by changes", () => {
    const kept = new Needs();
    const snapshot = snapshotOf(waiting("one", "2026-01-01T00:00:00Z", { project_dir: "/work" }));
    const [need] = kept.of(snapshot, MUTED, NONE, 0);
    expect(ids(kept.of(snapshot, new Set(["/work"]), NONE, 0))).toEqual([]);
    expect(ids(kept.of(snapshot, MUTED, NONE, 0))).toEqual(["one"]);
    expect(ids(kept.of(snapshot, MUTED, new Set([need?.standing.key ?? ""]), 0))).toEqual([]);
  });
});
