/**
 * The outline of a whole event, as the server would tell it: which of the two comes, depends only on what is open. One table holds
 * both to the same rules, `tests/outlines.json` of the crate that has the server's.
 */

import type { Event, Outline } from "./client";
import { fields, list, word } from "./json";

/** Characters of an outline's text. */
const LONGEST_TEXT = 160;
/** Of a long text, what is looked at. */
const LOOKED_AT = 12 * LONGEST_TEXT;

/** Members of a tool's input that say what it is about, the best first. */
const TELLING = [
  "command",
  "cmd",
  "file_path",
  "notebook_path",
  "pattern",
  "url",
  "query",
  "path",
  "question",
  "description",
  "plan",
  "explanation",
  "prompt",
  "skill",
  "patch",
  "input",
  "text",
];
/** Members of a hook's document that say something in words, the best first. */
const WORDS = ["message", "prompt", "last_assistant_message"];
/** How a patch begins: nothing of it tells one from another. */
const PATCH = "*** Begin Patch *** ";

/** What Unicode calls white, and nothing else. */
const WHITE = /[\t-\r\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** The event without its body. */
export function outlineOf(event: Event): Outline {
  const { id, event_type, timestamp, tool_name, role } = event;
  const duration = "duration_ms" in event ? event.duration_ms : null;
  return {
    id,
    event_type,
    timestamp,
    tool_name,
    role,
    tool_use_id: word(event, "tool_use_id") ?? null,
    is_error: failed(event),
    is_thinking: thinks(event),
    duration_ms: typeof duration === "number" ? duration : null,
    bytes: 0,
    text: told(event) ?? null,
  };
}

/** Whether it tells of a failure. */
function failed({ error, event_type, exit_code }: Event): boolean {
  return error !== null || event_type === "stop_failure" || (event_type === "session_stop" && (exit_code ?? 0) !== 0);
}

/** Whether it has thoughts and no text. */
function thinks({ content }: Event): boolean {
  const has = (key: string) => list(content).some((block) => line(word(block, key)) !== undefined);
  return has("thinking") && !has("text");
}

/** What a person would read first. */
function told(event: Event): string | undefined {
  const hook = "hook" in event ? event.hook : undefined;
  return (
    line(event.error) ??
    first(list(event.content), (block) => first(["text", "thinking"], (key) => line(word(block, key)))) ??
    toldOfInput(event.tool_input) ??
    toldOfInput(fields(hook)?.tool_input) ??
    first(WORDS, (key) => line(word(hook, key))) ??
    line(event.reason)
  );
}

/** What a tool is asked to do. */
function toldOfInput(input: unknown): string | undefined {
  const object = fields(input);
  const text = first(TELLING, (key) => line(word(object, key)) ?? listed(object?.[key])) ?? line(word(list(object?.questions)[0], "question"));
  return text?.startsWith(PATCH) === true ? text.slice(PATCH.length) : text;
}

/** A command that is a list of words. */
function listed(value: unknown): string | undefined {
  const words = list(value);
  return words.every((each) => typeof each === "string") ? line(words.join(" ")) : undefined;
}

/** The words of a text, as many as an outline has room for; `undefined` when there are none. */
function line(text: string | null | undefined): string | undefined {
  const words = (text ?? "").slice(0, LOOKED_AT).split(WHITE).filter((each) => each !== "");
  // Characters, and not the halves of which some are made.
  const characters = Array.from(words.join(" ")).slice(0, LONGEST_TEXT);
  return characters.length === 0 ? undefined : characters.join("");
}

function first<From, To>(all: readonly From[], find: (one: From) => To | undefined): To | undefined {
  for (const one of all) {
    const found = find(one);
    if (found !== undefined) return found;
  }
  return undefined;
}
