/** Events with their bodies, and the key that equal inputs share. */

import type { Event } from "../api/client";
import { fields } from "../api/json";

/** An event as stored, with the keys that its sender added. */
export type Body = Event & Readonly<Record<string, unknown>>;

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
