/** The story: any number of items of any height, of which those in sight exist. */

import { measureElement, useVirtualizer, type VirtualItem, type Virtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type Ref } from "react";

import { useAim } from "./aim";
import { Card } from "./Card";
import { DayLine } from "./DayLine";
import type { Filter } from "./filter";
import { freshAmong } from "./fresh";
import { countText } from "../ui/instant";
import { keepPlaceInSight } from "./places";
import type { Scene } from "./recording";
import type { Entry, Item, Story } from "./story";

/** Pixels from the end that still count as the end. */
const END = 48;
/** Items beyond the edge of the screen whose bodies are read before they come into sight. */
const AHEAD = 40;

const HEIGHTS: Readonly<Record<Item["kind"], number>> = { message: 140, thinking: 44, tool: 180, attention: 44, marker: 44, other: 44 };

/** What others may do to the story. */
export interface StoryHandle {
  /** Brings an item into sight. */
  readonly show: (id: number) => void;
  readonly toEnd: () => void;
  /** Moves to the next item, or the one before. */
  readonly step: (by: 1 | -1) => void;
}

/** How a reader left the story, to find it again when they come back to it. */
export interface Left {
  readonly offset: number;
  readonly sizes: VirtualItem[];
  readonly toggles: Toggles;
  /** Items that there were when they left the end; none while they were at it. */
  readonly items: number | undefined;
}

/** What was opened or shut, by `placeOf` its event. */
type Toggles = ReadonlyMap<string, boolean>;

interface StoryViewProps {
  readonly scene: Scene;
  readonly items: readonly Item[];
  /** What the items are what is left of. */
  readonly filter: Filter;
  readonly sessionId: string;
  /** The sessions that calls started, by the call. */
  readonly started: ReadonlyMap<number, string>;
  /** The item that is marked. */
  readonly marked: number | undefined;
  /** The words that were found in it. */
  readonly sought: string | undefined;
  readonly onMark: (id: number) => void;
  readonly handle: Ref<StoryHandle>;
  /** How it was left the last time. */
  readonly before: Left | undefined;
  readonly onLeave: (left: Left) => void;
}

/** An event of another database may have the number, but not the instant as well. */
function placeOf({ id, at }: Entry): string {
  return `${id} ${at}`;
}

/** Bodies of the items in sight and near, in the order of the list. */
function entriesNear(items: readonly Item[], first: number, last: number): readonly Entry[] {
  const entries = items.slice(Math.max(0, first - AHEAD), last + AHEAD).flatMap(({ entry, answer }) => (answer === undefined ? [entry] : [entry, answer]));
  return [...new Set(entries)].sort((one, other) => one.at - other.at || one.id - other.id);
}

/**
 * The height of a row, as the browser tells it before it draws; a row that was just put there has the height it is taken to have.
 * Measured while React still puts rows there, one would bring the next: too many in one go, on a slow machine, and the page ends.
 */
function heightOf(element: Element, entry: ResizeObserverEntry | undefined, virtualizer: Virtualizer<HTMLDivElement, Element>): number {
  if (entry !== undefined) return measureElement(element, entry, virtualizer);
  const index = virtualizer.indexFromElement(element);
  const known = virtualizer.itemSizeCache.get(virtualizer.options.getItemKey(index));
  return known ?? virtualizer.options.estimateSize(index);
}

/** Where the reader left the end, counted in all of a story of which they saw a part. */
function leftOf(left: number, part: Story, all: Story): number {
  if (part === all || part.after === undefined) return left;
  const isEnd = part.entries.at(-1)?.id === all.entries.at(-1)?.id;
  return isEnd ? all.items.length - (part.items.length - left) : all.items.length;
}

/** Opens or shuts what the item that has the focus can open. */
function openOnEnter({ key, target, currentTarget }: KeyboardEvent<HTMLElement>) {
  if (key === "Enter" && target === currentTarget) currentTarget.querySelector<HTMLElement>("[aria-expanded], summary")?.click();
}

/** All items, in a box that scrolls. */
export function StoryView({ scene, items, filter, sessionId, started, marked, sought, onMark, handle, before, onLeave }: StoryViewProps) {
  const { story, bodies, progress, version, excerpt } = scene;
  const box = useRef<HTMLDivElement>(null);
  const [toggles, setToggles] = useState<Toggles>(before?.toggles ?? new Map());
  // How many the story had when the reader left its end.
  const [left, setLeft] = useState(before?.items);
  // The story that stands: a part that was shown first gives way to all of it, and what is in sight stays where it is.
  const [laid, setLaid] = useState({ story, isEnd: excerpt?.isEnd ?? true });
  // The item that gets the focus as soon as it is there.
  const stepped = useRef<number>(undefined);

  // What laying out asks of every item, over and over. The items are changed in place: each version has its own.
  const { ids, heights } = useMemo(
    () => ({ version, ids: items.map(({ entry }) => entry.id), heights: Uint8Array.from(items, ({ kind }) => HEIGHTS[kind]) }),
    [items, version],
  );
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    getItemKey: useCallback((index: number) => ids[index] ?? -index, [ids]),
    estimateSize: (index) => heights[index] ?? 0,
    measureElement: heightOf,
    // At the end alone: held there, each height that is learned costs the layout of all below it.
    anchorTo: left === undefined || laid.story !== story ? "end" : "start",
    // The last of a part from the middle is not the end.
    followOnAppend: laid.isEnd,
    scrollEndThreshold: END,
    overscan: 4,
    initialOffset: before?.offset ?? 0,
    initialMeasurementsCache: before?.sizes ?? [],
    useAnimationFrameWithResizeObserver: false,
  });
  const isEnd = excerpt?.isEnd ?? true;
  // Watched from the last to the first: a row above the screen that turns out higher moves all below it, and once one has, each that
  // is looked at after it has the rest of the story laid out anew.
  const come = useRef<HTMLElement[]>([]);
  const noteRow = useCallback(
    (row: HTMLElement | null) => {
      if (row === null) virtualizer.measureElement(null);
      else come.current.push(row);
    },
    [virtualizer],
  );
  useLayoutEffect(() => {
    for (const row of come.current.splice(0).reverse()) virtualizer.measureElement(row);
  });
  const rows = virtualizer.getVirtualItems();
  const first = rows[0]?.index ?? 0;
  const last = rows.at(-1)?.index ?? 0;

  useEffect(() => {
    bodies.want(story, entriesNear(items, first, last));
  }, [bodies, story, items, first, last, version]);

  const look = useCallback(() => {
    if (box.current === null) return;
    const { scrollHeight, scrollTop, clientHeight } = box.current;
    const isAtEnd = scrollHeight - scrollTop - clientHeight <= END;
    setLeft((known) => (isAtEnd ? undefined : Math.min(known ?? Infinity, story.items.length)));
  }, [story]);
  useEffect(() => {
    // Another filter, or all of it read, may move the end away from the reader without a scroll.
    const frame = requestAnimationFrame(() => {
      setLeft((known) => (known === undefined ? undefined : leftOf(known, laid.story, story)));
      setLaid((known) => (known.story === story ? known : { story, isEnd }));
      look();
    });
    return () => {
      cancelAnimationFrame(frame);
    };
  }, [look, laid, story, isEnd, filter, progress]);

  const leave = useRef<() => void>(undefined);
  useEffect(() => {
    leave.current = () => {
      onLeave({ offset: virtualizer.scrollOffset ?? 0, sizes: virtualizer.takeSnapshot(), toggles, items: left });
    };
  });
  useLayoutEffect(() => {
    const wasAtEnd = before !== undefined && before.items === undefined;
    if (wasAtEnd) virtualizer.scrollToEnd();
    return () => leave.current?.();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once: when the reader comes, and when they go
  }, []);

  useEffect(() => {
    if (stepped.current === undefined) return;
    const item = box.current?.querySelector<HTMLElement>(`.story-row:has(> [data-event="${stepped.current}"])`);
    if (item === null || item === undefined) return; // it comes with the scroll
    stepped.current = undefined;
    item.focus({ preventScroll: true });
  });

  const aim = useAim();
  useLayoutEffect(() => {
    if (aim.current === undefined || keepPlaceInSight()) return;
    const index = indexOf(aim.current);
    const [middle] = (index < 0 ? undefined : virtualizer.getOffsetForIndex(index, "center")) ?? [];
    if (middle === undefined || box.current === null) return;
    const off = Math.abs(middle - box.current.scrollTop);
    // But for a card that opens for what is found in it, no row grows by a screen at once: the reader has moved, by the bar.
    if (off > box.current.clientHeight && sought === undefined) aim.current = undefined;
    else if (off > 1) virtualizer.scrollToIndex(index, { align: "center" });
  });

  const indexOf = (id: number) => {
    const index = story.itemOf(id)?.index ?? -1;
    return items === story.items ? index : items.findIndex((item) => item.index === index);
  };
  useImperativeHandle(handle, () => ({
    show: (id) => {
      const index = indexOf(id);
      if (index < 0) return;
      aim.current = id;
      virtualizer.scrollToIndex(index, { align: "center" });
    },
    toEnd: () => {
      aim.current = undefined;
      virtualizer.scrollToEnd();
    },
    step: (by) => {
      // Rows are rendered above those that are seen.
      const seen = virtualizer.range?.startIndex ?? first;
      const from = marked === undefined ? (by > 0 ? seen - 1 : seen) : indexOf(marked);
      const next = items[Math.min(items.length - 1, Math.max(0, from + by))];
      if (next === undefined) return;
      stepped.current = next.entry.id;
      onMark(next.entry.id);
      virtualizer.scrollToIndex(indexOf(next.entry.id), { align: "auto" });
    },
  }));

  const toggle = useCallback((entry: Entry, isOpen: boolean) => {
    setToggles((known) => new Map(known).set(placeOf(entry), isOpen));
  }, []);
  const fresh = left === undefined || laid.story !== story ? 0 : freshAmong(items, left);
  return (
    <div className="story">
      <div
        ref={box}
        className="story-box"
        role="feed"
        aria-label="What happened"
        aria-busy={progress === "reading"}
        tabIndex={0}
        onScroll={look}
      >
        <div className="story-all" style={{ height: virtualizer.getTotalSize() }}>
          {rows.map(({ key, index, start }) => {
            const item = items[index];
            if (item === undefined) return null;
            return (
              <article
                key={key}
                ref={noteRow}
                data-index={index}
                className="story-row"
                tabIndex={item.entry.id === marked ? 0 : -1}
                onKeyDown={openOnEnter}
                aria-posinset={index + 1}
                aria-setsize={items.length}
                style={{ transform: `translateY(${start}px)` }}
              >
                <DayLine item={item} before={items[index - 1]} />
                <Card
                  item={item}
                  bodies={bodies}
                  sessionId={sessionId}
                  started={started.get(item.entry.id)}
                  isMarked={item.entry.id === marked}
                  sought={item.entry.id === marked ? sought : undefined}
                  isOpen={toggles.get(placeOf(item.entry))}
                  onToggle={toggle}
                />
              </article>
            );
          })}
        </div>
      </div>
      {excerpt !== undefined && progress === "reading" && (
        <p className="pill-reading" role="status">
          Reading the other {countText(excerpt.session.event_count - story.entries.length)} events…
        </p>
      )}
      {fresh > 0 && (
        <button
          type="button"
          className="pill-new"
          onClick={() => {
            virtualizer.scrollToEnd();
          }}
        >
          {fresh.toLocaleString()} new
        </button>
      )}
    </div>
  );
}
