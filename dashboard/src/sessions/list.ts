/** From all sessions to the lines of the list: who needs somebody first, then who works, then the quiet ones by day. */

import type { Session } from "../api/client";
import type { Trace } from "../live/trace";
import { dayOf, dayText } from "../ui/instant";
import { type Filters, fits } from "./filters";
import { createdOf, type Group, isAsking, lastOf, type Standing, standingOf } from "./standing";

/** One line. */
export type Line =
  | { readonly kind: "group"; readonly key: string; readonly group: Group; readonly count: number }
  | {
      readonly kind: "muted";
      readonly key: string;
      /** The folders that are muted and have sessions. */
      readonly projects: readonly string[];
      readonly count: number;
      readonly open: boolean;
    }
  | { readonly kind: "day"; readonly key: string; readonly text: string }
  | { readonly kind: "fold"; readonly key: string; readonly count: number; readonly open: boolean }
  | {
      readonly kind: "session";
      readonly key: string;
      readonly session: Session;
      readonly trace: Trace | undefined;
      readonly standing: Standing;
      readonly depth: number;
      /** How many are nested under it, and whether they are shown. */
      readonly children: number;
      readonly open: boolean;
      /** Whether its project is muted. */
      readonly isMuted: boolean;
    };

/** What the list is made from. */
export interface Material {
  readonly sessions: ReadonlyMap<string, Session>;
  readonly traces: ReadonlyMap<string, Trace>;
  readonly filters: Filters;
  readonly muted: ReadonlySet<string>;
  readonly aside: ReadonlySet<string>;
  /** Keys of lines that the person opened or shut, against what would be. */
  readonly toggled: ReadonlySet<string>;
  readonly now: number;
}

/** A session with all that it started. */
interface Family {
  readonly session: Session;
  readonly standing: Standing;
  readonly trace: Trace | undefined;
  readonly children: Family[];
  /** Of itself or, when a child waits for the person, of that child. */
  group: Group;
  waits: number;
}

/** A run of a few steps that ended by itself. */
const SHORT_EVENTS = 12;
const SHORT_SPAN = 120_000;

/** The list, and how many families each group has. */
export function listOf(material: Material): { lines: Line[]; counts: Record<Group, number> } {
  const counts: Record<Group, number> = { "needs-you": 0, working: 0, quiet: 0 };
  const groups: Record<Group | "muted", Family[]> = { "needs-you": [], working: [], quiet: [], muted: [] };
  const { filters, muted, toggled } = material;
  for (const family of familiesOf(material)) {
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
    lines.push({ kind: "group", key: group, group, count: families.length });
    for (const family of families) pushFamily(lines, family, 0, material);
  }
  if (groups.quiet.length > 0) {
    lines.push({ kind: "group", key: "quiet", group: "quiet", count: groups.quiet.length });
    pushDays(lines, groups.quiet, material);
  }
  if (groups.muted.length > 0) {
    const projects = new Set(groups.muted.map(({ session }) => session.project_dir ?? ""));
    const open = toggled.has("muted");
    lines.push({ kind: "muted", key: "muted", projects: [...projects].sort(), count: groups.muted.length, open });
    if (open) for (const family of groups.muted) pushFamily(lines, family, 0, material);
  }
  return { lines, counts };
}

/** Families that fit the filters, the one heard of last first. A child fits with its parent, and the other way round. */
function familiesOf({ sessions, traces, filters, aside, now }: Material): Family[] {
  const all = new Map<string, Family>();
  for (const [id, session] of sessions) {
    const trace = traces.get(id);
    const standing = standingOf(session, trace, aside, now);
    all.set(id, { session, standing, trace, children: [], group: standing.group, waits: standing.since });
  }
  const roots: Family[] = [];
  for (const family of all.values()) {
    const parent = parentOf(family, all);
    if (parent === undefined) roots.push(family);
    else parent.children.push(family);
  }
  for (const root of roots) gather(root);
  const anyFits = (family: Family): boolean => fits(family.session, filters) || family.children.some(anyFits);
  return roots.filter(anyFits).sort((one, other) => lastOf(other.session) - lastOf(one.session));
}

function parentOf(family: Family, all: ReadonlyMap<string, Family>): Family | undefined {
  const first = all.get(family.session.parent_session_id ?? "");
  // Parents are what clients say: one that would be its own descendant is nobody's child.
  const seen = new Set([family]);
  for (let above = first; above !== undefined; above = all.get(above.session.parent_session_id ?? "")) {
    if (seen.has(above)) return undefined;
    seen.add(above);
  }
  return first;
}

/** A child that waits for the person, or works, says so for its parent. How a child ended is its parent's business. */
function gather(family: Family): void {
  for (const child of family.children) {
    gather(child);
    if (asks(child)) {
      family.waits = family.group === "needs-you" ? Math.min(family.waits, child.waits) : child.waits;
      family.group = "needs-you";
    } else if (child.group === "working" && family.group === "quiet" && family.session.status === "running") {
      family.group = "working";
    }
  }
  const begun = (each: Family) => createdOf(each.session) ?? 0;
  family.children.sort((one, other) => begun(one) - begun(other));
}

/** Whether it, or one under it, waits for an answer. */
function asks(family: Family): boolean {
  return isAsking(family.standing) || family.children.some(asks);
}

function pushFamily(lines: Line[], family: Family, depth: number, material: Material): void {
  const { muted, toggled } = material;
  const { session, trace, standing, children } = family;
  const key = session.session_id;
  const open = children.length > 0 && (children.some(asks) || toggled.has(key));
  const isMuted = muted.has(session.project_dir ?? "");
  lines.push({ kind: "session", key, session, trace, standing, depth, children: children.length, open, isMuted });
  if (open) for (const child of children) pushFamily(lines, child, depth + 1, material);
}

function pushDays(lines: Line[], families: readonly Family[], material: Material): void {
  const { filters, toggled, now } = material;
  const days = new Map<string, Family[]>();
  for (const family of families) {
    const day = dayOf(lastOf(family.session));
    const known = days.get(day);
    if (known === undefined) days.set(day, [family]);
    else known.push(family);
  }
  for (const [day, ofDay] of days) {
    const first = ofDay[0];
    if (first === undefined) continue;
    lines.push({ kind: "day", key: day, text: dayText(lastOf(first.session), now) });
    // Who looks for words wants to see what has them.
    const short = filters.q === undefined ? ofDay.filter(isShort) : [];
    const folded = new Set(short.length > 1 ? short : []);
    for (const family of ofDay) if (!folded.has(family)) pushFamily(lines, family, 0, material);
    if (folded.size === 0) continue;
    const key = `short ${day}`;
    lines.push({ kind: "fold", key, count: folded.size, open: toggled.has(key) });
    if (toggled.has(key)) for (const family of folded) pushFamily(lines, family, 1, material);
  }
}

/** Without a prompt, or one prompt and its answer. */
function isShort({ session, children, standing }: Family): boolean {
  if (children.length > 0 || standing.word === "failed" || standing.word === "gone") return false;
  const span = lastOf(session) - (createdOf(session) ?? 0);
  if (session.source !== "api" && session.event_count <= 2) return true;
  return session.status === "finished" && session.event_count <= SHORT_EVENTS && span < SHORT_SPAN;
}
