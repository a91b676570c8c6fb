/** The command that takes a session up again. */

import type { Session } from "../api/client";
import { shellWord } from "../ui/shell";

/** The command, for sessions that an agent can take up: not its subagents, and not those of the API. */
export function resumeCommand({ source, session_id, project_dir }: Pick<Session, "source" | "session_id" | "project_dir">): string | undefined {
  if (source === "api" || session_id.includes(":")) return undefined;
  const id = shellWord(session_id);
  const command = source === "codex" ? `codex resume ${id}` : `claude --resume ${id}`;
  return project_dir === null ? command : `cd ${shellWord(project_dir)} && ${command}`;
}
