/**
 * The change log as this page has seen it: every session as of the newest message, and a trace of its events.
 * Messages are applied once and in order; what was applied is not kept.
 */

import type { Event, Session } from "../api/client";
import { instantOf } from "../ui/instant";
import { isOutline, type LiveEvent, type Message, placeOf } from "./message";
import { follow, NO_TRACE, told, type Trace } from "./trace";

/** What one batch of messages changed. */
export interface Changes {
  /** Sessions that are new, changed or gone. */
  readonly sessions: Set<string>;
  /** Events of each session, in order. */
  readonly events: Map<string, LiveEvent[]>;
  /** Sessions that were deleted, be it that they are there again; their events are those that came after. */
  readonly deleted: Set<string>;
  /** A snapshot replaced everything that was known before. */
  replaced: boolean;
}

/** Everything that the page knows without asking. */
export class Log {
  readonly sessions = new Map<string, Session>();
  readonly traces = new Map<string, Trace>();
  /** Whether a first snapshot has come. */
  begun = false;
  #epoch = "";
  #position = -1;

  /** Applies messages in the order in which they came. */
  apply(messages: readonly Message[]): Changes {
    const changes: Changes = { sessions: new Set(), events: new Map(), deleted: new Set(), replaced: false };
    for (const message of messages) this.#apply(message, changes);
    return changes;
  }

  /** Takes in events that were read from the store, oldest first, unless newer ones are known. */
  learn(sessionId: string, events: readonly Event[]): boolean {
    const known = this.traces.get(sessionId)?.latest?.id ?? -1;
    const newest = events.at(-1)?.id;
    if (newest === undefined || newest < known || !this.sessions.has(sessionId)) return false;
    this.traces.set(sessionId, events.map(told).reduce(follow, NO_TRACE));
    return true;
  }

  #apply(message: Message, changes: Changes): void {
    if (message.type === "reset") return; // the snapshot follows
    if (message.type === "init") {
      // Of another database: what was known says nothing of this one's sessions.
      if (placeOf(message.cursor)?.epoch !== this.#epoch) this.traces.clear();
      this.#replace(message.sessions, changes);
      this.#seen(message.cursor);
      return;
    }
    if (!this.#seen(message.cursor)) return;
    switch (message.type) {
      case "session_created":
      case "session_updated":
        this.sessions.set(message.session.session_id, message.session);
        changes.sessions.add(message.session.session_id);
        break;
      case "session_deleted":
        this.sessions.delete(message.session_id);
        this.traces.delete(message.session_id);
        changes.sessions.add(message.session_id);
        changes.events.delete(message.session_id);
        changes.deleted.add(message.session_id);
        break;
      case "event":
      case "outline":
        this.#event(message, changes);
        break;
    }
  }

  /** Notes a place, and says whether it is new: nothing counts twice, whoever sends it twice. */
  #seen(cursor: string): boolean {
    const place = placeOf(cursor);
    if (place === undefined) return true;
    if (place.epoch === this.#epoch && place.position <= this.#position) return false;
    this.#epoch = place.epoch;
    this.#position = place.position;
    return true;
  }

  #replace(sessions: readonly Session[], changes: Changes): void {
    for (const id of this.sessions.keys()) changes.sessions.add(id);
    this.sessions.clear();
    // Events before the snapshot will not come any more.
    changes.events.clear();
    for (const session of sessions) {
      this.sessions.set(session.session_id, session);
      changes.sessions.add(session.session_id);
    }
    for (const id of this.traces.keys()) {
      const session = this.sessions.get(id);
      // A trace that does not end with the session's newest event would tell something that is over.
      if (session?.last_event_at !== undefined && isNewest(this.traces.get(id), session)) continue;
      this.traces.delete(id);
    }
    changes.replaced = this.begun;
    this.begun = true;
    this.#position = -1;
  }

  #event(message: Extract<Message, { type: "event" | "outline" }>, changes: Changes): void {
    const { cursor, data } = message;
    const session = this.sessions.get(data.session_id);
    if (session === undefined) return; // deleted meanwhile
    const now = told(data);
    const trace = this.traces.get(data.session_id) ?? NO_TRACE;
    this.traces.set(data.session_id, follow(trace, now));
    const earlier = (now.at ?? Infinity) < (instantOf(session.first_event_at) ?? Infinity);
    const later = (now.at ?? 0) >= (instantOf(session.last_event_at) ?? -Infinity);
    // As the server counts: not every failure has an `error`.
    const failed = isOutline(data) ? data.has_error : data.error !== null;
    this.sessions.set(data.session_id, {
      ...session,
      event_count: session.event_count + 1,
      error_count: session.error_count + (failed ? 1 : 0),
      first_event_at: earlier ? data.timestamp : session.first_event_at,
      last_event_at: later ? data.timestamp : session.last_event_at,
      activity: message.activity === undefined ? session.activity : message.activity,
    });
    changes.sessions.add(data.session_id);
    const event = { id: data.id, cursor, event: data, ...("activity" in message ? { activity: message.activity } : {}) };
    const events = changes.events.get(data.session_id);
    if (events === undefined) changes.events.set(data.session_id, [event]);
    else events.push(event);
  }
}

function isNewest(trace: Trace | undefined, session: Session): boolean {
  return trace?.latest?.at !== undefined && trace.latest.at >= (instantOf(session.last_event_at) ?? Infinity);
}
