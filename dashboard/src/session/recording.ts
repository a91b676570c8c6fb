/** A session as it is read and goes on: its outline first, then what comes live, bodies where somebody looks. */

import { Refused, type Outline } from "../api/client";
import { outlineOf } from "../api/outline";
import { followEvents, onDeleted, onLive, onReset } from "../live/store";
import { holdPast } from "../sessions/past";
import { Bodies } from "./bodies";
import { inputKey, type Body } from "./body";
import { readOutline } from "./outline";
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
}

/** So long after a failure it is read again. */
const AGAIN_MS = 3_000;

/** Above so many items, and while it is read, what comes is shown in larger steps: laying it out takes time as well. */
const LONG = 20_000;
const STEP_MS = 250;
/** While it is read, the steps grow with what is there: else a long one would mostly be laid out. */
const STEP_ITEMS = 5_000;

/** Of live bodies, whose outline was not sent. */
function hasBody(event: Outline | object): event is Body {
  return "session_name" in event;
}

function toldOf(event: Outline | Body): Told {
  return hasBody(event) ? { outline: outlineOf(event), input: inputKey(event) } : { outline: event, input: null };
}

/** Follows one session from its first event on, for as long as somebody watches. */
export class Recording {
  readonly #sessionId: string;
  readonly #watchers = new Set<() => void>();
  /** What is being read. Once something is shown, that stays until this can take its place. */
  #coming: Known;
  #scene: Scene;
  #stop: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(sessionId: string) {
    this.#sessionId = sessionId;
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
    const read = () => {
      clearTimeout(this.#again);
      reading.abort();
      reading = new AbortController();
      const { signal } = reading;
      void this.#read(signal).then((isDone) => {
        // The answer may have been cut while the connection lives: nothing else would tell that it can be had again.
        if (!isDone && !signal.aborted) this.#again = setTimeout(read, AGAIN_MS);
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
        this.#scene = { ...this.#scene, ...this.#coming };
        this.#show("reading");
        read();
      }),
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

  #hear(events: readonly (Outline | Body)[]) {
    this.#coming.bodies.keep(events.filter(hasBody));
    this.#take(events.map(toldOf));
  }

  #take(told: readonly Told[]) {
    const { story } = this.#coming;
    const isFirst = story.entries.length === 0;
    if (!story.add(told) || story !== this.#scene.story) return;
    const isReading = this.#scene.progress === "reading";
    if (isFirst || (!isReading && story.items.length < LONG)) {
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
    this.#scene = { ...this.#scene, story, bodies };
    this.#show(progress);
  }

  #show(progress: Progress = this.#scene.progress) {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#scene = { ...this.#scene, progress, version: this.#scene.version + 1 };
    for (const watcher of this.#watchers) watcher();
  }
}
