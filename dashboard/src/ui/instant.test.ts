import { describe, expect, it, vi } from "vitest";

import { ageText, dayText, instantOf, measuredText, microsecondsOf, spanText } from "./instant";

describe("instants", () => {
  it.each([
    ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z"],
    ["2026-11-24T17:15:23.503Z", "2026-11-24T17:15:23.503Z"],
    ["2026-01-31T23:59:59.9Z", "2026-01-31T23:59:59.900Z"],
    ["2026-01-02 03:04:05", "2026-01-02T03:04:05.000Z"],
    ["2026-01-02T03:04:05.123456+00:00", "2026-01-02T03:04:05.123Z"],
    ["2026-01-02T03:04:05+0230", "2026-01-02T00:34:05.000Z"],
    ["2026-01-02T03:04:05.5-01:00", "2026-01-02T04:04:05.500Z"],
  ])("%s", (written, instant) => {
    expect(instantOf(written)).toBe(Date.parse(instant));
  });

  it("are ordered by the microsecond", () => {
    const second = Date.parse("2026-01-02T03:04:05Z") * 1000;
    expect(microsecondsOf("2026-01-02T03:04:05.1234567Z")).toBe(second + 123_456);
    expect(microsecondsOf("2026-01-02T03:04:05.123456Z")).toBe(second + 123_456);
    expect(microsecondsOf("2026-01-02T03:04:05.000001Z")).toBe(second + 1);
    expect(microsecondsOf("2026-01-02T03:04:05.5")).toBe(second + 500_000);
    expect(microsecondsOf("2026-01-02T03:04:05")).toBe(second);
  });

  it("are none where nothing of the kind was written", () => {
    for (const written of [null, undefined, "", "today", "2026-13-02T03:04:05Z", "2026-01-02", "2026-01-02T03:04:05.Z", "2026-01-02T0a:04:05Z"]) {
      expect(instantOf(written)).toBeUndefined();
    }
  });

  it("have a yesterday, however long it was", () => {
    vi.stubEnv("TZ", "Europe/Berlin");
    // The day before had 23 hours: 24 hours before a quarter past midnight is the day before that.
    expect(dayText(Date.parse("2026-03-29T10:00:00+02:00"), Date.parse("2026-03-30T00:15:00+02:00"))).toBe("Yesterday");
    expect(dayText(Date.parse("2026-03-28T23:20:00+01:00"), Date.parse("2026-03-30T00:15:00+02:00"))).not.toBe("Yesterday");
    expect(dayText(Date.parse("2026-10-24T12:00:00+02:00"), Date.parse("2026-10-25T23:30:00+01:00"))).toBe("Yesterday");
    vi.unstubAllEnvs();
  });

  it("are told as ages and spans", () => {
    expect([0, 59_000, 3_599_000, 86_399_000, 86_400_000].map(ageText)).toEqual(["now", "59 s", "59 min", "23 h", "1 d"]);
    expect([850, 12_400, 200_000, 7_500_000, 97_200_000, -5].map(spanText)).toEqual([
      "850 ms",
      "12 s",
      "3 min 20 s",
      "2 h 5 min",
      "1 d 3 h",
      "0 ms",
    ]);
    expect([850, 12_480, 59_940, 200_000].map(measuredText)).toEqual(["850 ms", "12.5 s", "59.9 s", "3 min 20 s"]);
  });

  it("are told by the nearest, also where that is a greater unit", () => {
    expect([999.4, 999.6, 12_500, 59_499, 59_500, 3_599_500, 7_529_999, 7_530_000].map(spanText)).toEqual(
      ["999 ms", "1 s", "13 s", "59 s", "1 min", "1 h", "2 h 5 min", "2 h 6 min"],
    ); // prettier-ignore
    expect([86_370_000, 88_200_000].map(spanText)).toEqual(["1 d", "1 d 1 h"]);
    expect([999.6, 1234, 1250, 59_949, 59_950].map(measuredText)).toEqual(["1.0 s", "1.2 s", "1.3 s", "59.9 s", "1 min"]);
  });
});
