import { describe, expect, it } from "vitest";

import type { Session } from "../api/client";
import { aSession } from "../live/sample";
import { Calls, callText, iconOf, needsOf } from "./attention";

const NONE: ReadonlySet<string> = new Set();

const waiting = (id: string, since: string, more: Partial<Session> = {}) =>
  aSession(id, { activity: { state: "waiting_permission", since, event_id: 1, tool: "Bash" }, ...more });

const needs = (...sessions: Session[]) => {
  const map = new Map(sessions.map((session) => [session.session_id, session]));
  return needsOf({ begun: true, sessions: map, traces: new Map() }, new Set(["/muted"]), NONE, Date.now());
};

const ids = (due: readonly { sessionId: string }[]) => due.map(({ sessionId }) => sessionId);

describe("attention", () => {
  it("counts who waits, without muted projects", () => {
    const found = needs(waiting("a", "2026-01-01T00:00:00Z"), waiting("b", "2026-01-01T00:00:00Z", { project_dir: "/muted" }));
    expect(ids(found)).toEqual(["a"]);
    expect(found.map(callText)).toEqual(["asks for permission"]);
  });

  it("calls once, ten seconds after it began, and again only for the next need", () => {
    const calls = new Calls();
    calls.look([], 0);
    const first = needs(waiting("a", "2026-01-01T00:00:00Z"));
    expect(calls.look(first, 1000)).toEqual([]);
    expect(calls.look(first, 10_999)).toEqual([]);
    expect(ids(calls.look(first, 11_000))).toEqual(["a"]);
    expect(calls.look(first, 60_000)).toEqual([]);
    const second = needs(waiting("a", "2026-01-01T00:05:00Z"));
    expect(calls.look(second, 61_000)).toEqual([]);
    expect(ids(calls.look(second, 71_000))).toEqual(["a"]);
  });

  it("does not call for what was answered in time, nor for what waited before the page was opened", () => {
    const calls = new Calls();
    const old = needs(waiting("old", "2026-01-01T00:00:00Z"));
    calls.look(old, 0);
    const both = [...old, ...needs(waiting("new", "2026-01-01T00:00:00Z"))];
    calls.look(both, 1000);
    expect(calls.look(old, 5000)).toEqual([]);
    expect(calls.look(old, 90_000)).toEqual([]);
  });

  it("draws the count", () => {
    expect(decodeURIComponent(iconOf(3))).toContain(">3<");
    expect(decodeURIComponent(iconOf(12))).toContain(">9+<");
  });
});
