/** Which sessions are shown. Lives in the address, so that a view can be kept and sent on. */

import type { Session } from "../api/client";
import type { Trace } from "../live/trace";
import { nameOf } from "./name";
import { agentOf, type Group, type Standing, STANDING_NAMES, wordsOf } from "./standing";

/** Absent: all. */
export interface Filters {
  readonly status?: Group;
  readonly agent?: string;
  readonly project?: string;
  readonly q?: string;
}

const GROUPS: readonly string[] = ["needs-you", "working", "quiet"] satisfies Group[];

/** Reads what stands in the address; what makes no sense there is left out. */
export function readFilters(search: Record<string, unknown>): Filters {
  const text = (key: string) => {
    const value = search[key];
    // The router reads `?q=42` as a number.
    const words = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
    return typeof words === "string" && words !== "" ? { [key]: words } : {};
  };
  const status = typeof search.status === "string" && GROUPS.includes(search.status) ? text("status") : {};
  return { ...status, ...text("agent"), ...text("project"), ...text("q") };
}

/** A session, and what its row says of it. */
interface Shown {
  readonly session: Session;
  readonly trace: Trace | undefined;
  readonly standing: Standing;
}

/** What was answered of a session: it is asked several times a second of thousands, of which a few have changed. */
const answers = new WeakMap<Session, Omit<Shown, "session"> & { readonly filters: Filters; readonly doesFit: boolean }>();

/** Whether all but the status fits; that is asked of a whole family. */
export function fits(shown: Shown, filters: Filters): boolean {
  if (filters.agent === undefined && filters.project === undefined && filters.q === undefined) return true;
  const { session, trace, standing } = shown;
  const known = answers.get(session);
  if (known?.filters === filters && known.trace === trace && known.standing === standing) return known.doesFit;
  const doesFit = fitsAll(shown, filters);
  answers.set(session, { trace, standing, filters, doesFit });
  return doesFit;
}

function fitsAll({ session, trace, standing }: Shown, filters: Filters): boolean {
  if (filters.agent !== undefined && agentOf(session) !== filters.agent) return false;
  if (filters.project !== undefined && session.project_dir !== filters.project) return false;
  if (filters.q === undefined) return true;
  const sought = filters.q.toLowerCase();
  const { session_name, session_id, project_dir, branch } = session;
  const row = [STANDING_NAMES[standing.word], nameOf(session), wordsOf(standing, trace), agentOf(session), project_dir, branch];
  return [...row, session_name, session_id].some((field) => field?.toLowerCase().includes(sought) ?? false);
}
