import { describe, expect, it } from "vitest";

import type { Event } from "../api/client";
import { anEvent } from "./sample";
import { follow, NO_TRACE, pulseAt, PULSE_MINUTES, told } from "./trace";

const trace = (...events: Partial<Event>[]) =>
  events.map((event, id) => told(anEvent("a", { id, ...event }))).reduce(follow, NO_TRACE);

const input = (value: object) => value as Record<string, never>;

describe("a trace", () => {
  it("keeps the command that waits for permission through the notification about it", () => {
    const asking = [
      { event_type: "pre_tool", tool_name: "Bash", tool_input: input({ command: "rm -rf build" }) },
      { event_type: "permission_request", tool_name: "Bash" },
      { event_type: "notification" },
    ];
    expect(trace(...asking).asked?.text).toBe("rm -rf build");
    expect(trace(...asking, { event_type: "post_tool", tool_name: "Bash" }).asked).toBeUndefined();
  });

  it("reads the question, the words of a hook's document, and an outline's own text", () => {
    const questions = [{ question: "Now or later?" }];
    const hook = { hook: { message: "Claude is waiting for your input" } };
    expect(trace({ event_type: "pre_tool", tool_input: input({ questions }) }).asked?.text).toBe("Now or later?");
    expect(trace({ event_type: "notification", ...hook }).latest?.text).toBe("Claude is waiting for your input");
    const outline = { id: 1, event_type: "pre_tool", timestamp: "2026-01-01T00:00:00Z", text: "ls", is_error: false };
    const rest = { session_id: "a", has_error: false, is_thinking: false, tool_name: "Bash", tool_use_id: null, role: null, duration_ms: null, bytes: 9 };
    expect(told({ ...outline, ...rest })).toMatchObject({ tool: "Bash", text: "ls", error: false });
  });

  it("does not take the server's notes for what the agent says", () => {
    const note = { event_type: "transcript_unavailable", reason: "the transcript is no file of this session" };
    const asking = { event_type: "permission_request", tool_name: "Bash", tool_input: input({ command: "make" }) };
    const noted = trace(asking, note);
    expect([noted.said?.text, noted.asked?.text, noted.latest?.id]).toEqual(["make", "make", 1]);
    expect(trace(note).said).toBeUndefined();
    const gone = { event_type: "session_stop", reason: "process_gone" };
    expect(trace({ event_type: "pre_tool", tool_input: input({ command: "sleep 9" }) }, gone).said?.text).toBe("sleep 9");
  });

  it("has failed when it ended badly, until it goes on", () => {
    expect(trace({ event_type: "session_stop", exit_code: 0 }).failed).toBeUndefined();
    expect(trace({ event_type: "session_stop", exit_code: 3 }).failed?.id).toBe(0);
    expect(trace({ event_type: "stop_failure", error: "overloaded" }).failed?.text).toBe("overloaded");
    expect(trace({ event_type: "session_stop", exit_code: 3 }, { event_type: "session_start" }).failed).toBeUndefined();
  });

  it("keeps texts short, whatever was sent", () => {
    const long = trace({ content: [input({ type: "text", text: "x".repeat(5000) })] });
    expect(long.latest?.text).toHaveLength(160);
    expect(trace({ content: [input({ type: "text" })], tool_input: input({ command: 7 }) }).latest?.text).toBeUndefined();
  });

  it("counts each of the last minutes, late events too", () => {
    const at = (minute: number) => ({ timestamp: `2026-01-01T00:${String(minute).padStart(2, "0")}:30Z` });
    const pulse = trace(at(10), at(12), at(12), at(11));
    expect(pulse.pulse).toHaveLength(PULSE_MINUTES);
    expect(pulse.pulse.slice(-3)).toEqual([1, 1, 2]);
    expect(pulseAt(pulse, pulse.until + 2).slice(-5)).toEqual([1, 1, 2, 0, 0]);
    expect(pulseAt(pulse, pulse.until + 99)).toEqual(new Array(PULSE_MINUTES).fill(0));
  });
});
