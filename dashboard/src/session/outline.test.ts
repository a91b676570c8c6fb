import { expect, test } from "vitest";

import type { OutlineColumns } from "../api/client";
import { OutlineText } from "./outline";

/** A page of columns of three events, the first of which has this id. */
function page(id: number): OutlineColumns {
  return {
    words: [null, "message", "pre_tool", "Bash", "call", 'a text with },{"id":1},\n{ "quotes" and ]} in it', "2026-01-01T00:00:02+00:00"],
    id: [id, id + 1, id + 2],
    at: [Date.UTC(2026, 0, 1) * 1000, 1_500_000, 500_000],
    timestamp: [0, 0, 6],
    event_type: [1, 2, 2],
    tool_name: [0, 3, 3],
    tool_use_id: [0, 4, 0],
    role: [0, 0, 0],
    text: [5, 0, 5],
    duration_ms: [null, 12.5, null],
    bytes: [10, 20, 30],
    errors: [2],
    thoughts: [0],
  };
}

const pages = Array.from({ length: 8 }, (_, number) => page(3 * number + 1));
const written = `{"pages":[${pages.map((one) => JSON.stringify(one)).join(",\n")}]}`;

/** What is read of the answer when it comes in pieces of this length. */
function read(answer: string, length: number) {
  const text = new OutlineText();
  const found = [];
  for (let at = 0; at < answer.length; at += length) found.push(...text.take(answer.slice(at, at + length)));
  return { early: found.length, all: [...found, ...text.end()] };
}

test("however it is cut into pieces, each outline is there once, and early", () => {
  const ids = Array.from({ length: 24 }, (_, index) => index + 1);
  for (const length of [1, 7, 64, 500, written.length]) expect(read(written, length).all.map(({ outline }) => outline.id)).toEqual(ids);
  expect(read(written, 64).early).toBe(21);
});

test("columns become outlines, and timestamps what they were", () => {
  const [first, second, third] = read(written, 99).all;
  const text = 'a text with },{"id":1},\n{ "quotes" and ]} in it';
  const common = { role: null, is_error: false, is_thinking: false, duration_ms: null, tool_name: null, tool_use_id: null };
  expect(JSON.parse(JSON.stringify([first, second, third]))).toEqual([
    { at: Date.UTC(2026, 0, 1) * 1000, input: null, outline: { ...common, id: 1, event_type: "message", timestamp: "2026-01-01T00:00:00.000Z", bytes: 10, text, is_thinking: true } },
    { at: Date.UTC(2026, 0, 1, 0, 0, 1, 500) * 1000, input: null, outline: { ...common, id: 2, event_type: "pre_tool", timestamp: "2026-01-01T00:00:01.500Z", tool_name: "Bash", tool_use_id: "call", duration_ms: 12.5, bytes: 20, text: null } },
    { at: Date.UTC(2026, 0, 1, 0, 0, 2) * 1000, input: null, outline: { ...common, id: 3, event_type: "pre_tool", timestamp: "2026-01-01T00:00:02+00:00", tool_name: "Bash", bytes: 30, text, is_error: true } },
  ]); // prettier-ignore
});

test("an empty session has none, and an answer that is cut is no answer", () => {
  expect(read('{"pages":[]}', 3).all).toEqual([]);
  for (const end of [1, 2, 60, 500]) expect(() => read(written.slice(0, -end), 64)).toThrow(SyntaxError);
});
