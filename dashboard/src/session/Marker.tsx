/** What is neither said nor done with a tool: starts and ends, notices, and whatever nobody has heard of yet. */

import { memo } from "react";

import type { Outline } from "../api/client";
import { fields, word } from "../api/json";
import { outlineOf } from "../api/outline";
import { plain } from "../ui/ansi";
import type { Body } from "./body";
import type { Kind } from "./story";

const TITLES: ReadonlyMap<string, string> = new Map([
  ["session_start", "Session began"],
  ["session_stop", "Session ended"],
  ["stop", "Turn ended"],
  ["stop_failure", "Turn failed"],
  ["interrupt", "Interrupted"],
  ["compact", "Went on with a compacted memory"],
  ["pre_compact", "Compacts its memory"],
  ["post_compact", "Memory compacted"],
  ["permission_request", "Asks for permission"],
  ["permission_denied", "Permission denied"],
  ["notification", "Notice"],
  ["elicitation", "Asks for input"],
  ["task_notification", "A task in the background ended"],
]);

/** The event's own name, as words. */
export function titleOf({ event_type }: Pick<Outline, "event_type">): string {
  const known = TITLES.get(event_type);
  if (known !== undefined) return known;
  const words = event_type.replaceAll(/[_.-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What there is to say besides. */
function detailsOf({ text, tool_name }: Outline, body: Body | undefined): string {
  const hook = fields(body?.hook);
  const said = [
    tool_name,
    word(hook, "source", "notification_type", "trigger"),
    body?.reason,
    body?.exit_code === null || body === undefined ? undefined : `exit code ${body.exit_code}`,
    body?.error,
    text ?? (body === undefined ? undefined : outlineOf(body).text),
  ].filter((part): part is string => typeof part === "string" && part !== "");
  return plain([...new Set(said)].join(" · "));
}

interface MarkerProps {
  readonly outline: Outline;
  readonly body: Body | undefined;
  readonly kind: Kind;
}

/** A quiet line; one that wants attention is louder by its frame. */
export const Marker = memo(function Marker({ outline, body, kind }: MarkerProps) {
  return (
    <p className={`marker marker-${kind}`}>
      <strong>{titleOf(outline)}</strong> <span className="marker-details">{detailsOf(outline, body)}</span>
    </p>
  );
});
