/** Which sessions are shown. Lives in the address, so that a view can be kept and sent on. */

import type { Session } from "../api/client";
import { nameOf } from "./name";
import { agentOf, type Group } from "./standing";

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

/** What was answered of a session: it is asked several times a second of thousands, of which a few have changed. */
const answers = new WeakMap<Session, { readonly filters: Filters; readonly doesFit: boolean }>();

/** Whether all but the status fits; that is asked of a whole family. */
export function fits(session: Session, filters: Filters): boolean {
  if (filters.agent === undefined && filters.project === undefined && filters.q === undefined) return true;
  const known = answers.get(session);
  if (known?.filters === filters) return known.doesFit;
  const doesFit = fitsAll(session, filters);
  answers.set(session, { filters, doesFit });
  return doesFit;
}

function fitsAll(session: Session, filters: Filters): boolean {
  if (filters.agent !== undefined && agentOf(session) !== filters.agent) return false;
  if (filters.project !== undefined && session.project_dir !== filters.project) return false;
  if (filters.q === undefined) return true;
  const sought = filters.q.toLowerCase();
  const fields = [session.session_name, nameOf(session), session.session_id, session.project_dir, agentOf(session), session.branch];
  return fields.some((field) => field?.toLowerCase().includes(sought) ?? false);
}
