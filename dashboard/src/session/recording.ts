/** A session as it is read and goes on: its outline first, then what comes live, bodies where somebody looks. */

import { answerOf, api, Refused, type Outline, type Session } from "../api/client";
import { outlineOf } from "../api/outline";
import { followEvents, followSession, onDeleted, onLive, onReset, sessionNow } from "../live/store";
import { holdPast } from "../sessions/past";
import { Bodies } from "./bodies";
import { inputKey, type Body } from "./body";
import { readAround, readLast, readOutline } from "./outline";
import { Story, type Told } from "./story";

/** How far the reading is. */
export type Progress = "reading" | "read" | "unknown" | "failed";

/** What is known of a session: what stands in its events, and in what order. */
interface Known {
  readonly story: Story;
  readonly bodies: Bodies;
}

/** What is shown of a session at one moment. */
export interface Scene extends Known {
  readonly progress: Progress;
  /** Grows with every change: the story itself is changed in place. */
  readonly version: number;
  /** Where the story is only a part that is shown while all of it is read: what it is a part of. */
  readonly excerpt?: Excerpt;
}

/** A part of a session that is shown first. */
interface Excerpt {
  /** The session, as it was then. */
  readonly session: Session;
  /** Whether the part is its end, to which what comes live belongs. */
  readonly isEnd: boolean;
}

/** So long after a failure it is read again. */
const AGAIN_MS = 3_000;

/** Above so many items, and while it is read, what comes is shown in larger steps: laying it out takes time as well. */
const LONG = 20_000;
const STEP_MS = 250;
/** Of a session of more events, what is looked at is read first, and so many around it. */
const LONG_EVENTS = 2_000;
const EXCERPT = 200;

/** While it is read, the steps grow with what is there: else a long one would mostly be laid out. */
const STEP_ITEMS = 5_000;

/** Of live bodies, whose outline was not sent. */
function hasBody(event: Outline | object): event is Body {
  return "session_name" in event;
}

function toldOf(event: Outline | Body): Told {
  return hasBody(event) ? { outline: outlineOf(event), input: inputKey(event) } : { outline: event, input: null };
}

/** The scene as one of all of it. */
function without({ story, bodies, progress, version }: Scene): Scene {
  return { story, bodies, progress, version };
}

async function readSession(sessionId: string, signal: AbortSignal): Promise<Session> {
  const { session } = await answerOf(api.GET("/sessions/{session_id}", { params: { path: { session_id: sessionId } }, signal }));
  return session;
}

/** Follows one session from its first event on, for as long as somebody watches. */
export class Recording {
  readonly #sessionId: string;
  /** The event that is looked for. */
  readonly #sought: number | undefined;
  readonly #watchers = new Set<() => void>();
  /** What is being read. Once something is shown, that stays until this can take its place. */
  #coming: Known;
  #scene: Scene;
  #stop: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(sessionId: string, sought?: number) {
    this.#sessionId = sessionId;
    this.#sought = sought;
    this.#coming = { story: new Story(), bodies: new Bodies(sessionId) };
    this.#scene = { ...this.#coming, progress: "reading", version: 0 };
  }

  readonly now = (): Scene => this.#scene;

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    this.#stop ??= this.#follow();
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size > 0) return;
      this.#stop?.();
      this.#stop = undefined;
    };
  };

  #follow(): () => void {
    let reading = new AbortController();
    let isCounted = false;
    // What happened between the reading and the first word of the log was told by neither: the count says so.
    const count = () => {
      const session = sessionNow(this.#sessionId);
      if (isCounted || session === undefined || this.#scene.progress !== "read") return;
      isCounted = true;
      if (session.event_count > this.#scene.story.entries.length) read();
    };
    const read = () => {
      clearTimeout(this.#again);
      reading.abort();
      reading = new AbortController();
      const { signal } = reading;
      void this.#read(signal).then((isDone) => {
        // The answer may have been cut while the connection lives: nothing else would tell that it can be had again.
        if (!isDone && !signal.aborted) this.#again = setTimeout(read, AGAIN_MS);
        if (isDone) count();
      });
    };
    // Followed before it is read: what is told twice is in the story once, what is told never would be missing.
    const ends = [
      followEvents(this.#sessionId, (events) => {
        this.#hear(events.map(({ event }) => event as Outline | Body));
        // All of a session that was not there has come live.
        if (this.#scene.progress === "unknown") this.#show("read");
      }),
      // What was read before may be of a session, or of a whole database, that is no more: nothing of it may stay.
      onReset(() => {
        this.#coming = { story: new Story(), bodies: new Bodies(this.#sessionId) };
        read();
      }),
      onDeleted(this.#sessionId, () => {
        this.#coming = { story: new Story(), bodies: new Bodies(this.#sessionId) };
        this.#scene = { ...without(this.#scene), ...this.#coming };
        // All of one that begins again from now on comes live.
        if (sessionNow(this.#sessionId) === undefined) {
          reading.abort();
          clearTimeout(this.#again);
          this.#show("unknown");
          return;
        }
        this.#show("reading");
        read();
      }),
      followSession(this.#sessionId, count),
      onLive(() => {
        if (this.#scene.progress === "failed") read();
      }),
    ];
    read();
    return () => {
      for (const end of ends) end();
      reading.abort();
      clearTimeout(this.#again);
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  /** Reads all of it; whether it was read, or is known not to be there. */
  async #read(signal: AbortSignal): Promise<boolean> {
    // What somebody looks at comes first.
    const release = holdPast();
    try {
      if (this.#scene.version === 0) await this.#readExcerpt(signal);
      for await (const page of readOutline(this.#sessionId, signal)) {
        if (signal.aborted) return false;
        this.#take(page);
      }
      this.#finish("read");
      return true;
    } catch (failure) {
      if (signal.aborted) return false;
      const isUnknown = failure instanceof Refused && failure.status === 404;
      if (!isUnknown) this.#show("failed");
      else this.#finish(this.#coming.story.items.length === 0 ? "unknown" : "read");
      return isUnknown;
    } finally {
      release();
    }
  }

  /** Of a long session, reads what is looked at first: its end while it goes on, or the event that is looked for. */
  async #readExcerpt(signal: AbortSignal) {
    const { story: coming, bodies } = this.#coming;
    try {
      const session = sessionNow(this.#sessionId) ?? (await readSession(this.#sessionId, signal));
      const isEnd = this.#sought === undefined;
      if (session.event_count <= LONG_EVENTS || (isEnd && session.status !== "running")) return;
      const { after, told } = isEnd
        ? await readLast(this.#sessionId, EXCERPT, signal)
        : await readAround(this.#sessionId, this.#sought, EXCERPT, signal);
      if (signal.aborted || coming !== this.#coming.story) return;
      const story = new Story(after);
      story.add(told);
      // What came live meanwhile, or comes from now on, is at the end.
      if (isEnd) story.add(coming.entries);
      this.#scene = { ...this.#scene, story, bodies, excerpt: { session, isEnd } };
      this.#show();
    } catch {
      // The reading of all of it says what is wrong.
    }
  }

  #hear(events: readonly (Outline | Body)[]) {
    const { story, excerpt } = this.#scene;
    const told = events.map(toldOf);
    this.#coming.bodies.keep(events.filter(hasBody));
    this.#take(told);
    if (excerpt?.isEnd === true && story.add(told)) this.#showSoon();
  }

  #take(told: readonly Told[]) {
    const { story } = this.#coming;
    const isFirst = story.entries.length === 0;
    if (!story.add(told) || story !== this.#scene.story) return;
    if (isFirst) this.#show();
    else this.#showSoon();
  }

  #showSoon() {
    const { story, progress, excerpt } = this.#scene;
    const isReading = progress === "reading" && excerpt === undefined;
    if (!isReading && story.items.length < LONG) {
      this.#show();
      return;
    }
    const step = isReading ? STEP_MS * Math.max(1, story.items.length / STEP_ITEMS) : STEP_MS;
    this.#timer ??= setTimeout(() => {
      this.#show();
    }, step);
  }

  #finish(progress: Progress) {
    const { story, bodies } = this.#coming;
    // What is in sight stays in sight, if it is of the same events.
    if (bodies !== this.#scene.bodies) bodies.keep(this.#scene.bodies.all().filter((body) => story.holds(body)));
    this.#scene = { ...without(this.#scene), story, bodies };
    this.#show(progress);
  }

  #show(progress: Progress = this.#scene.progress) {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#scene = { ...this.#scene, progress, version: this.#scene.version + 1 };
    for (const watcher of this.#watchers) watcher();
  }
}
