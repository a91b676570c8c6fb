/** Who needs the person: counted for the title and the icon, and told once, ten seconds after it began. */

import type { Session } from "../api/client";
import type { Snapshot } from "../live/feed";
import type { Trace } from "../live/trace";
import { nameOf } from "../sessions/name";
import { isAsking, mayNeed, type Standing, standingOf, wordsOf } from "../sessions/standing";

/** A session that needs its person. */
export interface Need {
  readonly sessionId: string;
  readonly name: string;
  readonly standing: Standing;
  readonly words: string | undefined;
  /** Whether it began just now, or lasts: how a run ended long ago may be learnt at any time, and calls nobody. */
  readonly isNews: boolean;
}

/** So long does a session wait before anybody is called: most questions are answered by who sits before them. */
const CALL_AFTER = 10_000;
/** How a run ended is news for so long: other machines have other clocks. */
const NEWS_FOR = 60_000;

/** What is known of a session, and what came of it. */
interface Judged {
  readonly session: Session;
  readonly trace: Trace | undefined;
  readonly need: Need | undefined;
}

/** Who needs somebody, from one moment to the next: of thousands of sessions few may, and of these only those that changed are judged. */
export class Needs {
  #judged = new Map<string, Judged>();
  #before: readonly unknown[] = [];

  /** All who need somebody now. Muted projects do not call. */
  of({ sessions, traces }: Snapshot, muted: ReadonlySet<string>, aside: ReadonlySet<string>, now: number): readonly Need[] {
    const judgesAll = this.#before[0] !== muted || this.#before[1] !== aside || this.#before[2] !== now;
    this.#before = [muted, aside, now];
    const before = judgesAll ? new Map<string, Judged>() : this.#judged;
    this.#judged = new Map();
    const needs: Need[] = [];
    for (const [sessionId, session] of sessions) {
      const trace = traces.get(sessionId);
      if (!mayNeed(session, trace) || muted.has(session.project_dir ?? "")) continue;
      let judged = before.get(sessionId);
      if (judged?.session !== session || judged.trace !== trace) judged = { session, trace, need: needOf(session, trace, aside, now) };
      this.#judged.set(sessionId, judged);
      if (judged.need !== undefined) needs.push(judged.need);
    }
    return needs;
  }
}

function needOf(session: Session, trace: Trace | undefined, aside: ReadonlySet<string>, now: number): Need | undefined {
  const standing = standingOf(session, trace, aside, now);
  if (standing.group !== "needs-you") return undefined;
  // How a subagent ended is told to its parent, not to a person.
  if (session.parent_session_id !== null && !isAsking(standing)) return undefined;
  const isNews = isAsking(standing) || now - standing.since < NEWS_FOR;
  return { sessionId: session.session_id, name: nameOf(session), standing, words: wordsOf(standing, trace), isNews };
}

/** How many families of sessions they belong to: so many lines has the list, where subagents stand below who started them. */
export function familiesAmong(needs: readonly Need[], { sessions }: Snapshot): number {
  return new Set(needs.map(({ sessionId }) => rootOf(sessionId, sessions))).size;
}

/** The session that began it all. Parents are what clients say, and may go round in a circle. */
function rootOf(sessionId: string, sessions: Snapshot["sessions"]): string {
  const seen = new Set<string>();
  let root = sessionId;
  for (let above: string | null | undefined = root; above != null && sessions.has(above); above = sessions.get(above)?.parent_session_id) {
    if (seen.has(above)) return sessionId;
    seen.add(above);
    root = above;
  }
  return root;
}

/** A need that was seen: what it is by now, and how not to call for it. */
interface Seen {
  need: Need;
  readonly cancel: () => void;
}

/**
 * Decides who is called, and when. Each need has a timer of its own: a tab that nobody sees gets one in time, but no more than
 * one a minute of those that follow from another.
 */
export class Calls {
  readonly #after: (milliseconds: number, run: () => void) => () => void;
  #call: (need: Need) => void = () => undefined;
  #seen: Map<string, Seen> | undefined;

  constructor(after: (milliseconds: number, run: () => void) => () => void) {
    this.#after = after;
  }

  /** Takes in who needs somebody now. When they began to is when they are first seen here: clocks of other machines do not count. */
  look(needs: readonly Need[], call: (need: Need) => void): void {
    this.#call = call;
    const before = this.#seen;
    const seen = new Map<string, Seen>();
    for (const need of needs) {
      const { key } = need.standing;
      const known = before?.get(key);
      if (known !== undefined) known.need = need;
      // Who waited before the page was opened is on it: nobody has to be called.
      seen.set(key, known ?? this.#begin(need, before !== undefined && need.isNews));
    }
    for (const [key, { cancel }] of before ?? []) if (!seen.has(key)) cancel();
    this.#seen = seen;
  }

  #begin(need: Need, calls: boolean): Seen {
    const timed = () =>
      this.#after(CALL_AFTER, () => {
        this.#call(seen.need);
      });
    const seen: Seen = { need, cancel: calls ? timed() : () => undefined };
    return seen;
  }
}

/** The words of a call. */
export function callText(need: Need): string {
  const what = { permission: "asks for permission", question: "waits for you", failed: "failed", gone: "is gone" };
  const said = what[need.standing.word as keyof typeof what];
  return need.words === undefined ? said : `${said}: ${need.words}`;
}

/** The icon of the tab, with how many need somebody; a picture in the address, as the page's rules allow. */
export function iconOf(count: number): string {
  const number = count > 9 ? "9+" : String(count);
  const badge = `<circle cx="16" cy="16" r="15" fill="#b42318"/><text x="16" y="23" font-family="sans-serif" font-size="${count > 9 ? 16 : 20}" font-weight="700" text-anchor="middle" fill="#fff">${number}</text>`;
  return `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${badge}</svg>`)}`;
}
