/** The chart of a session's time, for who reads rather than looks. */

import { memo } from "react";

import { countText, exactText, measuredText } from "../ui/instant";
import { Table, type Column } from "../ui/Table";
import { Place, sessionAddress } from "./Place";
import type { Chart, Row, Span } from "./spans";

/** The longest stretches that are worth a row. */
const LONGEST = 20;

/** Hundredths, and no nothing for what is something. */
function shareText(share: number): string {
  const hundredths = Math.round(share * 100);
  return hundredths === 0 && share > 0 ? "< 1 %" : `${hundredths} %`;
}

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
  const totals: readonly Column<Row>[] = [
    { name: "Who", of: ({ name }) => name },
    { name: "Times", of: ({ spans }) => countText(spans.length) },
    { name: "In total", of: ({ total }) => measuredText(total / 1000) },
    { name: "Share", of: ({ total }) => shareText(total / whole) },
  ];
  const stretches: readonly Column<Span>[] = [
    { name: "Who", of: ({ row }) => row },
    {
      name: "What",
      isText: true,
      of: ({ id, start, label }) => (
        <Place to={sessionAddress(sessionId, { event: id })} className="link" title={exactText(new Date(start / 1000).toISOString())}>
          {label}
        </Place>
      ),
    },
    { name: "How long", of: ({ start, end }) => measuredText((end - start) / 1000) },
  ];
  return (
    <div className="time-tables">
      <Table caption="Who had the time" columns={totals} rows={chart.rows} keyOf={({ name }) => name} />
      <Table caption="What took longest" columns={stretches} rows={longest} keyOf={(_span, index) => index} />
    </div>
  );
});
