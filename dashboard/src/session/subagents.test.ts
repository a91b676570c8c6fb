import { expect, test } from "vitest";

import { aSession } from "../live/sample";
import { anOutline } from "./sample";
import { Story } from "./story";
import { startedBy } from "./subagents";

const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();

function storyOf(events: readonly (readonly [second: number, event_type: string, call?: string])[]): Story {
  const story = new Story();
  story.add(
    events.map(([second, event_type, call], index) => ({
      input: null,
      outline: anOutline(index + 1, event_type, at(second), call === undefined ? {} : { tool_name: "Agent", tool_use_id: call }),
    })),
  );
  return story;
}

const begun = (id: string, second: number) => aSession(id, { created_at: at(second), parent_session_id: "s" });

test("a subagent belongs to the call that was under way when it began, one to each", () => {
  const { items } = storyOf([
    [0, "message"],
    [1, "pre_tool", "first"],
    [20, "post_tool", "first"],
    [30, "pre_tool", "second"],
    [30.1, "pre_tool", "third"],
    [50, "stop"],
  ]);
  expect([...startedBy(items, [begun("a", 2), begun("b", 31), begun("c", 31.2)])]).toEqual([
    [2, "a"],
    [4, "b"],
    [5, "c"],
  ]);
});

test("one that no call can have started belongs to none", () => {
  const { items } = storyOf([
    [10, "pre_tool", "first"],
    [20, "post_tool", "first"],
  ]);
  expect(startedBy(items, [begun("early", 1), begun("late", 30)]).size).toBe(0);
});
