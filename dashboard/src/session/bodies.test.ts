import { expect, test } from "vitest";

import { anEvent } from "../live/sample";
import { Bodies } from "./bodies";
import type { Body } from "./body";
import { anOutline } from "./sample";
import { Story } from "./story";

const bodyOf = (id: number): Body => ({ ...anEvent("s"), id });

test("what is in sight stays, however much comes live", () => {
  const story = new Story();
  story.add([1, 2, 3].map((id) => ({ outline: anOutline(id, "message", "2026-01-01T00:00:00Z"), input: null })));
  const bodies = new Bodies("s");
  bodies.keep([1, 2, 3].map(bodyOf));
  bodies.want(story, story.entries.slice(1));
  for (let id = 4; id < 10_000; id += 1) bodies.keep([bodyOf(id)]);
  expect([1, 2, 3].map((id) => bodies.of(id)?.id)).toEqual([undefined, 2, 3]);
  expect(bodies.all()).toHaveLength(2_000);
  bodies.want(story, []);
  bodies.keep([bodyOf(10_000), bodyOf(10_001)]);
  expect(bodies.of(2)).toBeUndefined();
});
