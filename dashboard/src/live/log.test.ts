import { describe, expect, it } from "vitest";

import { outlineOf } from "../api/outline";
import { Log } from "./log";
import type { Message } from "./message";
import { anEvent, aSession, init, sent } from "./sample";

const updated = (position: number, id: string, name: string): Message => ({
  type: "session_updated",
  session: aSession(id, { session_name: name }),
  cursor: `e:${position}`,
});

describe("the log", () => {
  it("applies each message once, whoever sends it twice", () => {
    const log = new Log();
    log.apply([init(5, aSession("a")), sent(6, anEvent("a")), sent(7, anEvent("a"))]);
    const again = log.apply([sent(6, anEvent("a")), sent(7, anEvent("a")), sent(8, anEvent("a"))]);
    expect(log.sessions.get("a")?.event_count).toBe(3);
    expect(again.events.get("a")?.map(({ id }) => id)).toEqual([8]);
  });

  it("counts events and errors, and takes over what the agent does", () => {
    const log = new Log();
    const activity = { state: "working", since: "2026-01-01T00:00:09Z", event_id: 7, tool: "Bash" } as const;
    log.apply([
      init(5, aSession("a", { last_event_at: "2026-01-01T00:00:09Z" })),
      sent(6, anEvent("a", { error: "no", timestamp: "2026-01-01T00:00:08Z" })),
      { ...sent(7, anEvent("a")), activity },
    ]);
    expect(log.sessions.get("a")).toMatchObject({ event_count: 2, error_count: 1, activity });
    expect(log.sessions.get("a")?.first_event_at).toBe("2026-01-01T00:00:08Z");
    expect(log.sessions.get("a")?.last_event_at).toBe("2026-01-01T00:00:10Z");
  });

  it("counts the errors of outlines as those of whole events, and not every failure", () => {
    const log = new Log();
    const ends = [
      { event_type: "session_stop", exit_code: 1, error: "lost" },
      { event_type: "session_stop", exit_code: 1 },
      { event_type: "stop_failure" },
      { event_type: "stop_failure", error: "" },
    ];
    log.apply([init(5, aSession("whole"), aSession("outlined"))]);
    const counts = ends.map((end, index) => {
      const event = anEvent("outlined", end);
      const data = { ...outlineOf(event), session_id: "outlined", has_error: event.error !== null };
      log.apply([sent(6 + 2 * index, anEvent("whole", end)), { type: "outline", data, cursor: `e:${7 + 2 * index}` }]);
      return [...log.sessions.values()].map(({ error_count }) => error_count);
    });
    expect(counts).toEqual([[1, 1], [1, 1], [1, 1], [2, 2]]); // prettier-ignore
  });

  it("is replaced by a later snapshot, of another history too, and says so", () => {
    const log = new Log();
    expect(log.apply([init(5, aSession("a"))]).replaced).toBe(false);
    const reset: Message = { type: "reset", reason: "epoch", cursor: "f:2" };
    const fresh: Message = { type: "init", sessions: [aSession("b")], cursor: "f:2" };
    const changes = log.apply([sent(6, anEvent("a")), reset, fresh, { ...sent(3, anEvent("b")), cursor: "f:3" }]);
    expect(changes.replaced).toBe(true);
    expect([...changes.events.keys()]).toEqual(["b"]);
    expect([...changes.sessions].sort()).toEqual(["a", "b"]);
    expect([...log.sessions.keys()]).toEqual(["b"]);
  });

  it("keeps sessions as of the newest message, deletes, and knows nothing of deleted ones", () => {
    const log = new Log();
    log.apply([init(5, aSession("a")), updated(6, "a", "new"), { type: "session_deleted", session_id: "a", cursor: "e:7" }]);
    const changes = log.apply([sent(8, anEvent("a"))]);
    expect(log.sessions.size).toBe(0);
    expect(changes.events.size).toBe(0);
  });

  it("learns from the store only what it does not know better", () => {
    const log = new Log();
    log.apply([init(5, aSession("a")), sent(9, anEvent("a", { content: [{ type: "text", text: "new" }] as never }))]);
    expect(log.learn("a", [{ ...anEvent("a"), id: 3 }])).toBe(false);
    expect(log.traces.get("a")?.latest?.text).toBe("new");
    expect(log.learn("nobody", [{ ...anEvent("nobody"), id: 3 }])).toBe(false);
  });
});
