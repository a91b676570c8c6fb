/** The spans of time that can be looked at. */

/** Names as they stand in the address. */
export type RangeName = "1h" | "24h" | "7d" | "30d";

interface Range {
  readonly name: RangeName;
  readonly title: string;
  readonly seconds: number;
  /** Seconds of one point: some hundred points, each of whole minutes. */
  readonly bucket: number;
}

const HOUR = 3600;

/** All of them, the shortest first. */
export const RANGES: readonly Range[] = [
  { name: "1h", title: "1 hour", seconds: HOUR, bucket: 60 },
  { name: "24h", title: "24 hours", seconds: 24 * HOUR, bucket: 900 },
  { name: "7d", title: "7 days", seconds: 7 * 24 * HOUR, bucket: 2 * HOUR },
  { name: "30d", title: "30 days", seconds: 30 * 24 * HOUR, bucket: 6 * HOUR },
];

/** The range that an address names, else a day. */
export function rangeOf(name: unknown): RangeName {
  return RANGES.find((range) => range.name === name)?.name ?? "24h";
}

/** What to ask of the server at this instant, in milliseconds: whole buckets, the one under way included. */
export function statsQuery(name: RangeName, now: number): { readonly from: string; readonly to: string; readonly bucket: number } {
  const { seconds, bucket } = RANGES.find((range) => range.name === name) ?? { seconds: 24 * HOUR, bucket: 900 };
  const to = (Math.floor(now / 1000 / bucket) + 1) * bucket;
  const instant = (second: number) => new Date(second * 1000).toISOString();
  return { from: instant(to - seconds), to: instant(to), bucket };
}
