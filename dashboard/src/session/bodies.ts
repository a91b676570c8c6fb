/** Bodies of events: read around what is looked at, forgotten when there are too many and nobody looks. */

import { browser } from "../live/browser";
import type { Body } from "./body";
import { readEvents } from "./requests";
import type { Entry, Story } from "./story";

/** Bodies kept at once. A screen shows some thirty. */
const KEPT = 2_000;
/** Events of one request. */
const RUN = 200;
/** Bytes of one request, as far as the outlines tell. */
const RUN_BYTES = 4_000_000;
const REQUESTS = 3;

/** Bodies that are shown with each frame: one may be pages of Markdown or code, and a screen full of them more than a frame bears. */
const SHOWN_AT_ONCE = 2;

/** So long after a failure it is asked again for what is in sight. */
const AGAIN_MS = 3_000;

/** The bodies of one session's events. */
export class Bodies {
  readonly #sessionId: string;
  readonly #kept = new Map<number, Body>();
  readonly #asked = new Set<number>();
  readonly #listeners = new Map<number, Set<() => void>>();
  /** Those that are here, and whose turn to be shown is still to come. */
  readonly #held = new Set<number>();
  #wanted: readonly Entry[] = [];
  #wantedIds: ReadonlySet<number> = new Set();
  #requests = 0;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(sessionId: string) {
    this.#sessionId = sessionId;
  }

  /** The body of an event, if it is here and may be shown. */
  of(id: number): Body | undefined {
    return this.#held.has(id) ? undefined : this.#kept.get(id);
  }

  /** All that are here. */
  all(): readonly Body[] {
    return [...this.#kept.values()];
  }

  /** Keeps bodies that came some other way. */
  keep(bodies: readonly Body[]) {
    this.#store(bodies);
    for (const { id } of bodies) this.#show(id);
  }

  #store(bodies: readonly Body[]) {
    for (const body of bodies) {
      this.#kept.delete(body.id);
      this.#kept.set(body.id, body);
    }
    for (const id of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      // What comes live pushes nothing out of sight.
      if (!this.#wantedIds.has(id)) this.#kept.delete(id);
    }
  }

  /** Hears when the body of an event is here. */
  subscribe(id: number, listener: () => void): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(id) === listeners) this.#listeners.delete(id);
    };
  }

  #show(id: number) {
    this.#held.delete(id);
    for (const listener of this.#listeners.get(id) ?? []) listener();
  }

  /** Keeps what was read; those in sight are shown a few with each frame. */
  #arrive(bodies: readonly Body[]) {
    const seen = bodies.filter(({ id }) => this.#listeners.has(id) && !this.#kept.has(id));
    const isFirst = this.#held.size === 0;
    this.#store(bodies);
    for (const { id } of seen) this.#held.add(id);
    if (isFirst) this.#showSome();
  }

  #showSome() {
    for (const id of [...this.#held].slice(0, SHOWN_AT_ONCE)) this.#show(id);
    if (this.#held.size === 0) return;
    browser.nextFrame(() => {
      this.#showSome();
    });
  }

  /** Reads what is missing of these, given in the order of the list. What was wanted before and is not now can wait. */
  want(story: Story, entries: readonly Entry[]) {
    this.#wanted = entries;
    this.#wantedIds = new Set(entries.map(({ id }) => id));
    this.#read(story);
  }

  #read(story: Story) {
    while (this.#requests < REQUESTS) {
      const run = this.#nextRun(story);
      if (run === undefined) return;
      this.#requests += 1;
      void this.#request(story, run);
    }
  }

  /** The first stretch of neighbours that are missing. */
  #nextRun(story: Story): { readonly place: number; readonly entries: readonly Entry[] } | undefined {
    const missing = this.#wanted.filter(({ id }) => !this.#kept.has(id) && !this.#asked.has(id));
    const [first] = missing;
    if (first === undefined) return undefined;
    const place = story.placeFor(first);
    const entries: Entry[] = [];
    let bytes = 0;
    for (const entry of missing) {
      const isNeighbour = story.entries[place + entries.length] === entry;
      if (!isNeighbour || entries.length === RUN || (entries.length > 0 && bytes + entry.outline.bytes > RUN_BYTES)) break;
      entries.push(entry);
      bytes += entry.outline.bytes;
    }
    return entries.length === 0 ? undefined : { place, entries };
  }

  async #request(story: Story, { place, entries }: { readonly place: number; readonly entries: readonly Entry[] }) {
    for (const { id } of entries) this.#asked.add(id);
    try {
      const after = story.entries[place - 1]?.id ?? story.after;
      const page = await readEvents(this.#sessionId, { limit: entries.length, ...(after === undefined ? {} : { after }) });
      this.#arrive(page.events);
    } catch {
      // Until then its outline stands.
      this.#readLater(story);
    } finally {
      for (const { id } of entries) this.#asked.delete(id);
      this.#requests -= 1;
    }
    const came = entries.some(({ id }) => this.#kept.has(id));
    if (came) this.#read(story);
  }

  #readLater(story: Story) {
    if (this.#again !== undefined) return;
    this.#again = setTimeout(() => {
      this.#again = undefined;
      // Nobody looks any more.
      if (this.#listeners.size > 0) this.#read(story);
    }, AGAIN_MS);
  }
}
