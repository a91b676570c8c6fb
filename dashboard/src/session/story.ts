/**
 * What happened, as a person tells it: events in, items out, in the order of the list of events.
 *
 * Each event that is taken in says how to take it back. So an event that comes late is put in its place by taking back
 * what stands behind it, and the story is the same as if it had come in time. One at the end costs nothing of that.
 */

import type { Outline } from "../api/client";
import { microsecondsOf } from "../ui/instant";

/** An event in its place. */
export interface Entry {
  readonly id: number;
  readonly at: number;
  readonly outline: Outline;
  /** Of a tool's event whose body is known: what equal inputs share. */
  readonly input: string | null;
}

/** The kinds of items that can be told apart without their bodies. */
export type Kind = "message" | "thinking" | "tool" | "attention" | "marker" | "other";

/** One thing that is shown: an event, or a tool call with what came of it. */
export interface Item {
  readonly index: number;
  readonly kind: Kind;
  /** The event that it began with; its id is the item's. */
  readonly entry: Entry;
  /** What the tool gave back. */
  readonly answer?: Entry;
  /** What ended the turn while the tool had not answered. */
  readonly cutBy?: Entry;
  /** The request for permission that stands before it. */
  readonly asked?: Entry;
}

type TakeBack = () => void;

/** Where an event stands until it is told. */
const NOWHERE = -1;

const KINDS = new Map<string, Kind>([
  ["message", "message"],
  ["permission_request", "attention"],
  ["permission_denied", "attention"],
  ["notification", "attention"],
  ["elicitation", "attention"],
  ["stop_failure", "attention"],
  ["session_start", "marker"],
  ["session_stop", "marker"],
  ["stop", "marker"],
  ["interrupt", "marker"],
  ["compact", "marker"],
  ["pre_compact", "marker"],
  ["post_compact", "marker"],
]);

const ENDS_TURN = new Set(["stop", "stop_failure", "interrupt", "session_stop"]);

function endsTurn({ event_type, role }: Outline): boolean {
  return ENDS_TURN.has(event_type) || (event_type === "message" && role === "user");
}

function before(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.id < other.id);
}

function areInOrder(entries: readonly Entry[]): boolean {
  return entries.every((entry, index) => index === 0 || !before(entry, entries[index - 1] ?? entry));
}

/** An event to be taken in. */
export interface Told {
  readonly outline: Outline;
  readonly input: string | null;
  /** Its instant, where that is known without reading its timestamp. */
  readonly at?: number;
}

/** Everything that is known of a session, in order. */
export class Story {
  /** The id of the event before the first, where it does not begin with the session. */
  readonly after: number | undefined;
  readonly entries: Entry[] = [];
  readonly items: Item[] = [];
  /** The item of each event that was taken in. */
  readonly #places = new Map<number, number>();
  readonly #takeBacks: TakeBack[] = [];
  readonly #calls = new Map<string, number>();
  #open: number[] = [];

  constructor(after?: number) {
    this.after = after;
  }

  /** Takes in events, in any order; those that are known already change nothing. */
  add(told: readonly Told[]): boolean {
    const fresh: Entry[] = [];
    for (const { outline, input, at = microsecondsOf(outline.timestamp) ?? 0 } of told) {
      if (this.#places.has(outline.id)) continue;
      this.#places.set(outline.id, NOWHERE);
      fresh.push({ id: outline.id, at, outline, input });
    }
    const [first] = fresh;
    if (first === undefined) return false;
    if (!areInOrder(fresh)) fresh.sort((one, other) => (before(one, other) ? -1 : 1));
    const late = this.#takeBackTo(this.placeFor(fresh[0] ?? first));
    const rest = late.length === 0 ? fresh : [...fresh, ...late].sort((one, other) => (before(one, other) ? -1 : 1));
    for (const entry of rest) this.#append(entry);
    return true;
  }

  /** The item that tells of an event. */
  itemOf(id: number): Item | undefined {
    const index = this.#places.get(id);
    return index === undefined ? undefined : this.items[index];
  }

  /** Whether an event is in it, and not another one with its number. */
  holds({ id, event_type, timestamp }: Pick<Outline, "id" | "event_type" | "timestamp">): boolean {
    const { entry, answer } = this.itemOf(id) ?? {};
    const there = entry?.id === id ? entry : answer;
    return there?.outline.timestamp === timestamp && there.outline.event_type === event_type;
  }

  /** How many events stand before this place in the order of the list. */
  placeFor(entry: Pick<Entry, "id" | "at">): number {
    let low = 0;
    let high = this.entries.length;
    const last = this.entries[high - 1];
    if (last === undefined || before(last, entry as Entry)) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = this.entries[middle];
      if (there !== undefined && before(there, entry as Entry)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #takeBackTo(place: number): Entry[] {
    while (this.entries.length > place && this.#takeBacks.length > place) this.#takeBacks.pop()?.();
    return this.entries.splice(place);
  }

  #append(entry: Entry) {
    this.entries.push(entry);
    this.#takeBacks.push(this.#tell(entry));
  }

  #tell(entry: Entry): TakeBack {
    const { event_type, is_thinking } = entry.outline;
    if (event_type === "post_tool") return this.#answer(entry);
    const cut = this.#open.length > 0 && endsTurn(entry.outline) ? this.#cut(entry) : undefined;
    const asked = event_type === "permission_request" ? this.#ask(entry) : undefined;
    const kind = event_type === "pre_tool" ? "tool" : is_thinking ? "thinking" : (KINDS.get(event_type) ?? "other");
    const uncall = this.#push({ index: this.items.length, kind, entry });
    if (cut === undefined && asked === undefined) return uncall;
    return () => {
      uncall();
      asked?.();
      cut?.();
    };
  }

  /** Puts an item at the end; a call is open from then on. */
  #push(item: Item): TakeBack {
    this.items.push(item);
    this.#places.set(item.entry.id, item.index);
    if (item.kind !== "tool") return this.#pop;
    const opens = item.answer === undefined;
    const key = opens ? item.entry.outline.tool_use_id : null;
    const former = key === null ? undefined : this.#calls.get(key);
    if (key !== null) this.#calls.set(key, item.index);
    if (opens) this.#open.push(item.index);
    return () => {
      this.#pop();
      if (opens) this.#open.pop();
      if (key === null) return;
      if (former === undefined) this.#calls.delete(key);
      else this.#calls.set(key, former);
    };
  }

  /** Takes the last item back. One for all: a long story is mostly made of items with which no more goes. */
  readonly #pop: TakeBack = () => {
    const item = this.items.pop();
    if (item !== undefined) this.#places.delete(item.entry.id);
  };

  #answer(entry: Entry): TakeBack {
    const index = this.#callOf(entry);
    const call = index === undefined ? undefined : this.items[index];
    if (index === undefined || call === undefined) {
      return this.#push({ index: this.items.length, kind: "tool", entry, answer: entry });
    }
    const place = this.#open.indexOf(index);
    if (place >= 0) this.#open.splice(place, 1);
    const { kind, entry: asking, asked } = call;
    this.items[index] = { index, kind, entry: asking, answer: entry, ...(asked === undefined ? {} : { asked }) };
    this.#places.set(entry.id, index);
    return () => {
      this.items[index] = call;
      this.#places.delete(entry.id);
      if (place >= 0) this.#open.splice(place, 0, index);
    };
  }

  /** The call that a result belongs to: the one of its id, else the oldest open one of equal name and input. */
  #callOf(entry: Entry): number | undefined {
    const { tool_use_id } = entry.outline;
    if (tool_use_id !== null) {
      const named = this.#calls.get(tool_use_id);
      if (named !== undefined && this.items[named]?.answer === undefined) return named;
      return this.#open.find((index) => this.items[index]?.entry.outline.tool_use_id === null && this.#alike(index, entry));
    }
    return this.#open.find((index) => this.#alike(index, entry));
  }

  #alike(index: number, { input, outline }: Entry): boolean {
    const call = this.items[index]?.entry;
    if (call?.outline.tool_name !== outline.tool_name) return false;
    if (call.input !== null && input !== null) return call.input === input;
    // Without bodies the text stands for the input. A failure's text may be its error instead, a request's may be missing.
    return call.outline.text === outline.text || outline.is_error || outline.event_type === "permission_request";
  }

  #ask(entry: Entry): TakeBack | undefined {
    const index = this.#open.find((place) => this.items[place]?.asked === undefined && this.#alike(place, entry));
    const call = index === undefined ? undefined : this.items[index];
    if (index === undefined || call === undefined) return undefined;
    this.items[index] = { ...call, asked: entry };
    return () => {
      this.items[index] = call;
    };
  }

  /** The turn is over: what has not answered will not. */
  #cut(entry: Entry): TakeBack {
    const open = this.#open;
    const cut = open.map((index) => [index, this.items[index]] as const);
    for (const [index, call] of cut) if (call !== undefined) this.items[index] = { ...call, cutBy: entry };
    this.#open = [];
    return () => {
      for (const [index, call] of cut) if (call !== undefined) this.items[index] = call;
      this.#open = open;
    };
  }
}
