import { expect, test } from "vitest";

import type { Outline } from "../api/client";
import { anOutline } from "./sample";
import { Story, type Item, type Told } from "./story";

function told(id: number, event_type: string, more: Partial<Outline> & { input?: string } = {}): Told {
  const { input = null, ...rest } = more;
  const second = String(id % 60).padStart(2, "0");
  const minute = String(Math.floor(id / 60) % 60).padStart(2, "0");
  const hour = String(Math.floor(id / 3600)).padStart(2, "0");
  return { outline: anOutline(id, event_type, `2026-01-01T${hour}:${minute}:${second}Z`, rest), input };
}

const bash = (text: string) => ({ tool_name: "Bash", text });

function shown(items: readonly Item[]): string[] {
  return items.map(({ kind, entry, answer, cutBy, asked }) =>
    [kind, entry.id, answer && `answered ${answer.id}`, cutBy && `cut ${cutBy.id}`, asked && `asked ${asked.id}`]
      .filter((part) => part !== undefined)
      .join(" "),
  );
}

function storyOf(events: readonly Told[]): Story {
  const story = new Story();
  story.add(events);
  return story;
}

const RUN: readonly Told[] = [
  told(1, "session_start"),
  told(2, "message", { role: "user" }),
  told(3, "pre_tool", { ...bash("make"), tool_use_id: "a" }),
  told(4, "pre_tool", { ...bash("make"), tool_use_id: "b" }),
  told(5, "post_tool", { ...bash("make"), tool_use_id: "b" }),
  told(6, "permission_request", bash("make")),
  told(7, "message", { role: "assistant" }),
  told(8, "post_tool", { ...bash("make"), tool_use_id: "a", is_error: true }),
  told(9, "pre_tool", bash("ls")),
  told(10, "pre_tool", bash("ls")),
  told(11, "post_tool", bash("ls")),
  told(12, "stop"),
  told(13, "post_tool", bash("never asked")),
  told(14, "something_new"),
  told(15, "session_stop"),
];

const TOLD = [
  "marker 1",
  "message 2",
  "tool 3 answered 8 asked 6",
  "tool 4 answered 5",
  "attention 6",
  "message 7",
  "tool 9 answered 11",
  "tool 10 cut 12",
  "marker 12",
  "tool 13 answered 13",
  "other 14",
  "marker 15",
];

test("calls are paired by id, else by the oldest open one of equal name and input", () => {
  expect(shown(storyOf(RUN).items)).toEqual(TOLD);
});

test("one at a time or all at once, in any order, the story is the same", () => {
  const orders = [RUN, RUN.toReversed(), RUN.toSorted((one, other) => ((one.outline.id * 7) % 15) - ((other.outline.id * 7) % 15))];
  for (const order of orders) {
    const story = new Story();
    for (const event of order) story.add([event]);
    expect(shown(story.items)).toEqual(TOLD);
    expect(story.entries.map(({ id }) => id)).toEqual(RUN.map(({ outline }) => outline.id));
    for (const [index, item] of story.items.entries()) expect(item.index).toBe(index);
    expect(story.itemOf(8)?.entry.id).toBe(3);
  }
});

test("an event that is told twice is in the story once", () => {
  const story = storyOf(RUN);
  expect(story.add(RUN)).toBe(false);
  expect(shown(story.items)).toEqual(TOLD);
});

test("known inputs decide, where there are some", () => {
  const story = storyOf([
    told(1, "pre_tool", { ...bash("the same beginning"), input: "one" }),
    told(2, "pre_tool", { ...bash("the same beginning"), input: "two" }),
    told(3, "post_tool", { ...bash("the same beginning"), input: "two" }),
  ]);
  expect(shown(story.items)).toEqual(["tool 1", "tool 2 answered 3"]);
});

test("a result that comes after its turn ended still finds its call by id", () => {
  const story = storyOf([
    told(1, "pre_tool", { ...bash("x"), tool_use_id: "a" }),
    told(2, "stop"),
    told(3, "post_tool", { ...bash("x"), tool_use_id: "a" }),
  ]);
  expect(shown(story.items)).toEqual(["tool 1 answered 3", "marker 2"]);
});

test("equal instants stand by id, and offsets are understood", () => {
  const story = storyOf([
    told(3, "message", { timestamp: "2026-01-01T12:00:00Z" }),
    told(1, "message", { timestamp: "2026-01-01T13:00:00+01:00" }),
    told(2, "message", { timestamp: "2026-01-01 11:59:59.999999" }),
  ]);
  expect(story.entries.map(({ id }) => id)).toEqual([2, 1, 3]);
});

test("appending to a long story costs no more than to a short one", () => {
  const story = storyOf(Array.from({ length: 100_000 }, (_, index) => told(index + 1, index % 2 === 0 ? "pre_tool" : "message", bash("x"))));
  const start = performance.now();
  for (let id = 100_001; id <= 101_000; id += 1) story.add([told(id, "message", { timestamp: "2027-01-01T00:00:00Z" })]);
  // Doing anything over again for each of the thousand would take many seconds.
  expect(performance.now() - start).toBeLessThan(2000);
  expect(story.items).toHaveLength(101_000);
});
