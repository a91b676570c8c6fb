/** Who needs the person: counted for the title and the icon, and told once, ten seconds after it began. */

import type { Snapshot } from "../live/feed";
import { nameOf } from "../sessions/name";
import { isAsking, type Standing, standingOf, wordsOf } from "../sessions/standing";

/** A session that needs its person. */
export interface Need {
  readonly sessionId: string;
  readonly name: string;
  readonly standing: Standing;
  readonly words: string | undefined;
}

/** So long does a session wait before anybody is called: most questions are answered by who sits before them. */
const CALL_AFTER = 10_000;

/** All who need somebody now. Muted projects do not call. */
export function needsOf(
  { sessions, traces }: Snapshot,
  muted: ReadonlySet<string>,
  aside: ReadonlySet<string>,
  now: number,
): Need[] {
  const needs: Need[] = [];
  for (const [sessionId, session] of sessions) {
    if (muted.has(session.project_dir ?? "")) continue;
    const trace = traces.get(sessionId);
    const standing = standingOf(session, trace, aside, now);
    if (standing.group !== "needs-you") continue;
    // How a subagent ended is told to its parent, not to a person.
    if (session.parent_session_id !== null && !isAsking(standing)) continue;
    needs.push({ sessionId, name: nameOf(session), standing, words: wordsOf(standing, trace) });
  }
  return needs;
}

/** Decides who is called, and when. */
export class Calls {
  /** When each need was first seen here, as clocks of other machines do not count; `undefined` when nobody has to be called for it any more. */
  #seen: Map<string, number | undefined> | undefined;

  /** Takes in who needs somebody now; answers who is to be called. */
  look(needs: readonly Need[], now: number): Need[] {
    const before = this.#seen;
    const seen = new Map<string, number | undefined>();
    const due: Need[] = [];
    for (const need of needs) {
      const { key } = need.standing;
      // Who waited before the page was opened is on it: nobody has to be called.
      const first = before === undefined ? undefined : before.has(key) ? before.get(key) : now;
      const isDue = first !== undefined && first + CALL_AFTER <= now;
      if (isDue) due.push(need);
      seen.set(key, isDue ? undefined : first);
    }
    this.#seen = seen;
    return due;
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
