/** How a session stands, from the point of view of the person who runs it. */

import type { Session } from "../api/client";
import type { Told, Trace } from "../live/trace";
import { plain } from "../ui/ansi";
import { DAY, instantOf } from "../ui/instant";

/** Whose turn it is. */
export type Group = "needs-you" | "working" | "quiet";

/** How a session stands, and since when. */
export interface Standing {
  readonly group: Group;
  readonly word: "permission" | "question" | "failed" | "gone" | "working" | "stalled" | "idle" | "ended";
  readonly since: number;
  /** Stays the same as long as it is about the same: what was put aside stays aside. */
  readonly key: string;
}

/** So long does a run that ended badly ask for attention. */
const FAILED_FOR = DAY;
/** A client of the API that says nothing for so long is not at work, whatever its status says. */
const SILENT_AFTER = DAY;

/** So much later than its event happened may the server hear of a session as it begins. */
const SKEW = 60_000;

/** How a session stands now. `aside` holds the keys that the person has put aside. */
export function standingOf(
  session: Session,
  trace: Trace | undefined,
  aside: ReadonlySet<string>,
  now: number,
): Standing {
  const standing = judged(session, trace, now);
  return standing.group === "needs-you" && aside.has(standing.key) ? { ...standing, group: "quiet" } : standing;
}

/** The list, the tab's title and the calls ask the same of the same sessions. */
function judged(session: Session, trace: Trace | undefined, now: number): Standing {
  const instants = instantsOf(session);
  const { verdict } = instants;
  if (verdict !== undefined && verdict.trace === trace && verdict.now === now) return verdict.standing;
  const standing = judge(session, trace, now);
  instants.verdict = { trace, now, standing };
  return standing;
}

function judge(session: Session, trace: Trace | undefined, now: number): Standing {
  const { last, ended, since = last } = instantsOf(session);
  const { activity, status } = session;
  const stand = (group: Group, word: Standing["word"], at = since): Standing => ({
    group,
    word,
    since: at,
    key: `${session.session_id} ${word} ${at}`,
  });
  if (status === "running") {
    if (activity?.state === "waiting_permission") return stand("needs-you", "permission");
    if (activity?.state === "waiting_input") return stand("needs-you", "question");
  }
  const hasFailed = trace?.failed !== undefined || (session.exit_code ?? 0) !== 0;
  const bad = activity?.state === "gone" ? "gone" : hasFailed ? "failed" : undefined;
  if (bad !== undefined) {
    const at = trace?.failed?.at ?? ended ?? since;
    return stand(now - at < FAILED_FOR ? "needs-you" : "quiet", bad, at);
  }
  if (status === "finished") return stand("quiet", "ended", ended ?? last);
  if (activity?.state === "stalled") return stand("working", "stalled");
  if (activity?.state === "working") return stand("working", "working");
  if (activity === null && now - last < SILENT_AFTER) return stand("working", "working", last);
  return stand("quiet", "idle");
}

/** Whether it waits for an answer, rather than having ended badly. */
export function isAsking({ group, word }: Standing): boolean {
  return group === "needs-you" && (word === "permission" || word === "question");
}

/** When what happened in a session. */
interface Instants {
  readonly created: number | undefined;
  readonly last: number;
  readonly ended: number | undefined;
  /** Since when it does what it does. */
  readonly since: number | undefined;
  /** How it stood when it was asked last. */
  verdict?: { readonly trace: Trace | undefined; readonly now: number; readonly standing: Standing };
}

/** All of them are looked at several times a second. A session that changes is another object. */
const instants = new WeakMap<Session, Instants>();

function instantsOf(session: Session): Instants {
  let found = instants.get(session);
  if (found === undefined) {
    const created = instantOf(session.created_at);
    found = {
      created,
      last: instantOf(session.last_event_at) ?? created ?? 0,
      ended: instantOf(session.ended_at),
      since: instantOf(session.activity?.since),
    };
    instants.set(session, found);
  }
  return found;
}

/** When something last happened in it. */
export function lastOf(session: Session): number {
  return instantsOf(session).last;
}

/** When the server first heard of it. */
export function createdOf(session: Session): number | undefined {
  return instantsOf(session).created;
}

/**
 * From when to when it ran; no `to` while it is not over. Of one that was told of afterwards, the server knows only when it was
 * told: then the first event says when it began, and without that nothing does.
 */
export function lengthOf(
  session: Session,
  isOver: boolean,
  first?: number,
): { readonly from: number; readonly to?: number } | undefined {
  const { created: noted, last, ended = last } = instantsOf(session);
  if (noted === undefined) return undefined;
  const created = noted - last < SKEW ? Math.min(noted, last) : noted;
  if (last < created) return first === undefined || first === last ? undefined : { from: first, to: last };
  if (!isOver) return { from: created };
  return ended > created ? { from: created, to: ended } : undefined;
}

/** The agent, by the best name there is. */
export function agentOf(session: Session): string {
  return session.agent_name ?? session.source;
}

/** The last folder of a path. */
export function folderOf(path: string): string {
  return path.split(/[/\\]/).findLast((part) => part !== "") ?? path;
}

/** How a session stands, as its row says it. */
export const STANDING_NAMES: Readonly<Record<Standing["word"], string>> = {
  permission: "Permission",
  question: "Question",
  failed: "Failed",
  gone: "Gone",
  working: "Working",
  stalled: "Silent",
  idle: "Idle",
  ended: "Ended",
};

/** What it does now, asks, or did last. */
export function wordsOf(standing: Standing, trace: Trace | undefined): string | undefined {
  if (standing.word === "gone") {
    const last = trace?.said === undefined ? undefined : toldWords(standing, trace.said);
    return `Its process ended without a word${last === undefined ? "" : `; last: ${last}`}`;
  }
  if (standing.word === "failed") return trace?.failed?.text ?? trace?.said?.text;
  const told = standing.group === "needs-you" ? (trace?.asked ?? trace?.said) : trace?.said;
  return told === undefined ? undefined : toldWords(standing, told);
}

function toldWords(standing: Standing, told: Told): string | undefined {
  const text = told.text === undefined ? undefined : plain(told.text).replaceAll(/\s+/g, " ");
  // A code, as agents give for why a session ended, tells a person nothing.
  if (told.type === "session_stop" && text !== undefined && !text.includes(" ")) return undefined;
  if (standing.word === "question" && text !== undefined) return text;
  if (told.tool !== undefined) return text === undefined ? told.tool : `${told.tool}: ${text}`;
  return text;
}
