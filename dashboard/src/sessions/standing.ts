/** How a session stands, from the point of view of the person who runs it. */

import type { Session } from "../api/client";
import type { Told, Trace } from "../live/trace";
import { plain } from "../ui/ansi";
import { DAY, instantOf } from "../ui/instant";

/** Whose turn it is. */
export type Group = "needs-you" | "working" | "quiet";

/** How a session stands, and since when; of a quiet one, when it was heard of last. */
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

/** Whether it can be a session that needs its person. Of most that is plain, and nothing more need be asked of them. */
export function mayNeed({ status, activity, exit_code }: Session, trace: Trace | undefined): boolean {
  return isWaiting(status, activity) || activity?.state === "gone" || trace?.failed !== undefined || (exit_code ?? 0) !== 0;
}

function isWaiting(status: Session["status"], activity: Session["activity"]): boolean {
  return status === "running" && (activity?.state === "waiting_permission" || activity?.state === "waiting_input");
}

/** Whether the same verdict stands at another moment, if nothing is heard of the session. */
export function standsAt(session: Session, trace: Trace | undefined, now: number): boolean {
  const { verdict } = instantsOf(session);
  return verdict !== undefined && verdict.trace === trace && verdict.from <= now && now < verdict.until;
}

/** The list, the tab's title and the calls ask the same of the same sessions. */
function judged(session: Session, trace: Trace | undefined, now: number): Standing {
  const instants = instantsOf(session);
  if (instants.verdict === undefined || !standsAt(session, trace, now)) {
    instants.verdict = { trace, from: now, ...judge(session, trace, now) };
  }
  return instants.verdict.standing;
}

function judge(session: Session, trace: Trace | undefined, now: number): Pick<Verdict, "standing" | "until"> {
  const when = instantsOf(session);
  const { activity, status } = session;
  const stand = (group: Group, word: Standing["word"], since = when.since, until = Infinity) => ({
    standing: { group, word, since, key: `${session.session_id} ${word} ${since}` },
    until,
  });
  if (isWaiting(status, activity)) return stand("needs-you", activity?.state === "waiting_input" ? "question" : "permission");
  const hasFailed = trace?.failed !== undefined || (session.exit_code ?? 0) !== 0;
  const bad = activity?.state === "gone" ? "gone" : hasFailed ? "failed" : undefined;
  if (bad !== undefined) {
    const at = trace?.failed?.at ?? when.ended ?? when.since;
    return now - at < FAILED_FOR ? stand("needs-you", bad, at, at + FAILED_FOR) : stand("quiet", bad, at);
  }
  if (status === "finished") return stand("quiet", "ended", when.last);
  if (activity?.state === "stalled") return stand("working", "stalled");
  if (activity?.state === "working") return stand("working", "working");
  if (activity === null && now - when.last < SILENT_AFTER) return stand("working", "working", when.last, when.last + SILENT_AFTER);
  return stand("quiet", "idle", when.last);
}

/** Whether it waits for an answer, rather than having ended badly. */
export function isAsking({ group, word }: Standing): boolean {
  return group === "needs-you" && (word === "permission" || word === "question");
}

/** How a session stands, and for how long: nothing but the time may change that. */
interface Verdict {
  readonly trace: Trace | undefined;
  readonly standing: Standing;
  readonly from: number;
  readonly until: number;
}

/** When what happened in a session. There are thousands: each is read from its timestamp when it is asked for. */
class Instants {
  readonly #session: Session;
  #last: number | undefined;
  #begun: number | undefined;
  /** How it stood when it was asked last. */
  verdict?: Verdict;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Of one that it was told of afterwards, the server notes when it was told: its first event says when it began. */
  get begun(): number | undefined {
    if (this.#begun === undefined) {
      const created = instantOf(this.#session.created_at);
      this.#begun = created === undefined ? undefined : Math.min(created, instantOf(this.#session.first_event_at) ?? created);
    }
    return this.#begun;
  }

  get last(): number {
    this.#last ??= instantOf(this.#session.last_event_at) ?? instantOf(this.#session.created_at) ?? 0;
    return this.#last;
  }

  get ended(): number | undefined {
    return instantOf(this.#session.ended_at);
  }

  /** Since when it does what it does. */
  get since(): number {
    return instantOf(this.#session.activity?.since) ?? this.last;
  }
}

/** All of them are looked at several times a second. A session that changes is another object. */
const instants = new WeakMap<Session, Instants>();

function instantsOf(session: Session): Instants {
  let found = instants.get(session);
  if (found === undefined) {
    found = new Instants(session);
    instants.set(session, found);
  }
  return found;
}

/** When something last happened in it. */
export function lastOf(session: Session): number {
  return instantsOf(session).last;
}

/** When it began. */
export function begunOf(session: Session): number {
  return instantsOf(session).begun ?? 0;
}

/** From when to when it ran; no `to` while it is not over. */
export function lengthOf(session: Session, isOver: boolean): { readonly from: number; readonly to?: number } | undefined {
  const { begun, last, ended = last } = instantsOf(session);
  if (begun === undefined) return undefined;
  if (!isOver) return { from: begun };
  return ended > begun ? { from: begun, to: ended } : undefined;
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
