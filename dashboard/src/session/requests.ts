/** What the session view reads of a session, page by page. */

import { answerOf, api } from "../api/client";
import type { Body } from "./body";

interface EventPage {
  readonly events: readonly Body[];
  readonly next?: number;
}

/** Which events are read. */
interface Wanted {
  readonly after?: number;
  readonly limit: number;
  /** Text that stands in them. */
  readonly q?: string;
}

/** Some of the events of a session, with their bodies. */
export function readEvents(sessionId: string, query: Wanted, signal?: AbortSignal): Promise<EventPage> {
  const options = { params: { path: { session_id: sessionId }, query }, ...(signal === undefined ? {} : { signal }) };
  return answerOf(api.GET("/sessions/{session_id}/events", options));
}

const EVENT_PAGE = 500;

/** All events of a session in order, page by page. */
export async function* readAll(sessionId: string): AsyncGenerator<readonly Body[]> {
  let after: number | undefined;
  do {
    const page = await readEvents(sessionId, { limit: EVENT_PAGE, ...(after === undefined ? {} : { after }) });
    yield page.events;
    after = page.next;
  } while (after !== undefined);
}
