/** By which of its calls a session started others. */

import type { Session } from "../api/client";
import { microsecondsOf } from "../ui/instant";
import type { Item } from "./story";
import { viewOf } from "./tools";

/** A process is started by the call, and says so a moment later by its own clock. */
const SLACK = 1_000_000;

/**
 * The call that started each subagent, by the call's id. No agent says which it was before the call has ended: it is the
 * oldest one that was under way when the subagent began, and has started no other.
 */
export function startedBy(items: readonly Item[], subagents: readonly Session[]): ReadonlyMap<number, string> {
  const started = new Map<number, string>();
  if (subagents.length === 0) return started;
  const calls = items.filter(({ kind, entry }) => kind === "tool" && viewOf(entry.outline.tool_name ?? "") === "task");
  for (const { session_id, created_at, first_event_at } of subagents) {
    const begun = Math.min(microsecondsOf(created_at) ?? 0, microsecondsOf(first_event_at) ?? Infinity);
    const call = calls.find(
      ({ entry, answer, cutBy }) =>
        !started.has(entry.id) && entry.at <= begun + SLACK && begun <= ((answer ?? cutBy)?.at ?? Infinity) + SLACK,
    );
    if (call !== undefined) started.set(call.entry.id, session_id);
  }
  return started;
}
