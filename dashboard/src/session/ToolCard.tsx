/** A tool call as one card: its line, and what it was given and gave back. */

import { memo, useContext } from "react";

import { outlineOf } from "../api/outline";
import { plain } from "../ui/ansi";
import { measuredText, spanText } from "../ui/instant";
import { useTicking } from "../ui/ticker";
import type { Body } from "./body";
import { Sought } from "./sought";
import type { Entry, Item } from "./story";
import { toolTitle, viewOf } from "./tools";
import { ToolView } from "./ToolView";

/** How a call stands. */
type CallState = "running" | "asking" | "done" | "failed" | "not answered";

/** How a call stands, from what is known of it. */
function stateOf({ entry, answer, cutBy, asked }: Item): CallState {
  if (answer?.outline.is_error === true || entry.outline.is_error) return "failed";
  if (answer !== undefined) return "done";
  if (cutBy !== undefined) return "not answered";
  return asked === undefined ? "running" : "asking";
}

/** How long a call took, in milliseconds, where it has ended. */
function durationOf({ entry, answer, cutBy }: Item): number | undefined {
  if (answer === undefined) return cutBy === undefined ? undefined : (cutBy.at - entry.at) / 1000;
  return answer.outline.duration_ms ?? (answer === entry ? undefined : (answer.at - entry.at) / 1000);
}

const STATES: Readonly<Record<CallState, string>> = {
  running: "running",
  asking: "waits for permission",
  done: "",
  failed: "failed",
  "not answered": "not answered",
};

/** Calls whose content is worth the room unasked. */
const OPEN = new Set(["shell", "edit", "patch", "checklist", "task"]);

function Running({ since }: { readonly since: number }) {
  return useTicking((now) => spanText(Math.max(0, Math.floor((now - since / 1000) / 1000) * 1000)));
}

/** What a call was about. Of one that only its failure tells of, the outline has the error: the event may have more. */
function about({ entry, answer }: Item, body: Body | undefined): string {
  const given = answer === entry && body?.error != null ? outlineOf({ ...body, error: null, reason: null }).text : null;
  return plain(given ?? entry.outline.text ?? answer?.outline.text ?? "");
}

interface ToolCardProps {
  readonly item: Item;
  readonly body: Body | undefined;
  readonly answerBody: Body | undefined;
  readonly started: string | undefined;
  readonly isOpen: boolean | undefined;
  readonly onToggle: (entry: Entry, isOpen: boolean) => void;
}

/** The card of a call. */
export const ToolCard = memo(function ToolCard({ item, body, answerBody, started, isOpen, onToggle }: ToolCardProps) {
  const { entry } = item;
  const toolName = entry.outline.tool_name ?? "Tool";
  const { name, server } = toolTitle(toolName);
  const state = stateOf(item);
  const duration = durationOf(item);
  const isFound = useContext(Sought) !== undefined;
  const opens = isOpen ?? (OPEN.has(viewOf(toolName)) || state === "failed" || isFound);
  return (
    <div className={`tool tool-${state.replace(" ", "-")}`}>
      <button
        type="button"
        className="tool-line"
        aria-expanded={opens}
        onClick={() => {
          onToggle(entry, !opens);
        }}
      >
        <span className="tool-name">{name}</span>
        {server !== undefined && <span className="tool-server">{server}</span>}
        <span className="tool-text">{about(item, body)}</span>
        {STATES[state] !== "" && <span className="tool-state">{STATES[state]}</span>}
        <span className="tool-duration">
          {duration !== undefined ? measuredText(duration) : (state === "running" || state === "asking") && <Running since={entry.at} />}
        </span>
      </button>
      {opens && body !== undefined && <ToolView call={body} answer={answerBody} started={started} />}
    </div>
  );
});
