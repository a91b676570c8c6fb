/** A chart over time, and the same as a table. The drawing is loaded when the first one is shown. */

import { useEffect, useId, useRef, useState } from "react";

import { loaded } from "../ui/version";
import { Table } from "../ui/Table";
import type { Plot } from "./plot";

/** One line of a chart. */
export interface Series<Point> {
  readonly name: string;
  /** The name of one of the page's colours. */
  readonly colour: string;
  /** Its value at a point, `null` where nothing was measured. */
  readonly of: (point: Point) => number | null;
  /** The value for people. */
  readonly text: (value: number) => string;
}

interface ChartProps<Point> {
  readonly title: string;
  /** One after the other; the last one is still under way. */
  readonly points: readonly Point[];
  readonly series: readonly Series<Point>[];
}

function said(value: number | null, text: (value: number) => string): string {
  return value === null ? "–" : text(value);
}

/** What a reader hears in place of the picture. */
function summary<Point>(points: readonly Point[], series: readonly Series<Point>[]): string {
  return series
    .map(({ name, of, text }) => {
      const values = points.map(of).filter((value) => value !== null);
      return values.length === 0 ? `${name}: nothing` : `${name}: at most ${text(Math.max(...values))}`;
    })
    .join("; ");
}

/** One chart with its table. */
export function Chart<Point extends { readonly at: string }>({ title, points, series }: ChartProps<Point>) {
  const place = useRef<HTMLDivElement>(null);
  const heading = useId();
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    let plot: Plot | undefined;
    let isGone = false;
    loaded(() => import("./plot"))
      .then(({ plotted }) => {
        if (isGone) return;
        const times = points.map(({ at }) => Date.parse(at) / 1000);
        const lines = series.map(({ of, ...rest }) => ({ ...rest, values: points.map(of) }));
        plot = plotted(element, times, lines);
      })
      .catch(() => {
        // The server is away: with the next numbers it is tried again, and until then there is the table.
      });
    return () => {
      isGone = true;
      plot?.remove();
    };
  }, [points, series]);
  return (
    <section className="panel" aria-labelledby={heading}>
      <h2 id={heading}>{title}</h2>
      <div ref={place} className="plot" role="img" aria-label={`${title}. ${summary(points, series)}`} />
      <details
        onToggle={({ currentTarget }) => {
          setOpen(currentTarget.open);
        }}
      >
        <summary>As a table</summary>
        {isOpen && (
          <div className="chart-table" role="region" aria-label={`${title} as a table`} tabIndex={0}>
            <Table
              columns={[
                {
                  name: "From",
                  of: ({ at }: Point) => (
                    <>
                      <time dateTime={at}>{new Date(at).toLocaleString()}</time>
                      {at === points.at(-1)?.at && " so far"}
                    </>
                  ),
                },
                ...series.map(({ name, of, text }) => ({ name, of: (point: Point) => said(of(point), text) })),
              ]}
              rows={points}
              keyOf={({ at }) => at}
            />
          </div>
        )}
      </details>
    </section>
  );
}
