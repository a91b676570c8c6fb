/** From all sessions to the lines of the list: who needs somebody first, then who works, then the quiet ones by day. */

import type { Session } from "../api/client";
import type { Trace } from "../live/trace";
import { dayOf } from "../ui/instant";
import { asks, Families, type Family, type Kin } from "./families";
import { type Filters, fits } from "./filters";
import { begunOf, type Group, type Standing } from "./standing";

/** One line. Its id is its own among lines of all kinds; its key is what opens and shuts it. */
export type Line = { readonly id: string; readonly key: string } & (
  | { readonly kind: "group"; readonly group: Group; readonly count: number }
  | {
      readonly kind: "muted";
      /** The folders that are muted and have sessions. */
      readonly projects: readonly string[];
      readonly count: number;
      readonly open: boolean;
    }
  /** A day on which those below it were heard of last, by an instant of it. */
  | { readonly kind: "day"; readonly at: number }
  | {
      readonly kind: "fold";
      readonly count: number;
      /** How many of them nobody has asked anything yet. */
      readonly unasked: number;
      readonly open: boolean;
    }
  | {
      readonly kind: "session";
      readonly session: Session;
      readonly trace: Trace | undefined;
      readonly standing: Standing;
      readonly depth: number;
      /** How many are nested under it, and whether they are shown. */
      readonly children: number;
      readonly open: boolean;
      /** Whether its project is muted. */
      readonly isMuted: boolean;
    }
);

type SessionLine = Extract<Line, { kind: "session" }>;

/** What the list is made from. */
export interface Material extends Kin {
  readonly filters: Filters;
  readonly muted: ReadonlySet<string>;
  /** Keys of lines that the person opened or shut, against what would be. */
  readonly toggled: ReadonlySet<string>;
}

/** The list, and how many families each group has. */
export interface Listed {
  readonly lines: readonly Line[];
  /** The ids of the lines; the same array as before while they are the same. */
  readonly ids: readonly string[];
  readonly counts: Readonly<Record<Group, number>>;
}

/** A run of a few steps that ended by itself. */
const SHORT_EVENTS = 12;
const SHORT_SPAN = 120_000;

/** The list, from one moment to the next: a line that is as it was is the same object, and need not be drawn anew. */
export class List {
  readonly #families = new Families();
  readonly #drawn = new WeakMap<Family, SessionLine>();
  #ids: readonly string[] = [];

  of(material: Material): Listed {
    const counts: Record<Group, number> = { "needs-you": 0, working: 0, quiet: 0 };
    const groups: Record<Group | "muted", Family[]> = { "needs-you": [], working: [], quiet: [], muted: [] };
    const { filters, muted, toggled } = material;
    for (const family of this.#families.of(material)) {
      if (!anyFits(family, filters)) continue;
      if (muted.has(family.session.project_dir ?? "") && filters.project === undefined) {
        groups.muted.push(family);
        continue;
      }
      counts[family.group] += 1;
      if (filters.status === undefined || filters.status === family.group) groups[family.group].push(family);
    }
    groups["needs-you"].sort((one, other) => one.waits - other.waits);
    const lines: Line[] = [];
    for (const group of ["needs-you", "working"] as const) {
      const families = groups[group];
      if (families.length === 0) continue;
      lines.push({ kind: "group", id: `group ${group}`, key: group, group, count: families.length });
      for (const family of families) this.#pushFamily(lines, family, 0, material);
    }
    if (groups.quiet.length > 0) {
      lines.push({ kind: "group", id: "group quiet", key: "quiet", group: "quiet", count: groups.quiet.length });
      for (const day of daysOf(groups.quiet)) this.#pushDay(lines, day, material);
    }
    if (groups.muted.length > 0) {
      const projects = new Set(groups.muted.map(({ session }) => session.project_dir ?? ""));
      const open = toggled.has("muted");
      lines.push({ kind: "muted", id: "muted", key: "muted", projects: [...projects].sort(), count: groups.muted.length, open });
      if (open) for (const family of groups.muted) this.#pushFamily(lines, family, 0, material);
    }
    const ids = lines.map(({ id }) => id);
    if (!areSame(ids, this.#ids)) this.#ids = ids;
    return { lines, ids: this.#ids, counts };
  }

  #pushFamily(lines: Line[], family: Family, depth: number, material: Material): void {
    const { children, session } = family;
    const open = children.length > 0 && (children.some(asks) || material.toggled.has(session.session_id));
    lines.push(this.#lineOf(family, depth, open, material.muted.has(session.project_dir ?? "")));
    if (open) for (const child of children) this.#pushFamily(lines, child, depth + 1, material);
  }

  #lineOf(family: Family, depth: number, open: boolean, isMuted: boolean): SessionLine {
    const { session, trace, standing, children } = family;
    const before = this.#drawn.get(family);
    const isSame =
      before?.session === session &&
      before.trace === trace &&
      before.standing === standing &&
      before.depth === depth &&
      before.children === children.length &&
      before.open === open &&
      before.isMuted === isMuted;
    if (isSame) return before;
    const key = session.session_id;
    const id = before?.id ?? `session ${key}`;
    const line: SessionLine = { kind: "session", id, key, session, trace, standing, depth, children: children.length, open, isMuted };
    this.#drawn.set(family, line);
    return line;
  }

  #pushDay(lines: Line[], { day, families }: Day, material: Material): void {
    const { filters, toggled, now } = material;
    lines.push({ kind: "day", id: `day ${day}`, key: day, at: families[0]?.last ?? now });
    // Who looks for words wants to see what has them.
    const short = filters.q === undefined ? families.filter(isShort) : [];
    const folded = new Set(short.length > 1 ? short : []);
    for (const family of families) if (!folded.has(family)) this.#pushFamily(lines, family, 0, material);
    if (folded.size === 0) return;
    const key = `short ${day}`;
    const unasked = [...folded].filter(({ session }) => isUnasked(session)).length;
    lines.push({ kind: "fold", id: `fold ${day}`, key, count: folded.size, unasked, open: toggled.has(key) });
    if (toggled.has(key)) for (const family of folded) this.#pushFamily(lines, family, 1, material);
  }
}

/** A child fits with its parent, and the other way round. */
function anyFits(family: Family, filters: Filters): boolean {
  return fits(family, filters) || family.children.some((child) => anyFits(child, filters));
}

interface Day {
  readonly day: string;
  readonly families: Family[];
}

/** Families by the local day on which they were heard of last; they come in that order. */
function daysOf(families: readonly Family[]): readonly Day[] {
  const days: Day[] = [];
  let begin = Infinity;
  for (const family of families) {
    if (family.last < begin) {
      begin = new Date(family.last).setHours(0, 0, 0, 0);
      days.push({ day: dayOf(family.last), families: [] });
    }
    days.at(-1)?.families.push(family);
  }
  return days;
}

/** What a fold has in it, in words. */
export function foldText({ count, unasked }: Pick<Extract<Line, { kind: "fold" }>, "count" | "unasked">): string {
  const short = count - unasked;
  if (short === 0) return `${unasked} without a prompt`;
  return `${short} short ${short === 1 ? "run" : "runs"}${unasked === 0 ? "" : `, ${unasked} without a prompt`}`;
}

/** Begun by an agent, with nothing in it but that. */
function isUnasked({ source, event_count }: Session): boolean {
  return source !== "api" && event_count <= 2;
}

/** Without a prompt, or one prompt and its answer. */
function isShort({ session, children, standing, last }: Family): boolean {
  if (children.length > 0 || standing.word === "failed" || standing.word === "gone") return false;
  if (isUnasked(session)) return true;
  if (session.status !== "finished" || session.event_count > SHORT_EVENTS) return false;
  return last - begunOf(session) < SHORT_SPAN;
}

function areSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one, index) => one === others[index]);
}
