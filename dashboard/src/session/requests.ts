/** What the session view asks of the server. */

import type { Outline, OutlinePage } from "../api/added";
import type { Body } from "./body";

/** An answer other than success: its status, and the server's own sentence. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

interface EventPage {
  readonly events: readonly Body[];
  readonly next?: number;
}

/** Where the API has a session. */
export function sessionPath(sessionId: string): string {
  return `/sessions/${encodeURIComponent(sessionId)}`;
}

/** A request whose answer is JSON. */
export async function ask<Answer>(path: string, options: RequestInit = {}): Promise<Answer> {
  const answer = await fetch(path, options);
  const body: unknown = await answer.json().catch(() => ({}));
  if (answer.ok) return body as Answer;
  const detail = typeof body === "object" && body !== null && "detail" in body ? String(body.detail) : answer.statusText;
  throw new Refused(answer.status, detail);
}

/** Some of the events of a session, with their bodies. */
export function readEvents(
  sessionId: string,
  query: Readonly<Record<string, string | number | undefined>>,
  signal?: AbortSignal,
): Promise<EventPage> {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) parameters.set(key, String(value));
  return ask(`${sessionPath(sessionId)}/events?${parameters}`, signal === undefined ? {} : { signal });
}

const OUTLINE_PAGE = 10_000;

/** All events of a session in order, without their bodies, page by page. */
export async function* readOutline(sessionId: string, signal: AbortSignal): AsyncGenerator<readonly Outline[]> {
  let after: number | undefined;
  do {
    const place: string = after === undefined ? "" : `&after=${after}`;
    const page: OutlinePage = await ask(`${sessionPath(sessionId)}/outline?limit=${OUTLINE_PAGE}${place}`, { signal });
    yield page.outline;
    after = page.next;
  } while (after !== undefined);
}

const EVENT_PAGE = 500;

/** All events of a session in order, page by page. */
export async function* readAll(sessionId: string, signal?: AbortSignal): AsyncGenerator<readonly Body[]> {
  let after: number | undefined;
  do {
    const page: EventPage = await readEvents(sessionId, { limit: EVENT_PAGE, after }, signal);
    yield page.events;
    after = page.next;
  } while (after !== undefined);
}
