import { readFileSync } from "node:fs";
import path from "node:path";

import { expect, test } from "vitest";

import { anEvent } from "../live/sample";
import type { Event, Outline } from "./client";
import { outlineOf } from "./outline";

interface Case {
  readonly event: Partial<Event>;
  readonly outline: Partial<Outline>;
}

const table = path.resolve(import.meta.dirname, "../../../crates/agent-runtime-types/tests/outlines.json");
const cases = JSON.parse(readFileSync(table, "utf8")) as readonly Case[];

test("an outline that is made here tells what the server's does", () => {
  for (const { event, outline } of cases) expect(outlineOf(anEvent("s", { event_type: "x", ...event })), JSON.stringify(event)).toMatchObject(outline);
  expect(cases.length).toBeGreaterThan(40);
});

test("a long text is cut between characters", () => {
  for (const letter of ["a", "ü", "😀", "\u0001", '"', "a "]) {
    const told = outlineOf(anEvent("s", { error: `  b${letter.repeat(3000)}` })).text ?? "";
    expect(told).toBe(Array.from(`b${letter.repeat(3000)}`).slice(0, 160).join(""));
  }
});
