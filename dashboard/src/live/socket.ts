/**
 * One WebSocket to the change log, kept up: resumed by cursor after every break, with a pause that grows and is never
 * the same for all pages. Clock, timers, randomness and the network are handed in.
 */

import { distance, type Message, readMessage } from "./message";

/** How the connection stands. */
export interface Connection {
  readonly state: "connecting" | "live" | "waiting" | "catching-up" | "signed-out";
  /** Since when, in milliseconds since 1970. */
  readonly since: number;
  /** When it is tried again; absent when it is not tried by itself. */
  readonly retryAt?: number;
  /** How many changes were passed over by the last fresh snapshot, and when it came. */
  readonly skipped?: { readonly changes: number; readonly at: number };
}

/** What the server says when it is asked where its log stands. */
export type Head =
  | { readonly kind: "at"; readonly cursor: string }
  | { readonly kind: "signed-out" }
  | { readonly kind: "away" };

/** What happens on a socket. */
export interface Listener {
  opened(): void;
  text(text: string): void;
  closed(): void;
}

/** The world around: real in the page, of the test's making in tests. */
export interface Surroundings {
  now(): number;
  /** At least 0 and less than 1. */
  random(): number;
  /** Runs something later; the answer takes that back. */
  after(milliseconds: number, run: () => void): () => void;
  /** Opens a socket; the answer closes it without another word from it. */
  open(path: string, listener: Listener): () => void;
  head(): Promise<Head>;
}

/** What the socket tells of. */
export interface Sink {
  received(message: Message): void;
  changed(connection: Connection): void;
}

/** More than so many missed changes are not replayed: reading the sessions anew is faster. */
const MOST_REPLAYED = 5000;
/** The first pause before trying again, doubled each time up to the longest. */
const FIRST_PAUSE = 400;
const LONGEST_PAUSE = 15_000;
/** So long must a connection hold to count as good. */
const GOOD_AFTER = 5000;
/** A socket that says nothing for so long is looked at; the server's pings do not reach scripts. */
const SILENCE = 30_000;
/** So long may what the server is known to have sent be on its way. */
const UNDER_WAY = 4000;
/** So long may a socket take to open and to say its first word. */
const OPENING = 20_000;
/** A replay that pauses so long is over: erased changes are never sent, so its end may never be named. */
const REPLAY_PAUSE = 1000;

type Timer = "retry" | "good" | "silence" | "opening" | "replay";

/** The one connection of a page. */
export class LiveSocket {
  readonly #around: Surroundings;
  readonly #sink: Sink;
  #connection: Connection;
  #cursor: string | undefined;
  #bodies = "";
  #close: (() => void) | undefined;
  /** Counts connections: whatever an older one still says is not heard. */
  #turn = 0;
  #failures = 0;
  #heard = 0;
  #target: string | undefined;
  readonly #timers = new Map<Timer, () => void>();

  constructor(around: Surroundings, sink: Sink) {
    this.#around = around;
    this.#sink = sink;
    this.#connection = { state: "connecting", since: around.now() };
  }

  /** How it stands. */
  get connection(): Connection {
    return this.#connection;
  }

  /** Connects now, whatever was being waited for. */
  connect(): void {
    const turn = this.#hangUp();
    this.#tell("connecting");
    if (this.#cursor === undefined && this.#failures === 0) {
      this.#dial();
      return;
    }
    // A browser does not tell a script why a socket was refused; an ordinary request does, and says how far behind we are.
    void this.#around.head().then((head) => {
      if (turn === this.#turn) this.#arrive(head);
    });
  }

  /** Whose events come whole from now on. The log goes on where it was. */
  open(sessionId: string | undefined): void {
    const bodies = sessionId ?? "";
    if (bodies === this.#bodies) return;
    this.#bodies = bodies;
    if (this.#close === undefined) return;
    this.#hangUp();
    this.#dial();
  }

  /** Looks whether the connection still is what it seems: after sleep, out of the background, back on the network. */
  check(): void {
    const { state } = this.#connection;
    if (state === "waiting" && this.#connection.retryAt !== undefined) this.connect();
    else if (state === "live" || state === "catching-up") this.#verify();
  }

  /** Lets go, so that the browser can keep the page aside. */
  pause(): void {
    if (this.#close === undefined) return;
    this.#hangUp();
    this.#tell("waiting", { retryAt: this.#around.now() });
  }

  /** Stops asking: the person signed out. */
  signOut(): void {
    this.#hangUp();
    this.#tell("signed-out");
  }

  #arrive(head: Head): void {
    if (head.kind === "signed-out") {
      this.#tell("signed-out");
      return;
    }
    if (head.kind === "away") {
      this.#wait();
      return;
    }
    const behind = distance(this.#cursor, head.cursor) ?? 0;
    this.#target = behind > 0 ? head.cursor : undefined;
    if (behind > MOST_REPLAYED) {
      this.#cursor = undefined;
      this.#target = undefined;
      this.#tell("catching-up", { skipped: { changes: behind, at: this.#around.now() } });
    }
    this.#dial();
  }

  #dial(): void {
    const query = new URLSearchParams({ bodies: this.#bodies });
    if (this.#cursor !== undefined) query.set("since", this.#cursor);
    const turn = this.#turn;
    const ours = (run: () => void) => {
      if (turn === this.#turn) run();
    };
    this.#timer("opening", OPENING, () => {
      this.#lost();
    });
    this.#close = this.#around.open(`/ws?${query.toString()}`, {
      opened: () => {
        ours(() => {
          this.#opened();
        });
      },
      text: (text) => {
        ours(() => {
          this.#text(text);
        });
      },
      closed: () => {
        ours(() => {
          this.#lost();
        });
      },
    });
  }

  #opened(): void {
    this.#heard = this.#around.now();
    // Without a cursor the snapshot is still to come.
    if (this.#cursor === undefined) return;
    this.#timer("opening", undefined);
    if (this.#target === undefined) {
      this.#live();
      return;
    }
    this.#tell("catching-up");
    this.#watchReplay();
  }

  #text(text: string): void {
    const message = readMessage(text);
    if (message === undefined) return;
    this.#heard = this.#around.now();
    this.#timer("opening", undefined);
    // Behind a reset nothing is known until the snapshot is here: who breaks off between them must not go on from there.
    this.#cursor = message.type === "reset" ? undefined : message.cursor;
    this.#sink.received(message);
    if (this.#connection.state === "live" || message.type === "reset") return;
    const left = distance(message.cursor, this.#target) ?? 0;
    if (left > 0) this.#watchReplay();
    else this.#live();
  }

  #live(): void {
    this.#target = undefined;
    this.#timer("replay", undefined);
    if (this.#connection.state !== "live") this.#tell("live");
    this.#timer("good", GOOD_AFTER, () => {
      this.#failures = 0;
    });
    this.#watch();
  }

  /** Looks every now and then whether something was heard; a clock that jumped means that the machine slept. */
  #watch(): void {
    this.#timer("silence", SILENCE / 2, () => {
      if (this.#around.now() - this.#heard >= SILENCE) this.#verify();
      this.#watch();
    });
  }

  #watchReplay(): void {
    this.#timer("replay", REPLAY_PAUSE, () => {
      this.#live();
    });
  }

  /** Asks where the log stands; a socket that has not said so by then is dead, whatever the browser believes. */
  #verify(): void {
    const turn = this.#turn;
    void this.#around.head().then((head) => {
      if (turn !== this.#turn) return;
      if (head.kind !== "at") {
        this.#lost();
        return;
      }
      this.#heard = this.#around.now();
      const missing = distance(this.#cursor, head.cursor);
      if (missing !== undefined && missing <= 0) return;
      this.#around.after(UNDER_WAY, () => {
        const still = distance(this.#cursor, head.cursor) ?? 1;
        if (turn === this.#turn && still > 0) this.connect();
      });
    });
  }

  #lost(): void {
    this.#hangUp();
    this.#wait();
  }

  #wait(): void {
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures);
    const pause = longest * (0.5 + this.#around.random() / 2);
    this.#failures += 1;
    this.#tell("waiting", { retryAt: this.#around.now() + pause });
    this.#timer("retry", pause, () => {
      this.connect();
    });
  }

  #hangUp(): number {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#close?.();
    this.#close = undefined;
    this.#turn += 1;
    return this.#turn;
  }

  #tell(state: Connection["state"], more: Pick<Connection, "retryAt" | "skipped"> = {}): void {
    const now = this.#around.now();
    const { skipped, since, state: before } = this.#connection;
    const kept = skipped === undefined ? {} : { skipped };
    this.#connection = { state, since: state === before ? since : now, ...kept, ...more };
    this.#sink.changed(this.#connection);
  }

  #timer(name: Timer, milliseconds: number | undefined, run: () => void = () => undefined): void {
    this.#timers.get(name)?.();
    if (milliseconds === undefined) this.#timers.delete(name);
    else this.#timers.set(name, this.#around.after(milliseconds, run));
  }
}
