/** The story: any number of items of any height, of which those in sight exist. */

import { measureElement, useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useImperativeHandle, useMemo, useRef, useState, type Ref } from "react";

import { Card } from "./Card";
import { DayLine } from "./DayLine";
import type { Scene } from "./recording";
import type { Entry, Item } from "./story";

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

interface StoryViewProps {
  readonly scene: Scene;
  readonly items: readonly Item[];
  readonly sessionId: string;
  /** The sessions that calls started, by the call. */
  readonly started: ReadonlyMap<number, string>;
  /** The item that is marked. */
  readonly marked: number | undefined;
  readonly onMark: (id: number) => void;
  readonly handle: Ref<StoryHandle>;
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

/** All items, in a box that scrolls. */
export function StoryView({ scene, items, sessionId, started, marked, onMark, handle }: StoryViewProps) {
  const { story, bodies, version } = scene;
  const box = useRef<HTMLDivElement>(null);
  const [toggles, setToggles] = useState<ReadonlyMap<number, boolean>>(new Map());
  // How many there were when the reader left the end.
  const [left, setLeft] = useState<number>();

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
    anchorTo: left === undefined ? "end" : "start",
    followOnAppend: true,
    scrollEndThreshold: END,
    overscan: 4,
    useAnimationFrameWithResizeObserver: false,
  });
  const rows = virtualizer.getVirtualItems();
  const first = rows[0]?.index ?? 0;
  const last = rows.at(-1)?.index ?? 0;

  useEffect(() => {
    bodies.want(story, entriesNear(items, first, last));
  }, [bodies, story, items, first, last, version]);

  const indexOf = (id: number) => {
    const index = story.itemOf(id)?.index ?? -1;
    return items === story.items ? index : items.findIndex((item) => item.index === index);
  };
  useImperativeHandle(handle, () => ({
    show: (id) => {
      const index = indexOf(id);
      if (index >= 0) virtualizer.scrollToIndex(index, { align: "center" });
    },
    toEnd: () => {
      virtualizer.scrollToEnd();
    },
    step: (by) => {
      const from = marked === undefined ? (by > 0 ? first - 1 : first) : indexOf(marked);
      const next = items[Math.min(items.length - 1, Math.max(0, from + by))];
      if (next === undefined) return;
      onMark(next.entry.id);
      virtualizer.scrollToIndex(indexOf(next.entry.id), { align: "auto" });
    },
  }));

  const toggle = useCallback((id: number, isOpen: boolean) => {
    setToggles((before) => new Map(before).set(id, isOpen));
  }, []);
  const fresh = left === undefined ? 0 : Math.max(0, items.length - left);
  return (
    <div className="story">
      <div
        ref={box}
        className="story-box"
        role="feed"
        aria-label="What happened"
        aria-busy={scene.progress === "reading"}
        tabIndex={0}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          const isAtEnd = scrollHeight - scrollTop - clientHeight <= END;
          setLeft((before) => (isAtEnd ? undefined : (before ?? items.length)));
        }}
      >
        <div className="story-all" style={{ height: virtualizer.getTotalSize() }}>
          {rows.map(({ key, index, start }) => {
            const item = items[index];
            if (item === undefined) return null;
            return (
              <article
                key={key}
                ref={virtualizer.measureElement}
                data-index={index}
                className="story-row"
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
                  isOpen={toggles.get(item.entry.id)}
                  onToggle={toggle}
                />
              </article>
            );
          })}
        </div>
      </div>
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
