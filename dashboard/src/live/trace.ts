/** What a session's newest events tell of it, in a few words and of bounded size. */

import type { Event, EventOutline } from "../api/client";
import { outlineOf } from "../api/outline";
import { instantOf } from "../ui/instant";
import { isOutline } from "./message";

/** Minutes that the activity line looks back on. */
export const PULSE_MINUTES = 30;

const MINUTE = 60_000;

/** What one event tells. */
export interface Told {
  readonly id: number;
  readonly at: number | undefined;
  readonly type: string;
  readonly tool: string | undefined;
  readonly role: string | undefined;
  readonly text: string | undefined;
  readonly error: boolean;
}

/** What is known of a session beside the session itself. */
export interface Trace {
  /** Its newest event. */
  readonly latest?: Told;
  /** The newest one that is the agent's, and no note of the server. */
  readonly said?: Told;
  /** What it asked its person, or would run when allowed; until something else follows. */
  readonly asked?: Told;
  /** How it ended badly; until it goes on. */
  readonly failed?: Told;
  /** Events in each of the last minutes, the newest last, up to the minute `until`. */
  readonly pulse: readonly number[];
  readonly until: number;
}

/** Nothing is known yet. */
export const NO_TRACE: Trace = { pulse: [], until: 0 };

/** What the server notes itself: nothing that an agent does, says or asks. */
function isNote({ type, text }: Told): boolean {
  return type === "transcript_unavailable" || (type === "session_stop" && text === "process_gone");
}

/** The trace after one more event. */
export function follow(trace: Trace, told: Told): Trace {
  const asked = askedAfter(trace.asked, told);
  const failed = failedAfter(trace.failed, told);
  const said = isNote(told) ? trace.said : told;
  return {
    ...pulseAfter(trace, told.at),
    latest: told,
    ...(said === undefined ? {} : { said }),
    ...(asked === undefined ? {} : { asked }),
    ...(failed === undefined ? {} : { failed }),
  };
}

/** What an event tells, whether it came whole or as an outline. */
export function told(event: Event | EventOutline): Told {
  const { id, timestamp, event_type, tool_name, role, text, is_error } = isOutline(event) ? event : outlineOf(event);
  return {
    id,
    at: instantOf(timestamp),
    type: event_type,
    tool: tool_name ?? undefined,
    role: role ?? undefined,
    text: text ?? undefined,
    error: is_error,
  };
}

function askedAfter(asked: Told | undefined, told: Told): Told | undefined {
  switch (told.type) {
    case "pre_tool":
    case "permission_request":
    case "elicitation":
      return told.text === undefined && asked?.tool === told.tool ? asked : told;
    case "notification":
      // It says that the agent waits, in general words; the request before it says for what.
      return asked ?? told;
    case "transcript_unavailable":
      return asked;
    default:
      return undefined;
  }
}

function failedAfter(failed: Told | undefined, told: Told): Told | undefined {
  const ends = told.type === "session_stop" || told.type === "stop_failure";
  if (ends && told.error) return told;
  const goesOn = told.type === "session_start" || told.type === "pre_tool" || told.type === "message";
  return goesOn ? undefined : failed;
}

function pulseAfter(trace: Trace, at: number | undefined): Pick<Trace, "pulse" | "until"> {
  if (at === undefined) return { pulse: trace.pulse, until: trace.until };
  const minute = Math.floor(at / MINUTE);
  const until = Math.max(trace.until, minute);
  const pulse = pulseAt(trace, until);
  const index = PULSE_MINUTES - 1 - (until - minute);
  if (index >= 0) pulse[index] = (pulse[index] ?? 0) + 1;
  return { pulse, until };
}

/** The counts as a minute that may lie later sees them. */
export function pulseAt(trace: Trace, minute: number): number[] {
  const whole = [...new Array<number>(PULSE_MINUTES - trace.pulse.length).fill(0), ...trace.pulse];
  const shift = Math.min(PULSE_MINUTES, Math.max(0, minute - trace.until));
  return [...whole.slice(shift), ...new Array<number>(shift).fill(0)];
}
