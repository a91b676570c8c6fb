import { expect, test } from "vitest";

import { OutlineText } from "./outline";

const outlines = Array.from({ length: 40 }, (_, number) => ({
  id: number + 1,
  event_type: "message",
  text: number % 3 === 0 ? 'a text with },{"id":1}, "quotes" and ]} in it' : null,
}));
const written = JSON.stringify({ outline: outlines });

/** What is read of the answer when it comes in pieces of this length. */
function read(answer: string, length: number) {
  const text = new OutlineText();
  const found = [];
  for (let at = 0; at < answer.length; at += length) found.push(...text.take(answer.slice(at, at + length)));
  return { early: found.length, all: [...found, ...text.end()] };
}

test("however it is cut into pieces, each outline is there once, and early", () => {
  for (const length of [1, 7, 64, 500, written.length]) expect(read(written, length).all).toEqual(outlines);
  expect(read(written, 64).early).toBe(outlines.length - 1);
});

test("an empty session has none, and an answer that is cut is no answer", () => {
  expect(read('{"outline":[]}', 3).all).toEqual([]);
  for (const end of [1, 2, 60, 1_000]) expect(() => read(written.slice(0, -end), 64)).toThrow(SyntaxError);
});
