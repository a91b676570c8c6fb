/** What is live: sessions and the events that come while the page looks. */

import { useSyncExternalStore } from "react";

import type { EventOutline } from "../api/added";
import type { Event, Session } from "../api/client";

/** An event as it came. */
export interface LiveEvent {
  readonly id: number;
  readonly cursor: string;
  readonly event: Event | EventOutline;
}

type Listener = (events: readonly LiveEvent[]) => void;

let sessions: ReadonlyMap<string, Session> = new Map();
const changed = new Set<() => void>();
const followers = new Map<string, Set<Listener>>();
const resets = new Set<() => void>();
let socket: WebSocket | undefined;

function hear(message: Record<string, unknown>) {
  const next = new Map(sessions);
  if (message.type === "init") {
    next.clear();
    for (const session of message.sessions as Session[]) next.set(session.session_id, session);
    for (const listener of resets) listener();
  } else if (message.session !== undefined) {
    const session = message.session as Session;
    next.set(session.session_id, session);
  } else if (message.type === "session_deleted") {
    next.delete(String(message.session_id));
  } else if (message.type === "event") {
    const event = message.data as Event;
    for (const listener of followers.get(event.session_id) ?? [])
      listener([{ id: event.id, cursor: String(message.cursor), event }]);
    return;
  }
  sessions = next;
  for (const listener of changed) listener();
}

function subscribe(listener: () => void): () => void {
  changed.add(listener);
  if (socket === undefined) {
    socket = new WebSocket(`${window.location.origin.replace("http", "ws")}/ws`);
    socket.onmessage = ({ data }) => {
      hear(JSON.parse(String(data)) as Record<string, unknown>);
    };
  }
  return () => {
    changed.delete(listener);
  };
}

/** Every session, as of now. */
export function useSessions(): ReadonlyMap<string, Session> {
  return useSyncExternalStore(subscribe, () => sessions);
}

/** One session, as of now. */
export function useSession(sessionId: string): Session | undefined {
  return useSyncExternalStore(subscribe, () => sessions.get(sessionId));
}

/** Every event of a session from now on. */
export function followEvents(sessionId: string, listener: Listener): () => void {
  const listeners = followers.get(sessionId) ?? new Set();
  followers.set(sessionId, listeners.add(listener));
  return () => {
    listeners.delete(listener);
  };
}

/** Told when a fresh snapshot replaced everything. */
export function onReset(listener: () => void): () => void {
  resets.add(listener);
  return () => {
    resets.delete(listener);
  };
}

let open: string | undefined;

/** Says whose bodies are wanted. */
export function openSession(sessionId: string | undefined): void {
  open = sessionId;
}

/** Whose bodies are wanted. */
export function openedSession(): string | undefined {
  return open;
}
