/** What all agents did, over time. */

import { useLocation } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { answerOf, api, type Statistics, type StatisticsBucket } from "../api/client";
import { Place } from "../session/Place";
import { countText, measuredText } from "../ui/instant";
import { useNow } from "../ui/ticker";
import { Chart, type Series } from "./Chart";
import "./overview.css";
import { RANGES, rangeOf, statsQuery } from "./range";
import { Busiest, Slowest } from "./Tables";

/** How often it is read again while it is looked at. */
const AGAIN_MS = 30_000;

interface Panel {
  readonly title: string;
  readonly series: readonly Series<StatisticsBucket>[];
}

const PANELS: readonly Panel[] = [
  { title: "Sessions running", series: [{ name: "Running", colour: "accent", of: ({ running }) => running, text: countText }] },
  { title: "Events", series: [{ name: "Events", colour: "accent", of: ({ events }) => events, text: countText }] },
  {
    title: "Tool calls and failures",
    series: [
      { name: "Tool calls", colour: "working", of: ({ tool_calls }) => tool_calls, text: countText },
      { name: "Failures", colour: "failed", of: ({ failures }) => failures, text: countText },
    ],
  },
  {
    title: "How long tools take",
    series: [
      { name: "Half within", colour: "working", of: ({ tool_p50_ms }) => tool_p50_ms, text: measuredText },
      { name: "95 % within", colour: "needs-you", of: ({ tool_p95_ms }) => tool_p95_ms, text: measuredText },
    ],
  },
];

interface Reading {
  readonly range: string;
  readonly stats?: Statistics;
  readonly problem?: string;
}

/** The page of charts. */
export function OverviewPage() {
  const { searchStr } = useLocation();
  const range = rangeOf(new URLSearchParams(searchStr).get("range"));
  const now = useNow(AGAIN_MS);
  const [reading, setReading] = useState<Reading>();
  useEffect(() => {
    const stop = new AbortController();
    answerOf(api.GET("/stats", { params: { query: statsQuery(range, now) }, signal: stop.signal }))
      .then((stats) => {
        setReading({ range, stats });
      })
      .catch((failure: unknown) => {
        if (stop.signal.aborted) return;
        // What was read before stays: numbers of half a minute ago are better than none.
        setReading((before) => ({
          range,
          ...(before?.range === range && before.stats !== undefined ? { stats: before.stats } : {}),
          problem: failure instanceof Error ? failure.message : "The server was not reached.",
        }));
      });
    return () => {
      stop.abort();
    };
  }, [range, now]);

  const stats = reading?.range === range ? reading.stats : undefined;
  return (
    <div className="overview">
      <header className="overview-head">
        <h1>Overview</h1>
        <nav aria-label="Range" className="ranges">
          {RANGES.map(({ name, title }) => (
            <Place key={name} to={`/ui/overview?range=${name}`} isCurrent={name === range}>
              {title}
            </Place>
          ))}
        </nav>
      </header>
      {reading?.problem !== undefined && <p role="alert">The numbers could not be read: {reading.problem}</p>}
      {stats === undefined ? (
        reading?.problem === undefined && <p className="quiet">Counting…</p>
      ) : (
        <>
          {stats.uncounted > 0 && (
            <p role="status" className="overview-uncounted">
              {countText(stats.uncounted)} changes are not counted yet; the numbers grow until they are.
            </p>
          )}
          <div className="panels">
            {PANELS.map(({ title, series }) => (
              <Chart key={title} title={title} points={stats.buckets} series={series} />
            ))}
          </div>
          <div className="panels">
            <Busiest projects={stats.projects} />
            <Slowest tools={stats.tools} />
          </div>
        </>
      )}
    </div>
  );
}
