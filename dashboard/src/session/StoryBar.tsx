/** Above the story: what of it is shown, and where a word stands. */

import type { Ref } from "react";

import type { Filter } from "./filter";
import { FindBox, type Jump } from "./FindBox";
import type { Kind } from "./story";

const KINDS: readonly (readonly [Kind, string])[] = [
  ["message", "Messages"],
  ["thinking", "Thinking"],
  ["tool", "Tools"],
  ["attention", "Questions and notices"],
  ["marker", "Starts and ends"],
  ["other", "Others"],
];

interface StoryBarProps {
  readonly sessionId: string;
  readonly filter: Filter;
  readonly tools: readonly string[];
  readonly onFilter: (filter: Filter) => void;
  readonly cardOf: (id: number) => number;
  readonly onJump: Jump;
  readonly onResult: (() => void) | undefined;
  readonly find: Ref<HTMLInputElement>;
}

/** Filters, and the search. */
export function StoryBar({ sessionId, filter, tools, onFilter, cardOf, onJump, onResult, find }: StoryBarProps) {
  return (
    <div className="story-bar" role="toolbar" aria-label="Story">
      <FindBox sessionId={sessionId} cardOf={cardOf} onJump={onJump} input={find} />
      <select
        aria-label="Kind"
        value={filter.kind}
        onChange={({ target }) => {
          onFilter({ ...filter, kind: KINDS.find(([kind]) => kind === target.value)?.[0] ?? "" });
        }}
      >
        <option value="">Everything</option>
        {KINDS.map(([kind, name]) => (
          <option key={kind} value={kind}>
            {name}
          </option>
        ))}
      </select>
      <select
        aria-label="Tool"
        value={filter.tool}
        onChange={({ target }) => {
          onFilter({ ...filter, tool: target.value });
        }}
      >
        <option value="">All tools</option>
        {tools.map((tool) => (
          <option key={tool}>{tool}</option>
        ))}
      </select>
      <label className="check">
        <input
          type="checkbox"
          checked={filter.errorsOnly}
          onChange={({ target }) => {
            onFilter({ ...filter, errorsOnly: target.checked });
          }}
        />
        Errors
      </label>
      {onResult !== undefined && (
        <button type="button" className="button" onClick={onResult}>
          Jump to result
        </button>
      )}
    </div>
  );
}
