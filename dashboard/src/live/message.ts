/** The messages of the change log, as the socket hands them over. */

import type { Activity, Event, EventOutline, Session } from "../api/client";

/** One message. Others than these may come with a later server; they are passed over. */
export type Message = { readonly cursor: string } & (
  | { readonly type: "init"; readonly sessions: readonly Session[] }
  | { readonly type: "reset"; readonly reason: string }
  | { readonly type: "session_created" | "session_updated"; readonly session: Session }
  | { readonly type: "session_deleted"; readonly session_id: string }
  | { readonly type: "event"; readonly data: Event; readonly activity?: Activity | null }
  | { readonly type: "outline"; readonly data: EventOutline; readonly activity?: Activity | null }
);

/** An event of the log; of sessions that are not open only its outline. */
export interface LiveEvent {
  readonly id: number;
  readonly cursor: string;
  readonly event: Event | EventOutline;
  readonly activity?: Activity | null;
}

/** Whether an event came without its bodies; a whole one always has all keys. */
export function isOutline(event: Event | EventOutline): event is EventOutline {
  return !("tool_input" in event);
}

/** A place in the change log, taken apart: positions count within one epoch. */
export interface Place {
  readonly epoch: string;
  readonly position: number;
}

/** Takes a cursor apart; `undefined` for one of another form, with which nothing can be counted. */
export function placeOf(cursor: string | undefined): Place | undefined {
  const parts = /^([^:]+):(\d+)$/.exec(cursor ?? "");
  return parts === null ? undefined : { epoch: parts[1] ?? "", position: Number(parts[2]) };
}

/** How many positions lie between two cursors; `undefined` where they cannot be compared. */
export function distance(from: string | undefined, to: string | undefined): number | undefined {
  const start = placeOf(from);
  const end = placeOf(to);
  return start === undefined || end?.epoch !== start.epoch ? undefined : end.position - start.position;
}

/** Reads a frame; `undefined` when it is no message. */
export function readMessage(text: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const sound = typeof value === "object" && value !== null && "type" in value && "cursor" in value;
    return sound && typeof value.cursor === "string" ? (value as Message) : undefined;
  } catch {
    return undefined;
  }
}
