/** The command that takes a session up again. */

import type { Session } from "../api/client";

/** A word that a POSIX shell takes as it is. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

const PLAIN = /^[\w.-]+$/;

/** The command, for sessions that an agent can take up: not its subagents, and not those of the API. */
export function resumeCommand({ source, session_id, project_dir }: Pick<Session, "source" | "session_id" | "project_dir">): string | undefined {
  if (source === "api" || session_id.includes(":")) return undefined;
  const id = PLAIN.test(session_id) && !session_id.startsWith("-") ? session_id : quoted(session_id);
  const command = source === "codex" ? `codex resume ${id}` : `claude --resume ${id}`;
  return project_dir === null ? command : `cd ${quoted(project_dir)} && ${command}`;
}
