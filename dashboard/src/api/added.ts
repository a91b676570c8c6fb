/** What the API's description does not say yet. */

/** An event without its bodies, as a list of events begins. */
interface Outline {
  readonly id: number;
  readonly event_type: string;
  readonly timestamp: string;
  readonly tool_name: string | null;
  readonly tool_use_id: string | null;
  readonly role: string | null;
  readonly is_error: boolean;
  readonly duration_ms: number | null;
  readonly bytes: number;
  readonly text: string | null;
}

/** An outline as the live log sends it. */
export type EventOutline = Outline & { readonly session_id: string };
