/** Requests to the server that this page came from, typed by its own description. */

import createClient from "openapi-fetch";

import type { components, paths } from "./schema";

/** One run of one agent. */
export type Session = components["schemas"]["Session"];

/** What an agent did, as it is stored. */
export type Event = components["schemas"]["Event"];

/** What a session is doing, and how that is known. */
export type Activity = components["schemas"]["Activity"];

/** The API. Paths and answers are checked against docs/openapi.json. */
export const api = createClient<paths>({ baseUrl: window.location.origin });
