/** Events with their bodies, and the line that says what one is. */

import type { Event, Outline } from "../api/client";

/** An event as stored, with the keys that its sender added. */
export type Body = Event & Readonly<Record<string, unknown>>;

/** A JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value, if it is an object and no list. */
export function fields(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** The value under a key, if it is a string. */
export function word(value: unknown, ...keys: readonly string[]): string | undefined {
  const object = fields(value);
  for (const key of keys) {
    const found = object?.[key];
    if (typeof found === "string") return found;
  }
  return undefined;
}

/** The list, or an empty one for what is none. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

const SPOKEN = ["command", "file_path", "notebook_path", "pattern", "query", "url", "description", "prompt"];
/** What the server gives, in one line. */
const LONGEST_TEXT = 160;

/** What a person would read first of an event. */
function spoken(body: Body): string | null {
  if (body.event_type === "message") {
    for (const block of list(body.content)) {
      const text = word(block, "text", "thinking");
      if (text !== undefined) return text;
    }
  }
  if (body.error !== null) return body.error;
  const hook = fields(body.hook);
  const command = list(body.tool_input?.command).filter((part) => typeof part === "string");
  return (
    word(body.tool_input, ...SPOKEN) ??
    (command.length > 0 ? command.join(" ") : undefined) ??
    word(hook?.tool_input, ...SPOKEN) ??
    word(hook, "message", "prompt", "last_assistant_message") ??
    body.reason
  );
}

/** Whether it has thoughts and no text. */
function thinks(body: Body): boolean {
  const has = (key: string) => list(body.content).some((block) => (word(block, key) ?? "").trim() !== "");
  return has("thinking") && !has("text");
}

/** Whether it tells of a failure. */
function failed(body: Body): boolean {
  return body.error !== null || body.event_type === "stop_failure" || (body.event_type === "session_stop" && (body.exit_code ?? 0) !== 0);
}

/** The event without its body, as the server would have told it. */
export function outlineOf(body: Body): Outline {
  const { id, event_type, timestamp, tool_name, role } = body;
  const duration = body.duration_ms;
  return {
    id,
    event_type,
    timestamp,
    tool_name,
    role,
    tool_use_id: word(body, "tool_use_id") ?? null,
    is_error: failed(body),
    is_thinking: thinks(body),
    duration_ms: typeof duration === "number" ? duration : null,
    bytes: 0,
    text: spoken(body)?.trim().replaceAll(/\s+/g, " ").slice(0, LONGEST_TEXT) ?? null,
  };
}

/** A short key that equal inputs of a tool share, whatever the order of their members. A whole input may be long, and stays. */
export function inputKey(body: Body): string | null {
  return body.tool_input === null ? null : digest(JSON.stringify(sorted(body.tool_input)));
}

/** FNV-1a of 32 bits, forwards and backwards, and the length: enough to tell the open calls of one session apart. */
function digest(text: string): string {
  let [one, other] = [0x811c9dc5, 0x811c9dc5];
  for (let at = 0; at < text.length; at += 1) {
    one = Math.imul(one ^ text.charCodeAt(at), 0x01000193);
    other = Math.imul(other ^ text.charCodeAt(text.length - 1 - at), 0x01000193);
  }
  return `${one >>> 0} ${other >>> 0} ${text.length}`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  const object = fields(value);
  if (object === undefined) return value;
  return Object.fromEntries(
    Object.keys(object)
      .sort()
      .map((key) => [key, sorted(object[key])]),
  );
}
