import { describe, expect, it } from "vitest";

import type { Activity, Event, Session } from "../api/client";
import { anEvent, aSession } from "../live/sample";
import { follow, NO_TRACE, told, type Trace } from "../live/trace";
import { dayText } from "../ui/instant";
import { readFilters } from "./filters";
import { foldText, List, type Listed, type Material } from "./list";

const NOW = Date.parse("2026-01-10T12:00:00Z");
const at = (minutesAgo: number) => new Date(NOW - minutesAgo * 60_000).toISOString();

const doing = (state: Activity["state"], minutesAgo: number): Partial<Session> => ({
  source: "claude-code",
  event_count: 50,
  created_at: at(minutesAgo + 60),
  last_event_at: at(minutesAgo),
  activity: { state, since: at(minutesAgo), event_id: 1, tool: null },
});

const ended = (minutesAgo: number, more: Partial<Session> = {}): Partial<Session> => ({
  status: "finished",
  event_count: 50,
  created_at: at(minutesAgo + 60),
  last_event_at: at(minutesAgo),
  ended_at: at(minutesAgo),
  ...more,
});

const NOBODY: ReadonlySet<string> = new Set();
const PLAIN: Material = { sessions: new Map(), traces: new Map(), filters: {}, muted: NOBODY, aside: NOBODY, toggled: NOBODY, now: NOW };

function list(sessions: Record<string, Partial<Session>>, more: Partial<Material> = {}) {
  const made = Object.entries(sessions).map(([id, session]) => [id, aSession(id, session)] as const);
  return new List().of({ ...PLAIN, sessions: new Map(made), ...more });
}

const text = (result: Listed) =>
  result.lines.map((line) => {
    if (line.kind === "session") return `${"-".repeat(line.depth)}${line.key}`;
    if (line.kind === "fold") return foldText(line);
    if (line.kind === "muted") return `[muted ${line.projects.join(" ")}]`;
    return `[${line.kind === "group" ? line.group : dayText(line.at, NOW)}]`;
  });

const badEnd = (minutesAgo: number): Trace =>
  follow(NO_TRACE, told(anEvent("a", { event_type: "session_stop", exit_code: 3, timestamp: at(minutesAgo) })));

describe("the list", () => {
  it("shows who waits longest first, then who works, then the quiet by day", () => {
    const result = list(
      {
        idle: doing("idle", 5),
        asks: doing("waiting_input", 3),
        works: doing("working", 1),
        silent: doing("stalled", 20),
        begs: doing("waiting_permission", 90),
        gone: { ...doing("gone", 30), status: "finished" },
        failed: ended(45),
        yesterday: ended(60 * 24),
      },
      { traces: new Map([["failed", badEnd(45)]]) },
    );
    expect(text(result)).toEqual([
      "[needs-you]", "begs", "failed", "gone", "asks",
      "[working]", "works", "silent",
      "[quiet]", "[Today]", "idle", "[Yesterday]", "yesterday",
    ]); // prettier-ignore
    expect(result.counts).toEqual({ "needs-you": 4, working: 2, quiet: 2 });
  });

  it("lets a failure rest after a day, or when it was seen", () => {
    const sessions = { failed: ended(45), old: ended(60 * 25) };
    const traces = new Map([["failed", badEnd(45)], ["old", badEnd(60 * 25)]]); // prettier-ignore
    expect(list(sessions, { traces }).counts["needs-you"]).toBe(1);
    const aside = new Set([`failed failed ${NOW - 45 * 60_000}`]);
    expect(list(sessions, { traces, aside }).counts["needs-you"]).toBe(0);
  });

  it("knows a failure by its exit code alone", () => {
    const sessions = { failed: ended(45, { exit_code: 2 }), well: ended(45, { exit_code: 0 }) };
    expect(text(list(sessions))).toEqual(["[needs-you]", "failed", "[quiet]", "[Today]", "well"]);
  });

  it("takes a client that says nothing for a day for quiet", () => {
    const result = list({ new: { last_event_at: at(10) }, old: { last_event_at: at(60 * 25), event_count: 50 } });
    expect(result.counts).toEqual({ "needs-you": 0, working: 1, quiet: 1 });
  });

  it("nests subagents, and opens a family of which one asks", () => {
    const family = { parent: doing("working", 1), child: { ...doing("working", 1), parent_session_id: "parent" } };
    expect(text(list(family))).toEqual(["[working]", "parent"]);
    expect(text(list(family, { toggled: new Set(["parent"]) }))).toEqual(["[working]", "parent", "-child"]);
    const asking = { ...family, child: { ...doing("waiting_permission", 2), parent_session_id: "parent" } };
    expect(text(list(asking))).toEqual(["[needs-you]", "parent", "-child"]);
  });

  it("shows sessions whose parents are unknown or their own children", () => {
    const result = list({
      orphan: { ...doing("working", 1), parent_session_id: "nobody" },
      one: { ...doing("working", 2), parent_session_id: "other" },
      other: { ...doing("working", 3), parent_session_id: "one" },
    });
    expect(text(result)).toEqual(["[working]", "orphan", "one", "other"]);
  });

  it("folds runs without a prompt and one-shot runs, but not what is sought", () => {
    const brief = (minutesAgo: number) => ended(minutesAgo, { event_count: 4, created_at: at(minutesAgo + 1) });
    const opened = { ...doing("idle", 8), event_count: 1 };
    const sessions = { long: ended(5), brief: brief(6), short: brief(7), opened };
    expect(text(list(sessions))).toEqual(["[quiet]", "[Today]", "long", "2 short runs, 1 without a prompt"]);
    const day = new Date(NOW).toLocaleDateString("sv");
    const open = list(sessions, { toggled: new Set([`short ${day}`]) });
    expect(text(open).slice(-3)).toEqual(["-brief", "-short", "-opened"]);
    expect(text(list(sessions, { filters: { q: "o" } }))).toEqual(["[quiet]", "[Today]", "long", "short", "opened"]);
  });

  it("names what a fold has in it", () => {
    const texts = [[3, 0], [1, 0], [3, 3], [2, 1]].map(([count = 0, unasked = 0]) => foldText({ count, unasked })); // prettier-ignore
    expect(texts).toEqual(["3 short runs", "1 short run", "3 without a prompt", "1 short run, 1 without a prompt"]);
  });

  it("puts muted projects away, uncounted, unless one is asked for", () => {
    const sessions = { loud: { ...doing("waiting_input", 1), project_dir: "/a" }, other: doing("working", 1) };
    const muted = new Set(["/a"]);
    expect(text(list(sessions, { muted }))).toEqual(["[working]", "other", "[muted /a]"]);
    expect(list(sessions, { muted }).counts["needs-you"]).toBe(0);
    expect(text(list(sessions, { muted, filters: { project: "/a" } }))).toEqual(["[needs-you]", "loud"]);
  });

  it("filters by status, agent, project and words", () => {
    const sessions = {
      one: { ...doing("working", 1), agent_name: "Tester", project_dir: "/x/tea" },
      two: { ...doing("idle", 1), branch: "kettle" },
    };
    expect(text(list(sessions, { filters: { status: "working" } }))).toEqual(["[working]", "one"]);
    expect(text(list(sessions, { filters: { agent: "claude-code" } }))).toEqual(["[quiet]", "[Today]", "two"]);
    expect(text(list(sessions, { filters: { project: "/x/tea" } }))).toEqual(["[working]", "one"]);
    expect(text(list(sessions, { filters: { q: "KETT" } }))).toEqual(["[quiet]", "[Today]", "two"]);
  });

  it("finds what a row shows: what it waits for, what it says, and how it stands", () => {
    const says = (event: Partial<Event>) => follow(NO_TRACE, told(anEvent("a", event)));
    const asked = { event_type: "permission_request", tool_name: "Bash", tool_input: { command: "git push" } as object as Record<string, never> };
    const sessions = { asks: doing("waiting_permission", 1), talks: doing("idle", 2), ended: ended(3) };
    const traces = new Map([["asks", says(asked)], ["talks", says({ reason: "All tests pass." })]]); // prettier-ignore
    const found = (q: string) => text(list(sessions, { traces, filters: { q } })).filter((line) => !line.startsWith("["));
    expect(found("GIT push")).toEqual(["asks"]);
    expect(found("tests pass")).toEqual(["talks"]);
    expect(found("permission")).toEqual(["asks"]);
    expect(found("nothing of it")).toEqual([]);
  });

  it("finds by the newest words, and no more by those before", () => {
    const made = new List();
    const sessions = new Map([["a", aSession("a", doing("working", 1))]]);
    const filters = { q: "first" };
    const of = (reason: string) => made.of({ ...PLAIN, sessions, filters, traces: new Map([["a", follow(NO_TRACE, told(anEvent("a", { reason })))]]) });
    expect(of("the first words").lines).not.toEqual([]);
    expect(of("the second words").lines).toEqual([]);
  });

  it("loses none of ten thousand", () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`s${index}`, ended(index)]));
    expect(list(many).lines.length).toBeGreaterThan(10_000);
  });
});

describe("filters in the address", () => {
  it("are read for what they are, and left out where they make no sense", () => {
    expect(readFilters({ status: "working", agent: "a", project: "/p", q: 42 })).toEqual({
      status: "working",
      agent: "a",
      project: "/p",
      q: "42",
    });
    expect(readFilters({ status: "dead", agent: "", q: { a: 1 }, more: "x" })).toEqual({});
  });
});
