/** Joins the socket to the log: messages gather until the next frame, then are applied as one and told of once. */

import type { Event, Session } from "../api/client";
import { Log } from "./log";
import type { LiveEvent, Message } from "./message";
import { type Connection, LiveSocket, type Surroundings } from "./socket";
import type { Trace } from "./trace";

/** Everything at one moment; a new one each time something of it changed. */
export interface Snapshot {
  /** Whether the server has told anything yet. */
  readonly begun: boolean;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly traces: ReadonlyMap<string, Trace>;
}

/** Besides the socket's: when a batch may be applied. */
export interface FeedSurroundings extends Surroundings {
  /** Runs once, with the next frame, or soon where there are no frames. */
  nextFrame(run: () => void): void;
}

/** A whole list is made anew at most so often, however many events come. */
const SNAPSHOT_PAUSE = 250;

type Events = (events: readonly LiveEvent[]) => void;

/** What the page knows, and who wants to hear of it. */
export class Feed {
  readonly socket: LiveSocket;
  readonly #around: FeedSurroundings;
  readonly #log = new Log();
  readonly #events = new Map<string, Set<Events>>();
  readonly #ofSession = new Map<string, Set<() => void>>();
  readonly #deleted = new Map<string, Set<() => void>>();
  readonly #ofAll = new Set<() => void>();
  readonly #ofConnection = new Set<() => void>();
  readonly #resets = new Set<() => void>();
  #waiting: Message[] = [];
  #snapshot: Snapshot = { begun: false, sessions: new Map(), traces: new Map() };
  #published = -Infinity;
  #publishing = false;

  constructor(around: FeedSurroundings) {
    this.#around = around;
    this.socket = new LiveSocket(around, {
      received: (message) => {
        this.#receive(message);
      },
      changed: () => {
        run(this.#ofConnection);
      },
    });
  }

  /** How the connection stands. */
  connection(): Connection {
    return this.socket.connection;
  }

  /** Everything, some moments ago at most. */
  snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** A session as of the last frame. */
  session(id: string): Session | undefined {
    return this.#log.sessions.get(id);
  }

  /** Applies what waits. */
  flush(): void {
    const messages = this.#waiting;
    if (messages.length === 0) return;
    this.#waiting = [];
    const changes = this.#log.apply(messages);
    if (changes.replaced) run(this.#resets);
    for (const id of changes.deleted) run(this.#deleted.get(id));
    for (const [id, events] of changes.events) for (const listener of this.#events.get(id) ?? []) listener(events);
    for (const id of changes.sessions) run(this.#ofSession.get(id));
    this.#publishSoon();
  }

  /** Takes in events read from the store. */
  learn(sessionId: string, events: readonly Event[]): void {
    if (this.#log.learn(sessionId, events)) this.#publishSoon();
  }

  onConnection(listener: () => void): () => void {
    return add(this.#ofConnection, listener);
  }

  onSnapshot(listener: () => void): () => void {
    return add(this.#ofAll, listener);
  }

  onReset(listener: () => void): () => void {
    return add(this.#resets, listener);
  }

  onSession(id: string, listener: () => void): () => void {
    return addTo(this.#ofSession, id, listener);
  }

  onDeleted(id: string, listener: () => void): () => void {
    return addTo(this.#deleted, id, listener);
  }

  onEvents(id: string, listener: Events): () => void {
    return addTo(this.#events, id, listener);
  }

  #receive(message: Message): void {
    this.#waiting.push(message);
    if (message.type === "init") {
      // Nothing of what was known stands any more, and often nothing was: no frame is waited for.
      this.flush();
      return;
    }
    if (this.#waiting.length > 1) return;
    this.#around.nextFrame(() => {
      this.flush();
    });
  }

  #publishSoon(): void {
    if (this.#publishing) return;
    const pause = this.#published + SNAPSHOT_PAUSE - this.#around.now();
    if (pause <= 0) {
      this.#publish();
      return;
    }
    this.#publishing = true;
    this.#around.after(pause, () => {
      this.#publish();
    });
  }

  #publish(): void {
    this.#publishing = false;
    this.#published = this.#around.now();
    const { begun, sessions, traces } = this.#log;
    this.#snapshot = { begun, sessions: new Map(sessions), traces: new Map(traces) };
    run(this.#ofAll);
  }
}

function run(listeners: Iterable<() => void> | undefined): void {
  for (const listener of listeners ?? []) listener();
}

function add<T>(set: Set<T>, value: T): () => void {
  set.add(value);
  return () => {
    set.delete(value);
  };
}

function addTo<T>(sets: Map<string, Set<T>>, key: string, value: T): () => void {
  const set = sets.get(key) ?? new Set<T>();
  sets.set(key, set.add(value));
  return () => {
    set.delete(value);
    if (set.size === 0 && sets.get(key) === set) sets.delete(key);
  };
}
