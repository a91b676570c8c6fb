/** Requests to the server that this page came from, typed by its own description. */

import createClient from "openapi-fetch";

import type { components, paths } from "./schema";

type Schemas = components["schemas"];

/** One run of one agent. */
export type Session = Schemas["Session"];

/** What an agent did, as it is stored. */
export type Event = Schemas["Event"];

/** An event without its body: enough to place it, pair it and say in a line what it is. */
export type Outline = Schemas["Outline"];

/** Many of them, column by column. */
export type OutlineColumns = Schemas["OutlineColumns"];

/** An outline as the live log sends it. */
export type EventOutline = Outline & { readonly session_id: string; readonly has_error: boolean };

/** What a session is doing, and how that is known. */
export type Activity = Schemas["Activity"];

/** What happened between two instants. */
export type Statistics = Schemas["Statistics"];

/** What happened in one stretch of time. */
export type StatisticsBucket = Schemas["StatisticsBucket"];

/** The API. Paths and answers are checked against docs/openapi.json; the browser asks the server of the page. */
export const api = createClient<paths>();

/** An answer other than success: its status, and the server's own sentence. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

interface Answer<Body> {
  readonly data?: Body;
  readonly error?: unknown;
  readonly response: Response;
}

/** What the server answers; throws `Refused` when that is no success. */
export async function answerOf<Body>(asked: Promise<Answer<Body>>): Promise<NonNullable<Body>> {
  const { data, error, response } = await asked;
  if (response.ok && data !== undefined && data !== null) return data;
  const detail = typeof error === "object" && error !== null && "detail" in error ? String(error.detail) : response.statusText;
  throw new Refused(response.status, detail);
}
