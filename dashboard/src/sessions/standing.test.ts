import { expect, test } from "vitest";

import type { Event, Session } from "../api/client";
import { aSession, anEvent } from "../live/sample";
import { follow, NO_TRACE, told } from "../live/trace";
import { lengthOf, standingOf, wordsOf } from "./standing";

const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
const milliseconds = (second: number) => Date.parse(at(second));

test("a session lasts from its beginning to its end, or until now", () => {
  const session = aSession("s", { created_at: at(0), last_event_at: at(60), ended_at: at(70) });
  expect(lengthOf(session, true)).toEqual({ from: milliseconds(0), to: milliseconds(70) });
  expect(lengthOf({ ...session, ended_at: null }, true)).toEqual({ from: milliseconds(0), to: milliseconds(60) });
  expect(lengthOf(session, false)).toEqual({ from: milliseconds(0) });
});

test("one that was told of afterwards began with its first event, and still did when it goes on", () => {
  const session = aSession("s", { created_at: at(900), first_event_at: at(10), last_event_at: at(60), ended_at: at(60) });
  expect(lengthOf(session, true)).toEqual({ from: milliseconds(10), to: milliseconds(60) });
  const live = { ...session, ended_at: null, last_event_at: at(910) };
  expect(lengthOf(live, false)).toEqual({ from: milliseconds(10) });
  expect(lengthOf(live, true)).toEqual({ from: milliseconds(10), to: milliseconds(910) });
});

test("one without any length has none", () => {
  const session = aSession("s", { created_at: at(900), first_event_at: at(60), last_event_at: at(60) });
  expect(lengthOf(session, true)).toBeUndefined();
  expect(lengthOf({ ...session, first_event_at: null, last_event_at: null }, true)).toBeUndefined();
});

test("why a session ended is told in words, and not in a code", () => {
  const words = (reason: string) => {
    const trace = follow(NO_TRACE, told(anEvent("s", { event_type: "session_stop", exit_code: 0, reason })));
    return wordsOf(standingOf(aSession("s", { status: "finished" }), trace, new Set(), milliseconds(0)), trace);
  };
  expect(words("prompt_input_exit")).toBeUndefined();
  expect(words("the person closed it")).toBe("the person closed it");
});

test("a row of a process that is gone says so, and what it did last; a note of the server is nobody's words", () => {
  const events = [
    anEvent("s", { event_type: "pre_tool", tool_name: "Bash", tool_input: { command: "sleep 9" } as object as Record<string, never> }),
    anEvent("s", { event_type: "transcript_unavailable", reason: "the transcript is no file of this session" }),
  ];
  const stop = anEvent("s", { event_type: "session_stop", reason: "process_gone" });
  const words = (session: Partial<Session>, all: readonly Event[]) => {
    const trace = all.map((event) => told(event)).reduce(follow, NO_TRACE);
    return wordsOf(standingOf(aSession("s", session), trace, new Set(), milliseconds(0)), trace);
  };
  const gone: Partial<Session> = { status: "finished", activity: { state: "gone", since: at(9), event_id: 3, tool: null } };
  expect(words(gone, [...events, stop])).toBe("Its process ended without a word; last: Bash: sleep 9");
  expect(words(gone, [stop])).toBe("Its process ended without a word");
  expect(words({}, events)).toBe("Bash: sleep 9");
  expect(words({}, events.slice(1))).toBeUndefined();
});
