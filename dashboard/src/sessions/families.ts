/**
 * Sessions with all that they started, the one heard of last first. Kept from one list to the next: while events pour in, a
 * few sessions of thousands change, and only those are judged and placed anew.
 */

import type { Session } from "../api/client";
import type { Trace } from "../live/trace";
import { begunOf, type Group, isAsking, lastOf, type Standing, standingOf, standsAt } from "./standing";

/** A session with all that it started. */
export interface Family {
  readonly session: Session;
  readonly trace: Trace | undefined;
  readonly standing: Standing;
  readonly children: readonly Family[];
  /** Of itself or, when a child waits for the person, of that child. */
  readonly group: Group;
  readonly waits: number;
  /** When it was heard of last. */
  readonly last: number;
}

/** What families are made from. */
export interface Kin {
  readonly sessions: ReadonlyMap<string, Session>;
  readonly traces: ReadonlyMap<string, Trace>;
  readonly aside: ReadonlySet<string>;
  readonly now: number;
}

/** A family as it is kept: it changes in place. */
interface Kept {
  session: Session;
  trace: Trace | undefined;
  standing: Standing;
  parent: Kept | undefined;
  children: Kept[];
  group: Group;
  waits: number;
  last: number;
}

/** All families, between one list and the next. */
export class Families {
  #all = new Map<string, Kept>();
  #roots: Kept[] = [];
  #aside: ReadonlySet<string> | undefined;

  /** The families of these sessions; they change with the next call. */
  of(kin: Kin): readonly Family[] {
    const judgesAll = kin.aside !== this.#aside;
    this.#aside = kin.aside;
    const changed = this.#changed(kin, judgesAll);
    if (changed === undefined) this.#buildTree(kin, judgesAll);
    else this.#place(changed);
    return this.#roots;
  }

  /** The families that changed, taken over; `undefined` when there are others than before, or with other parents. */
  #changed(kin: Kin, judgesAll: boolean): readonly Kept[] | undefined {
    if (kin.sessions.size !== this.#all.size) return undefined;
    const changed: Kept[] = [];
    for (const [id, session] of kin.sessions) {
      const family = this.#all.get(id);
      if (family?.session.parent_session_id !== session.parent_session_id) return undefined;
      if (isAsBefore(family, session, kin, judgesAll)) continue;
      takeOver(family, session, kin);
      changed.push(family);
    }
    return changed;
  }

  #buildTree(kin: Kin, judgesAll: boolean): void {
    const before = this.#all;
    this.#all = new Map();
    for (const [id, session] of kin.sessions) {
      const known = before.get(id);
      const family = known ?? founded(session);
      if (known === undefined || !isAsBefore(known, session, kin, judgesAll)) takeOver(family, session, kin);
      family.children = [];
      this.#all.set(id, family);
    }
    const roots: Kept[] = [];
    for (const family of this.#all.values()) {
      family.parent = parentOf(family, this.#all);
      if (family.parent === undefined) roots.push(family);
      else family.parent.children.push(family);
    }
    for (const root of roots) gather(root);
    this.#roots = roots.sort(byLast);
  }

  /** Puts the families of those that changed where they belong now. */
  #place(changed: readonly Kept[]): void {
    if (changed.length === 0) return;
    const moved = new Set(changed.map(rootOf));
    for (const root of moved) gather(root);
    const stay = this.#roots.filter((root) => !moved.has(root));
    this.#roots = merged(stay, [...moved].sort(byLast));
  }
}

function founded(session: Session): Kept {
  const standing: Standing = { group: "quiet", word: "idle", since: 0, key: "" };
  return { session, trace: undefined, standing, parent: undefined, children: [], group: "quiet", waits: 0, last: 0 };
}

function isAsBefore(family: Kept, session: Session, { traces, now }: Kin, judgesAll: boolean): boolean {
  return !judgesAll && family.session === session && family.trace === traces.get(session.session_id) && standsAt(session, family.trace, now);
}

function takeOver(family: Kept, session: Session, { traces, aside, now }: Kin): void {
  family.session = session;
  family.trace = traces.get(session.session_id);
  const standing = standingOf(session, family.trace, aside, now);
  // The same object as long as it says the same: who draws it sees at once that nothing changed.
  const isSame = standing.key === family.standing.key && standing.group === family.standing.group;
  if (!isSame) family.standing = standing;
  family.last = lastOf(session);
}

function byLast(one: Kept, other: Kept): number {
  return other.last - one.last || begunOf(other.session) - begunOf(one.session) || (one.session.session_id < other.session.session_id ? -1 : 1);
}

/** Two sorted lists as one. */
function merged(many: readonly Kept[], few: readonly Kept[]): Kept[] {
  const all: Kept[] = [];
  let next = 0;
  for (const one of many) {
    for (let there = few[next]; there !== undefined && byLast(there, one) < 0; there = few[next]) {
      all.push(there);
      next += 1;
    }
    all.push(one);
  }
  return [...all, ...few.slice(next)];
}

function rootOf(family: Kept): Kept {
  let root = family;
  while (root.parent !== undefined) root = root.parent;
  return root;
}

function parentOf(family: Kept, all: ReadonlyMap<string, Kept>): Kept | undefined {
  const { parent_session_id } = family.session;
  if (parent_session_id === null) return undefined;
  const first = all.get(parent_session_id);
  // Parents are what clients say: one that would be its own descendant is nobody's child.
  const seen = new Set([family]);
  for (let above = first; above !== undefined; above = all.get(above.session.parent_session_id ?? "")) {
    if (seen.has(above)) return undefined;
    seen.add(above);
  }
  return first;
}

/** A child that waits for the person, or works, says so for its parent. How a child ended is its parent's business. */
function gather(family: Kept): void {
  family.group = family.standing.group;
  family.waits = family.standing.since;
  if (family.children.length === 0) return;
  for (const child of family.children) {
    gather(child);
    if (asks(child)) {
      family.waits = family.group === "needs-you" ? Math.min(family.waits, child.waits) : child.waits;
      family.group = "needs-you";
    } else if (child.group === "working" && family.group === "quiet" && family.session.status === "running") {
      family.group = "working";
    }
  }
  family.children.sort((one, other) => begunOf(one.session) - begunOf(other.session));
}

/** Whether it, or one under it, waits for an answer. */
export function asks(family: Family): boolean {
  return isAsking(family.standing) || family.children.some(asks);
}
