/** What of a chart's points is told as a line. */

/** The values of stretches that are over: the last one is still under way, and what is counted of it so far would be a fall. */
export function wholeOf(values: readonly (number | null)[]): (number | null)[] {
  return [...values.slice(0, -1), null];
}
