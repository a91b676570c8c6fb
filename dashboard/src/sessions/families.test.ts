import { describe, expect, it } from "vitest";

import type { Session } from "../api/client";
import { anEvent, aSession } from "../live/sample";
import { follow, NO_TRACE, told, type Trace } from "../live/trace";
import { List, type Material } from "./list";
import { mayNeed } from "./standing";

const NOW = Date.parse("2026-01-10T12:00:00Z");
const at = (second: number) => new Date(NOW - 60_000_000 + second * 1000).toISOString();

/** Numbers that look like chance, the same in each run. */
function dice(seed: number) {
  let state = seed;
  return (sides: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** Sessions to which things happen. */
function world(count: number, seed: number) {
  const roll = dice(seed);
  const sessions = new Map<string, Session>();
  const traces = new Map<string, Trace>();
  let second = 0;
  const change = () => {
    second += 1 + roll(200);
    const id = `s${roll(count)}`;
    const before = sessions.get(id) ?? aSession(id, { created_at: at(second), source: roll(2) === 0 ? "api" : "codex", project_dir: `/p${roll(3)}` });
    const parents = roll(12) === 0 ? { parent_session_id: roll(3) === 0 ? null : `s${roll(count)}` } : {};
    const state = (["working", "idle", "waiting_permission", "stalled", "gone"] as const)[roll(5)] ?? "idle";
    const activity = roll(4) === 0 ? null : { state, since: at(second), event_id: second, tool: null };
    const ends = roll(6) === 0 ? { status: "finished" as const, ended_at: at(second), exit_code: roll(2) } : {};
    sessions.set(id, { ...before, event_count: before.event_count + 1, last_event_at: at(second), activity, ...parents, ...ends });
    traces.set(id, follow(traces.get(id) ?? NO_TRACE, told(anEvent(id, { event_type: "pre_tool", timestamp: at(second), tool_name: "Bash" }))));
    if (roll(40) === 0) sessions.delete(`s${roll(count)}`);
  };
  const nobody: ReadonlySet<string> = new Set();
  const now = (more: Partial<Material> = {}): Material => ({
    sessions: new Map(sessions), traces: new Map(traces), filters: {}, muted: nobody, aside: nobody, toggled: nobody, now: NOW, ...more,
  }); // prettier-ignore
  return { roll, change, now };
}

/** The same, of which nothing is known from before. */
function afresh(material: Material): Material {
  return { ...material, sessions: structuredClone(material.sessions) };
}

describe("families that are kept", () => {
  it("are what they would be if they were made anew, whatever happens", () => {
    for (const seed of [1, 2, 3]) {
      const { roll, change, now } = world(60, seed);
      const kept = new List();
      const [toggled, muted, later] = [new Set(["s1", "s2", "s3", "muted"]), new Set(["/p1"]), NOW + 60_000];
      for (let step = 0; step < 400; step += 1) {
        for (let number = roll(4); number > 0; number -= 1) change();
        const material = now({ toggled, ...(step > 200 ? { muted } : {}), ...(step > 300 ? { now: later, filters: { q: "s1" } } : {}) });
        const { lines } = kept.of(material);
        expect({ ...kept.of(material), lines }).toEqual(new List().of(material));
        const needy = lines.filter((line) => line.kind === "session" && line.standing.group === "needs-you");
        expect(needy.every((line) => line.kind === "session" && mayNeed(line.session, line.trace))).toBe(true);
      }
    }
  });

  it("change with the time alone, where that changes how a session stands", () => {
    const { change, now } = world(60, 5);
    for (let step = 0; step < 1_000; step += 1) change();
    const kept = new List();
    const counts = Array.from({ length: 100 }, (_, step) => {
      const material = now({ now: NOW + step * 1_800_000 });
      const listed = kept.of(material);
      expect(listed).toEqual(new List().of(afresh(material)));
      return listed.counts["needs-you"];
    });
    // What failed calls for a day.
    expect(new Set(counts).size).toBeGreaterThan(3);
  });

  it("leave lines as they were but of those that changed", () => {
    const { change, now } = world(200, 4);
    for (let step = 0; step < 2_000; step += 1) change();
    const list = new List();
    const before = list.of(now());
    const again = list.of(now());
    expect(again.ids).toBe(before.ids);
    change();
    const after = new Set(list.of(now()).lines);
    const others = before.lines.filter((line) => line.kind === "session" && !after.has(line));
    // The one that changed, its family, or one that was deleted.
    expect(others.length).toBeLessThanOrEqual(2);
    expect(before.lines.filter((line) => after.has(line)).length).toBeGreaterThan(20);
  });
});
