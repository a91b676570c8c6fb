/** Sessions, events and messages for tests. */

import type { Event, Session } from "../api/client";
import type { Message } from "./message";

/** A session that differs from an ordinary one only in what is said. */
export function aSession(id: string, more: Partial<Session> = {}): Session {
  return {
    session_id: id,
    session_name: id,
    status: "running",
    created_at: "2026-01-01T00:00:00Z",
    project_dir: null,
    agent_name: null,
    last_resumed_at: null,
    parent_session_id: null,
    first_event_at: null,
    last_event_at: null,
    event_count: 0,
    error_count: 0,
    ended_at: null,
    exit_code: null,
    source: "api",
    host: null,
    model: null,
    branch: null,
    activity: null,
    ...more,
  };
}

/** An event, as whole as the server sends it. */
export function anEvent(sessionId: string, more: Partial<Event> = {}): Event {
  return {
    id: 0,
    event_type: "message",
    session_id: sessionId,
    session_name: sessionId,
    timestamp: "2026-01-01T00:00:10Z",
    tool_name: null,
    tool_input: null,
    tool_output: null,
    error: null,
    exit_code: null,
    reason: null,
    role: null,
    content: null,
    event_id: null,
    ...more,
  };
}

/** The first message. */
export function init(position: number, ...sessions: Session[]): Message {
  return { type: "init", sessions, cursor: `e:${position}` };
}

/** An event's message at a position. */
export function sent(position: number, event: Event): Extract<Message, { type: "event" }> {
  return { type: "event", data: { ...event, id: position }, cursor: `e:${position}` };
}
