import { expect, test } from "vitest";

import type { Outline } from "../api/client";
import { barsOf, placed, spanAt } from "./lanes";
import { anOutline } from "./sample";
import { chartOf, MODEL, PERSON } from "./spans";
import { Story } from "./story";

function storyOf(events: readonly (readonly [second: number, event_type: string, more?: Partial<Outline>])[]): Story {
  const story = new Story();
  story.add(
    events.map(([second, event_type, more], index) => ({
      input: null,
      outline: anOutline(index + 1, event_type, new Date(second * 1000).toISOString(), more),
    })),
  );
  return story;
}

function seconds(story: Story): Record<string, readonly (readonly [number, number])[]> {
  const { rows } = chartOf(story, 1e9);
  return Object.fromEntries(rows.map(({ name, spans }) => [name, spans.map(({ start, end }) => [start / 1e6, end / 1e6] as const)]));
}

const bash = (id: string) => ({ tool_name: "Bash", tool_use_id: id });

test("somebody has the ball at any moment", () => {
  const story = storyOf([
    [0, "session_start"],
    [10, "message", { role: "user" }],
    [15, "message", { role: "assistant" }],
    [16, "pre_tool", bash("a")],
    [17, "permission_request", { tool_name: "Bash" }],
    [23, "notification"],
    [40, "post_tool", bash("a")],
    [45, "pre_tool", { tool_name: "AskUserQuestion", tool_use_id: "q" }],
    [60, "post_tool", { tool_name: "AskUserQuestion", tool_use_id: "q" }],
    [62, "stop"],
    [100, "session_stop"],
  ]);
  expect(seconds(story)).toEqual({
    [MODEL]: [
      [10, 15],
      [15, 16],
      [40, 45],
      [60, 62],
    ],
    [PERSON]: [
      [0, 10],
      [17, 40],
      [45, 60],
      [62, 100],
    ],
    Bash: [[16, 40]],
  });
});

test("tools side by side have lanes of their own, and those that never answer end with the turn", () => {
  const story = storyOf([
    [0, "message", { role: "user" }],
    [1, "pre_tool", bash("a")],
    [2, "pre_tool", bash("b")],
    [3, "post_tool", bash("a")],
    [9, "stop"],
  ]);
  const row = chartOf(story, 1e9).rows.find(({ name }) => name === "Bash");
  expect(row?.lanes).toEqual([0, 1]);
  expect(seconds(story).Bash).toEqual([
    [1, 3],
    [2, 9],
  ]);
});

test("what is narrower than a pixel is drawn once, and no failure is lost", () => {
  const events = Array.from({ length: 40_000 }, (_, index) => index).flatMap((index) => [
    [index, "pre_tool", bash(String(index))] as const,
    [index + 0.5, "post_tool", { ...bash(String(index)), is_error: index === 20_001 }] as const,
  ]);
  const chart = chartOf(storyOf(events), 1e9);
  const bashRow = placed(chart).find(({ row }) => row.name === "Bash");
  const window = { from: chart.start, to: chart.end };
  const bars = bashRow === undefined ? [] : barsOf(bashRow, window, 800);
  expect(bars.length).toBeLessThanOrEqual(802);
  expect(bars.filter(({ span }) => span.isFailed)).toHaveLength(1);
  const span = spanAt(placed(chart), window, 800, 400, (bashRow?.top ?? 0) + 3);
  expect(Math.abs((span?.start ?? 0) / 1e6 - 20_000)).toBeLessThan(60);
});
