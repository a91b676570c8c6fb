import { expect, test } from "vitest";

import { wholeOf } from "./whole";

test("a line ends with the last stretch that is over", () => {
  expect(wholeOf([3, null, 4, 1])).toEqual([3, null, 4, null]);
  expect(wholeOf([1])).toEqual([null]);
});
