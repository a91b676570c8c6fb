/** What the server answers beyond what `schema.ts` describes so far. */

/** An event without its body: enough to place it, pair it and say in a line what it is. */
export interface Outline {
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

/** A page of a session's events without their bodies. */
export interface OutlinePage {
  readonly outline: readonly Outline[];
  readonly next?: number;
}

/** What happened in one span of time. */
export interface StatsBucket {
  readonly at: string;
  readonly running: number | null;
  readonly sessions_started: number;
  readonly events: number;
  readonly tool_calls: number;
  readonly failures: number;
  readonly tool_p50_ms: number | null;
  readonly tool_p95_ms: number | null;
}

/** How busy one folder was. */
export interface ProjectStats {
  readonly project_dir: string | null;
  readonly sessions: number;
  readonly events: number;
  readonly tool_calls: number;
  readonly failures: number;
}

/** How often one tool was called, and how long it took. */
export interface ToolStats {
  readonly tool_name: string;
  readonly calls: number;
  readonly failures: number;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
}

/** What happened between two instants. */
export interface Stats {
  readonly from: string;
  readonly to: string;
  readonly bucket_seconds: number;
  readonly buckets: readonly StatsBucket[];
  readonly projects: readonly ProjectStats[];
  readonly tools: readonly ToolStats[];
}

/** An outline as the live log sends it. */
export type EventOutline = Outline & { readonly session_id: string };
