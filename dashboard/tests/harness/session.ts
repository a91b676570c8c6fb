/** Events of a session `s` that is of a test's own making. */

import type { SentEvent } from "./server";

/** An event, so many seconds after the session's beginning. */
export function event(second: number, event_type: string, more: Readonly<Record<string, unknown>> = {}): SentEvent {
  const timestamp = new Date(Date.UTC(2026, 2, 1, 10, 0, second)).toISOString();
  return { session_id: "s", session_name: "A run", timestamp, event_type, ...more };
}

/** A message with one text. */
export function said(second: number, role: "user" | "assistant", text: string): SentEvent {
  return event(second, "message", { role, content: [{ type: "text", text }] });
}

/** A session of so many messages. */
export function talk(count: number): SentEvent[] {
  return [event(0, "session_start"), ...Array.from({ length: count }, (_, index) => said(index + 1, "assistant", `word number ${index + 1}`))];
}
