/** Where the time of a session went, as a chart to look into. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";

import { measuredText } from "../ui/instant";
import { useTicking } from "../ui/ticker";
import { draw } from "./draw";
import { heightOf, moved, placed, spanAt, zoomed, type Window } from "./lanes";
import { sessionAddress, useGoTo } from "./Place";
import { chartOf, type Span } from "./spans";
import type { Story } from "./story";
import { TimeTable } from "./TimeTable";

/** How often a chart of something that goes on is made anew. */
const STEP_MS = 2000;
/** Pixels that a press may move and still be a click. */
const STILL = 4;

/** What is drawn, and of which session. */
export interface WaterfallProps {
  readonly story: Story;
  /** Grows with every change of the story. */
  readonly version: number;
  readonly isRead: boolean;
  /** Whether it goes on. */
  readonly runs: boolean;
  readonly sessionId: string;
}

/** The chart, and the same as a table. */
export function Waterfall({ story, version, isRead, runs, sessionId }: WaterfallProps) {
  // Of what goes on, a new chart now and then; of what has ended, one for each change.
  const now = useTicking((time) => (runs ? Math.floor(time / STEP_MS) * STEP_MS : 0));
  const change = runs ? 0 : version;
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the story changes in place; reading it to its end is a reason to draw
  const chart = useMemo(() => chartOf(story, now * 1000), [story, now, isRead, change]);
  const places = useMemo(() => placed(chart), [chart]);
  const [zoom, setZoom] = useState<Window>();
  const [chosen, setChosen] = useState<Span>();
  const [width, setWidth] = useState(0);
  const canvas = useRef<HTMLCanvasElement>(null);
  const drag = useRef<{ readonly x: number; readonly window: Window; readonly span: Span | undefined }>(undefined);
  const goTo = useGoTo();
  const sight = zoom ?? { from: chart.start, to: chart.end };
  const height = heightOf(places);

  useLayoutEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      setWidth(element.clientWidth);
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, []);
  useEffect(() => {
    if (canvas.current !== null && width > 0) draw(canvas.current, { places, window: sight, width, height, chosen });
  });
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    // React listens passively; a wheel that zooms must not scroll as well.
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey && Math.abs(event.deltaX) <= Math.abs(event.deltaY) && event.shiftKey) return;
      event.preventDefault();
      const { left } = element.getBoundingClientRect();
      setZoom((before) => {
        const window = before ?? { from: chart.start, to: chart.end };
        const length = window.to - window.from;
        if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) return moved(window, chart, (event.deltaX / element.clientWidth) * length);
        const at = window.from + ((event.clientX - left) / element.clientWidth) * length;
        return zoomed(window, chart, at, Math.exp(event.deltaY / 300));
      });
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => {
      element.removeEventListener("wheel", wheel);
    };
  }, [chart]);

  const under = (event: PointerEvent<HTMLCanvasElement>): Span | undefined => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    return spanAt(places, sight, width, event.clientX - left, event.clientY - top);
  };
  const open = (span: Span | undefined) => {
    if (span !== undefined) goTo(sessionAddress(sessionId, { event: span.id }));
  };
  const choose = (span: Span | undefined) => {
    setChosen(span);
    if (span === undefined || (span.end >= sight.from && span.start <= sight.to)) return;
    setZoom(moved(sight, chart, (span.start + span.end) / 2 - (sight.from + sight.to) / 2));
  };
  const press = (event: KeyboardEvent) => {
    const row = chart.rows.findIndex(({ name }) => name === chosen?.row);
    const spans = chart.rows[Math.max(0, row)]?.spans ?? [];
    const place = chosen === undefined ? -1 : spans.findIndex(({ id, start }) => id === chosen.id && start === chosen.start);
    const rowBy = (by: number) => {
      const next = chart.rows[Math.min(chart.rows.length - 1, Math.max(0, row + by))];
      choose(next?.spans.find(({ end }) => end >= (chosen?.start ?? chart.start)) ?? next?.spans[0]);
    };
    const middle = (sight.from + sight.to) / 2;
    const acts: Readonly<Record<string, () => void>> = {
      ArrowRight: () => {
        choose(spans[Math.min(spans.length - 1, place + 1)]);
      },
      ArrowLeft: () => {
        choose(spans[Math.max(0, place - 1)]);
      },
      ArrowDown: () => {
        rowBy(1);
      },
      ArrowUp: () => {
        rowBy(-1);
      },
      "+": () => {
        setZoom(zoomed(sight, chart, chosen?.start ?? middle, 0.5));
      },
      "-": () => {
        setZoom(zoomed(sight, chart, chosen?.start ?? middle, 2));
      },
      "0": () => {
        setZoom(undefined);
      },
      Enter: () => {
        open(chosen);
      },
    };
    const act = acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  return (
    <div className="time">
      <div className="time-bar">
        <button type="button" className="button" aria-label="Nearer" onClick={() => { setZoom(zoomed(sight, chart, (sight.from + sight.to) / 2, 0.5)); }}>
          +
        </button>
        <button type="button" className="button" aria-label="Farther" onClick={() => { setZoom(zoomed(sight, chart, (sight.from + sight.to) / 2, 2)); }}>
          −
        </button>
        <button type="button" className="button" disabled={zoom === undefined} onClick={() => { setZoom(undefined); }}>
          All of it
        </button>
        <p className="time-told" aria-live="polite">
          {chosen === undefined ? "Wheel or + and − zoom, drag moves, arrows choose, Enter opens." : `${chosen.row}, ${measuredText((chosen.end - chosen.start) / 1000)} — ${chosen.label}`}
        </p>
      </div>
      <div className="time-chart">
        <ul className="time-names" style={{ height }}>
          {places.map(({ row, top, height: high }) => (
            <li key={row.name} style={{ top, height: high }}>
              <span className="time-name">{row.name}</span> <span className="quiet">{measuredText(row.total / 1000)}</span>
            </li>
          ))}
        </ul>
        <canvas
          ref={canvas}
          style={{ height }}
          tabIndex={0}
          role="application"
          aria-label="Time of the session; the same as a table below"
          aria-roledescription="chart"
          onKeyDown={press}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            drag.current = { x: event.clientX, window: sight, span: under(event) };
          }}
          onPointerMove={(event) => {
            const from = drag.current;
            if (from === undefined) setChosen(under(event));
            else if (Math.abs(event.clientX - from.x) > STILL)
              setZoom(moved(from.window, chart, ((from.x - event.clientX) / width) * (from.window.to - from.window.from)));
          }}
          onPointerUp={(event) => {
            const from = drag.current;
            drag.current = undefined;
            if (from !== undefined && Math.abs(event.clientX - from.x) <= STILL) open(from.span);
          }}
        />
      </div>
      <TimeTable chart={chart} sessionId={sessionId} />
    </div>
  );
}
