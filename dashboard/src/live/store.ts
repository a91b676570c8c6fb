/** What is live, for components. Each hears only of what it asked for. */

import { useCallback, useState, useSyncExternalStore } from "react";

import type { Event, Session } from "../api/client";
import { begunOf } from "../sessions/standing";
import { begin, browser } from "./browser";
import { Feed, type Snapshot } from "./feed";
import type { LiveEvent } from "./message";
import type { Connection } from "./socket";

export type { LiveEvent } from "./message";

const feed = new Feed(browser);
// Whose page is opened by its address is known before that is drawn: one socket, and not one after the other.
feed.socket.open(openedBy(location.pathname));
begin(feed);

/** The session that an address of the page leads to. */
function openedBy(pathname: string): string | undefined {
  const [, named] = /^\/ui\/session\/([^/]+)$/.exec(pathname) ?? [];
  try {
    return named === undefined ? undefined : decodeURIComponent(named);
  } catch {
    return named;
  }
}

const onSnapshot = (listener: () => void) => feed.onSnapshot(listener);
const onConnection = (listener: () => void) => feed.onConnection(listener);

/** Everything that is known, a quarter of a second ago at most. */
export function useSnapshot(): Snapshot {
  return useSyncExternalStore(onSnapshot, () => feed.snapshot());
}

/** The sessions that one started, in the order in which they began; the same list as long as they are the same. */
export function useSubagents(sessionId: string): readonly Session[] {
  const [read] = useState(() => {
    let known: readonly Session[] = [];
    return () => {
      const found = subagentsOf(sessionId, feed.snapshot().sessions);
      if (found.length !== known.length || found.some((session, index) => session !== known[index])) known = found;
      return known;
    };
  });
  return useSyncExternalStore(onSnapshot, read);
}

function subagentsOf(sessionId: string, sessions: ReadonlyMap<string, Session>): readonly Session[] {
  const subagents = [...sessions.values()].filter((session) => session.parent_session_id === sessionId);
  return subagents.sort((one, other) => begunOf(one) - begunOf(other));
}

/** One session, as of the last frame. */
export function useSession(sessionId: string): Session | undefined {
  const subscribe = useCallback((listener: () => void) => feed.onSession(sessionId, listener), [sessionId]);
  return useSyncExternalStore(subscribe, () => feed.session(sessionId));
}

/** The same, for who is no component. */
export function sessionNow(sessionId: string): Session | undefined {
  return feed.session(sessionId);
}

/** How the connection stands. */
export function useConnection(): Connection {
  return useSyncExternalStore(onConnection, () => feed.connection());
}

/** Every live event of a session from now on, in order, a batch each frame. */
export function followEvents(sessionId: string, listener: (events: readonly LiveEvent[]) => void): () => void {
  return feed.onEvents(sessionId, listener);
}

/** Hears of every change of a session, behind its events. */
export function followSession(sessionId: string, listener: () => void): () => void {
  return feed.onSession(sessionId, listener);
}

/** A fresh snapshot replaced everything: what was read before has to be read again. */
export function onReset(listener: () => void): () => void {
  return feed.onReset(listener);
}

/** A session was deleted; it may be there again, with nothing of what it was. Heard before its next events. */
export function onDeleted(sessionId: string, listener: () => void): () => void {
  return feed.onDeleted(sessionId, listener);
}

/** The server is there again. */
export function onLive(listener: () => void): () => void {
  let was = feed.connection().state;
  return feed.onConnection(() => {
    const { state } = feed.connection();
    if (state === "live" && was !== "live") listener();
    was = state;
  });
}

let open: string | undefined;

/** Says whose events are wanted whole; those of others come as outlines. */
export function openSession(sessionId: string | undefined): void {
  open = sessionId;
  // Going from one session to the next closes one and opens the other in the same breath: one change.
  queueMicrotask(() => {
    feed.socket.open(open);
  });
}

/** Takes in events that were read from the store, oldest first. */
export function learn(sessionId: string, events: readonly Event[]): void {
  feed.learn(sessionId, events);
}

/** Connects at once: the person asked for it, or signed in. */
export function connectNow(): void {
  feed.socket.connect();
}

/** Stops following, until somebody signs in. */
export function signedOut(): void {
  feed.socket.signOut();
}
