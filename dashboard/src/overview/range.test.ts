import { expect, test } from "vitest";

import { RANGES, rangeOf, statsQuery } from "./range";

test("an address names a range, and anything else a day", () => {
  expect(RANGES.map(({ name }) => rangeOf(name))).toEqual(["1h", "24h", "7d", "30d"]);
  for (const other of [null, "", "2h", "constructor"]) expect(rangeOf(other)).toBe("24h");
});

test("whole buckets are asked for, the one under way included, and never too many", () => {
  const now = Date.UTC(2026, 0, 2, 3, 4, 5);
  expect(statsQuery("24h", now)).toEqual({ from: "2026-01-01T03:15:00.000Z", to: "2026-01-02T03:15:00.000Z", bucket: 900 });
  for (const { seconds, bucket } of RANGES) {
    expect(seconds % bucket).toBe(0);
    expect(bucket % 60).toBe(0);
    expect(seconds / bucket).toBeLessThanOrEqual(200);
  }
});
