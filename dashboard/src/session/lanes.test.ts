import { afterEach, expect, test, vi } from "vitest";

import { marksOf } from "./lanes";

const HOUR = 3_600_000;

afterEach(() => {
  vi.unstubAllEnvs();
});

const marks = (from: string, to: string, step: number) =>
  marksOf({ from: Date.parse(from) * 1000, to: Date.parse(to) * 1000 }, step).map((mark) => new Date(mark).toISOString());

test("days begin at midnight where the reader is, be they of 23 hours", () => {
  vi.stubEnv("TZ", "Europe/Berlin");
  expect(marks("2026-03-28T12:00:00+01:00", "2026-03-31T12:00:00+02:00", 24 * HOUR)).toEqual([
    "2026-03-28T23:00:00.000Z",
    "2026-03-29T22:00:00.000Z",
    "2026-03-30T22:00:00.000Z",
  ]);
});

test("hours are those of the reader's clock, and minutes stay where they were", () => {
  vi.stubEnv("TZ", "Asia/Kolkata");
  expect(marks("2026-01-01T09:10:00+05:30", "2026-01-01T17:00:00+05:30", 4 * HOUR)).toEqual(["2026-01-01T06:30:00.000Z", "2026-01-01T10:30:00.000Z"]);
  vi.stubEnv("TZ", "UTC");
  expect(marks("2026-01-01T09:10:10Z", "2026-01-01T09:12:00Z", 60_000)).toEqual(["2026-01-01T09:11:00.000Z"]);
});
