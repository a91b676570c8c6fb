/** The chart of a session's time, for who reads rather than looks. */

import { memo } from "react";

import { lasted } from "./instant";
import { Place, sessionAddress } from "./Place";
import type { Chart } from "./spans";

/** The longest stretches that are worth a row. */
const LONGEST = 20;

interface TimeTableProps {
  readonly chart: Chart;
  readonly sessionId: string;
}

/** Totals by row, and what took longest. */
export const TimeTable = memo(function TimeTable({ chart, sessionId }: TimeTableProps) {
  const whole = chart.end - chart.start;
  const longest = chart.rows
    .flatMap(({ spans }) => spans)
    .sort((one, other) => other.end - other.start - (one.end - one.start))
    .slice(0, LONGEST);
  return (
    <div className="time-tables">
      <table>
        <caption>Who had the time</caption>
        <thead>
          <tr>
            <th scope="col">Who</th>
            <th scope="col">Times</th>
            <th scope="col">In total</th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          {chart.rows.map(({ name, spans, total }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{spans.length.toLocaleString()}</td>
              <td>{lasted(total / 1000)}</td>
              <td>{Math.round((total / whole) * 100)} %</td>
            </tr>
          ))}
        </tbody>
      </table>
      <table>
        <caption>What took longest</caption>
        <thead>
          <tr>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">How long</th>
          </tr>
        </thead>
        <tbody>
          {longest.map(({ row, id, start, end, label }, index) => (
            <tr key={index}>
              <th scope="row">{row}</th>
              <td>
                <Place to={sessionAddress(sessionId, { event: id })} className="link" title={new Date(start / 1000).toLocaleString()}>
                  {label}
                </Place>
              </td>
              <td>{lasted((end - start) / 1000)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
});
