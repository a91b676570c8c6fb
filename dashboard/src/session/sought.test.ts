import { expect, test } from "vitest";

import { placesOf } from "./sought";

test("words are found in any case, one behind the other, and where they stand", () => {
  expect(placesOf("Word, word and WORD", "word")).toEqual([0, 6, 15]);
  expect(placesOf("aaaa", "aa")).toEqual([0, 2]);
  expect(placesOf("İ word", "word")).toEqual([2]);
  expect(placesOf("word", "")).toEqual([]);
  expect(placesOf("", "word")).toEqual([]);
});
