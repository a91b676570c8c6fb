/** What a session is called. */

import type { Session } from "../api/client";

/** The name as it is stored, plain text; the id of a session without a name. */
export function nameOf({ session_name, session_id }: Pick<Session, "session_name" | "session_id">): string {
  return session_name.trim() === "" ? session_id : session_name;
}
