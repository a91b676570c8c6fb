import { afterEach, expect, test, vi } from "vitest";

import { anEvent } from "../live/sample";
import { Bodies } from "./bodies";
import type { Body } from "./body";
import { anOutline } from "./sample";
import { Story } from "./story";

const read = vi.hoisted(() => vi.fn());
vi.mock("./requests", () => ({ readEvents: read }));

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

afterEach(() => {
  vi.unstubAllGlobals();
});

test("of a screen full of bodies that were read, a few are shown with each frame, and those nobody looks at are there at once", async () => {
  const frames: (() => void)[] = [];
  vi.stubGlobal("document", { hidden: false });
  vi.stubGlobal("window", { requestAnimationFrame: (run: () => void) => frames.push(run) });
  const events = Array.from({ length: 7 }, (_, index) => bodyOf(index + 1));
  read.mockResolvedValue({ events });
  const story = new Story();
  story.add(events.map(({ id }) => ({ outline: anOutline(id, "message", "2026-01-01T00:00:00Z"), input: null })));
  const bodies = new Bodies("s");
  const shown: number[] = [];
  for (const id of [1, 2, 3, 4, 5]) bodies.subscribe(id, () => shown.push(id));
  bodies.want(story, story.entries);
  await vi.waitFor(() => {
    expect(shown).toEqual([1, 2]);
  });
  expect([2, 3, 7].map((id) => bodies.of(id)?.id)).toEqual([2, undefined, 7]);
  frames.shift()?.();
  expect(shown).toEqual([1, 2, 3, 4]);
  // What comes live does not wait, and is told once.
  bodies.keep([bodyOf(5)]);
  frames.shift()?.();
  expect(shown).toEqual([1, 2, 3, 4, 5]);
  expect(frames).toEqual([]);
});
