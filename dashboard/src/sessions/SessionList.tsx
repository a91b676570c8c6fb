/** The lines of the list; only those in sight exist. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from "react";

import { useShortcuts } from "../app/keyboard";
import type { Snapshot } from "../live/feed";
import { countText, dayText } from "../ui/instant";
import { keepInSet, readKeptSet } from "../ui/kept";
import { useTicking } from "../ui/ticker";
import { foldText, type Line, type Listed } from "./list";
import { MutedLine } from "./MutedLine";
import { askPast } from "./past";
import { readChosen, readScroll, readSizes, writeLeft, writeScroll } from "./scroll";
import { SessionRow } from "./SessionRow";

/** Milliseconds for which lines are in sight before it is asked what they did. */
const PAUSE = 300;

const GROUP_NAMES = { "needs-you": "Needs you", working: "Working", quiet: "Quiet" };

interface SessionListProps extends Pick<Listed, "lines" | "ids"> {
  readonly snapshot: Snapshot;
}

export function SessionList({ lines, ids, snapshot }: SessionListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState(readChosen);
  /** A chosen row gets the focus as soon as it exists, once: who has gone elsewhere since is left there. */
  const moved = useRef(chosen !== undefined);
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (lines[index]?.kind === "session" ? 41 : 43),
    // With another function all lines are laid out anew.
    getItemKey: useCallback((index: number) => ids[index] ?? index, [ids]),
    initialOffset: readScroll,
    initialMeasurementsCache: readSizes(),
    overscan: 12,
  });
  const leave = useRef<() => void>(undefined);
  useEffect(() => {
    leave.current = () => {
      writeLeft({ sizes: virtualizer.takeSnapshot(), chosen });
    };
  });
  useLayoutEffect(() => () => leave.current?.(), []);
  const items = virtualizer.getVirtualItems();
  const toggle = useCallback((key: string) => {
    keepInSet("toggled", key, !readKeptSet("toggled").has(key));
  }, []);
  const putAside = useCallback((key: string) => {
    keepInSet("aside", key, true);
  }, []);
  const mute = useCallback((project: string, isMuted: boolean) => {
    keepInSet("muted", project, isMuted);
  }, []);
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  const askShown = useEffectEvent(() => {
    const shown = lines.slice(first, last + 1);
    askPast(shown.flatMap((line) => (line.kind === "session" ? [line.session] : [])), snapshot);
  });
  useEffect(() => {
    // Who scrolls by asks nothing.
    const timer = window.setTimeout(askShown, PAUSE);
    return () => {
      window.clearTimeout(timer);
    };
  }, [first, last]);
  const asking = useRef<number>(undefined);
  useEffect(() => {
    // While events pour in, lines change again before the pause is over: that puts nothing off.
    asking.current ??= window.setTimeout(() => {
      asking.current = undefined;
      askShown();
    }, PAUSE);
  }, [ids]);
  useEffect(
    () => () => {
      window.clearTimeout(asking.current);
      asking.current = undefined;
    },
    [],
  );

  const move = (step: 1 | -1) => {
    const next = nextSession(lines, chosen === undefined ? -1 : ids.indexOf(chosen), step);
    const line = lines[next];
    if (line === undefined) return;
    moved.current = true;
    setChosen(line.id);
    virtualizer.scrollToIndex(next);
  };
  useShortcuts([
    { key: "j", does: "Next session", run: () => { move(1); } },
    { key: "k", does: "Session before", run: () => { move(-1); } },
  ]);
  useEffect(() => {
    if (chosen === undefined || !moved.current) return;
    const link = scroller.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(chosen)}"] a`);
    if (link === null || link === undefined) return; // it comes with the scroll
    moved.current = false;
    link.focus({ preventScroll: true });
  }, [chosen, first, last]);

  return (
    <div
      ref={scroller}
      className="list"
      onScroll={(event) => {
        writeScroll(event.currentTarget.scrollTop);
      }}
    >
      <ul style={{ height: virtualizer.getTotalSize() }} aria-label="Sessions">
        {items.map((item) => {
          const line = lines[item.index];
          if (line === undefined) return null;
          return (
            <li
              key={item.key}
              ref={virtualizer.measureElement}
              data-index={item.index}
              data-key={line.id}
              className={line.id === chosen ? "line chosen" : "line"}
              style={{ transform: `translateY(${item.start}px)` }}
              aria-setsize={lines.length}
              aria-posinset={item.index + 1}
              onFocus={() => {
                if (line.kind === "session") setChosen(line.id);
              }}
            >
              <LineView line={line} onToggle={toggle} onAside={putAside} onMute={mute} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function LineView({
  line,
  onToggle,
  onAside,
  onMute,
}: {
  readonly line: Line;
  readonly onToggle: (key: string) => void;
  readonly onAside: (key: string) => void;
  readonly onMute: (project: string, mute: boolean) => void;
}) {
  switch (line.kind) {
    case "session":
      return <SessionRow line={line} onToggle={onToggle} onAside={onAside} onMute={onMute} />;
    case "day":
      return <Day at={line.at} />;
    case "fold":
      return (
        <button
          type="button"
          className="fold-line"
          aria-expanded={line.open}
          onClick={() => {
            onToggle(line.key);
          }}
        >
          {line.open ? "▾" : "▸"} {foldText(line)}
        </button>
      );
    case "group":
      return (
        <h2 className={`group group-${line.group}`}>
          {GROUP_NAMES[line.group]} <span className="number">{countText(line.count)}</span>
        </h2>
      );
    case "muted":
      return <MutedLine line={line} onToggle={onToggle} onMute={onMute} />;
  }
}

function Day({ at }: { readonly at: number }) {
  return <h3 className="day">{useTicking((now) => dayText(at, now))}</h3>;
}

function nextSession(lines: readonly Line[], from: number, step: 1 | -1): number {
  const start = from === -1 ? (step === 1 ? -1 : 0) : from;
  for (let index = start + step; index >= 0 && index < lines.length; index += step) {
    if (lines[index]?.kind === "session") return index;
  }
  return from;
}
