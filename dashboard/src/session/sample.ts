/** Outlines for tests. */

import type { Outline } from "../api/client";

/** An outline that differs from an ordinary one only in what is said. */
export function anOutline(id: number, event_type: string, timestamp: string, more: Partial<Outline> = {}): Outline {
  return {
    id,
    event_type,
    timestamp,
    tool_name: null,
    tool_use_id: null,
    role: null,
    is_error: false,
    is_thinking: false,
    duration_ms: null,
    bytes: 0,
    text: null,
    ...more,
  };
}
