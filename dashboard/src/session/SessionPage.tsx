/** One session: its story, where its time went, and what can be done with it. */

import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";

import { useShortcuts, type Shortcut } from "../app/keyboard";
import { openSession, useSession, useSubagents } from "../live/store";
import { part } from "../ui/part";
import { filtered, NO_FILTER, toolsOf, type Filter } from "./filter";
import { Head } from "./Head";
import { Place, sessionAddress, useGoTo } from "./Place";
import { Recording } from "./recording";
import "./session.css";
import type { Item } from "./story";
import { StoryBar } from "./StoryBar";
import { StoryView, type Left, type StoryHandle } from "./StoryView";
import { startedBy } from "./subagents";
import type { WaterfallProps } from "./Waterfall";
import { scrollBelow } from "./wheel";

const useWaterfall = part(() => import("./Waterfall"));

interface SessionPageProps {
  readonly sessionId: string;
  readonly eventId?: number | undefined;
  readonly view: "story" | "time";
}

const NO_SHORTCUTS: readonly Shortcut[] = [];

/** The page of a session. Another session is another page: nothing of the one before stays on it. */
export function SessionPage(props: SessionPageProps) {
  return <Opened key={props.sessionId} {...props} />;
}

/** The newest message of the agent: what it has to say in the end. */
function resultOf(items: readonly Item[]): Item | undefined {
  return items.findLast(({ kind, entry }) => kind === "message" && entry.outline.role === "assistant");
}

const SAYINGS = {
  reading: "Reading…",
  failed: "The session could not be read. It is tried again.",
  unknown: "There is no such session. It may have been deleted.",
  read: "Nothing has happened yet.",
} as const;

function Opened({ sessionId, eventId, view }: SessionPageProps) {
  const [recording] = useState(() => new Recording(sessionId, eventId));
  const scene = useSyncExternalStore(recording.watch, recording.now);
  const followed = useSession(sessionId);
  const { excerpt } = scene;
  // The log tells of all sessions at once: one that was asked for by itself is there sooner.
  const session = followed ?? excerpt?.session;
  const [filter, setFilter] = useState<Filter>(NO_FILTER);
  const [left, setLeft] = useState<Left>();
  // The event of the last jump; each jump is another object, so that one to the same event is one again.
  const [wanted, setWanted] = useState<{ readonly id: number; readonly words?: string | undefined }>();
  const subagents = useSubagents(sessionId);
  const story = useRef<StoryHandle>(null);
  const find = useRef<HTMLInputElement>(null);
  const goTo = useGoTo();
  const { items } = scene.story;
  // The story changes in place; its version says so.
  /* eslint-disable react-hooks/exhaustive-deps */
  const started = useMemo(() => startedBy(items, subagents), [items, subagents, scene.version]);
  const shown = useMemo(() => filtered(items, filter), [items, filter, scene.version]);
  const tools = useMemo(() => toolsOf(items), [items, scene.version]);
  const result = useMemo(() => resultOf(items), [items, scene.version]);
  /* eslint-enable react-hooks/exhaustive-deps */

  useEffect(() => {
    openSession(sessionId);
    return () => {
      openSession(undefined);
    };
  }, [sessionId]);

  const isRead = scene.progress === "read";
  const isStory = view === "story";
  const isKnown = session !== undefined;
  const runs = session?.status === "running";
  const isPlaceable = isRead || excerpt !== undefined;
  const isThere = eventId !== undefined && scene.story.itemOf(eventId) !== undefined;
  const place = isThere ? eventId : "none";
  const placed = useRef<number | "none">(undefined);
  const jumped = useRef(wanted);
  // Where to begin: at the event of the address, else at the end of what still goes on.
  useEffect(() => {
    if (!isPlaceable || !isStory || (place === "none" && !isKnown)) return;
    if (jumped.current !== wanted && wanted !== undefined) {
      if (!isRead && place !== wanted.id) return; // it is not among what is there
      jumped.current = wanted;
      placed.current = wanted.id;
      story.current?.show(wanted.id);
      return;
    }
    if (place !== "none" && placed.current !== place) story.current?.show(place);
    else if (placed.current === undefined && runs) story.current?.toEnd();
    placed.current = place;
  }, [isPlaceable, isRead, isStory, isKnown, place, wanted, runs]);

  const mark = (id: number) => {
    placed.current = id;
    goTo(sessionAddress(sessionId, { event: id }), { replace: true });
  };
  const jump = (id: number, words?: string) => {
    setFilter(NO_FILTER);
    setWanted({ id, words });
    goTo(sessionAddress(sessionId, { event: id }), { replace: true });
  };
  useShortcuts(
    isStory
      ? [
          { key: "j", does: "Next", run: () => story.current?.step(1) },
          { key: "k", does: "Previous", run: () => story.current?.step(-1) },
          { key: "/", does: "Find in the session", run: () => find.current?.focus() },
        ]
      : NO_SHORTCUTS,
  );
  return (
    <div className="session" onWheel={scrollBelow}>
      <Head sessionId={sessionId} session={session} subagents={subagents} view={view} />
      {items.length === 0 || (excerpt !== undefined && !isStory) ? (
        <p className="session-empty">{SAYINGS[scene.progress]}</p>
      ) : isStory ? (
        <>
          {scene.progress === "failed" && (
            <p className="session-empty" role="alert">
              Not all of it could be read. It is tried again.
            </p>
          )}
          <StoryBar
            sessionId={sessionId}
            filter={filter}
            tools={tools}
            onFilter={setFilter}
            find={find}
            cardOf={(id) => scene.story.itemOf(id)?.entry.id ?? id}
            onJump={(id, found, words) => {
              scene.bodies.keep(found);
              jump(id, words);
            }}
            onResult={
              result === undefined
                ? undefined
                : () => {
                    jump(result.entry.id);
                  }
            }
          />
          {isRead && eventId !== undefined && !isThere && (
            <p className="session-empty" role="alert">
              This session has no event {eventId.toLocaleString()}.{" "}
              <Place to={sessionAddress(sessionId)} className="link">
                Show the session
              </Place>
            </p>
          )}
          {shown.length === 0 && <p className="session-empty">Nothing of that kind.</p>}
          <StoryView
            scene={scene}
            items={shown}
            filter={filter}
            sessionId={sessionId}
            started={started}
            marked={eventId === undefined ? undefined : scene.story.itemOf(eventId)?.entry.id}
            sought={wanted?.id === eventId ? wanted?.words : undefined}
            onMark={mark}
            handle={story}
            before={left}
            onLeave={setLeft}
          />
        </>
      ) : (
        <Time story={scene.story} version={scene.version} isRead={isRead} runs={session?.status === "running"} sessionId={sessionId} />
      )}
    </div>
  );
}

/** Where the time went, once what draws it is here. */
function Time(props: WaterfallProps) {
  const waterfall = useWaterfall();
  return waterfall === undefined ? <p className="session-empty">Measuring…</p> : <waterfall.Waterfall {...props} />;
}
