/** What a session is called. */

import type { Session } from "../api/client";

/** Marks of Markdown around words, as a first prompt may have them; a name shows the words. */
const MARKS: readonly (readonly [RegExp, string])[] = [
  [/!?\[([^\]\n]*)\]\([^)\s]*\)/g, "$1"],
  [/(?<![\w*])(\*{1,3})(?=\S)([^*\n]*[^*\s])\1(?![\w*])/g, "$2"],
  [/(?<![\w_])(_{1,3})(?=\S)([^_\n]*[^_\s])\1(?![\w_]|\.\w)/g, "$2"],
  [/(`+)([^`\n]+)\1/g, "$2"],
  [/^\s*(?:#{1,6}|>|[-*+])\s+/gm, ""],
];

/** Characters of a name that are read: more has no place anywhere, and patterns take the square of the time. */
const LONGEST = 1000;

/** The name without marks of Markdown; the id of a session without a name. */
export function nameOf({ session_name, session_id }: Pick<Session, "session_name" | "session_id">): string {
  const plain = MARKS.reduce((text, [mark, words]) => text.replace(mark, words), session_name.slice(0, LONGEST)).trim();
  return plain === "" ? session_id : plain;
}
