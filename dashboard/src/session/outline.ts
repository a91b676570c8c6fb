/** The outline of a session, read on while the server still writes it: a long one is shown as it comes. */

import { answerOf, api, type Outline, type OutlineColumns } from "../api/client";
import type { Told } from "./story";

/** Pages of columns stand a line each. Within a string a line break is written as two other characters. */
const BETWEEN = ",\n";
const HEAD = '{"pages":[';

/** Takes the answer apart as its text comes. */
export class OutlineText {
  #text = "";

  /** The outlines of pages that are whole with this piece. */
  take(piece: string): readonly Told[] {
    this.#text += piece;
    if (!piece.includes("\n")) return [];
    const last = this.#text.lastIndexOf(BETWEEN);
    const whole = `${this.#text.slice(0, last)}]}`;
    this.#text = HEAD + this.#text.slice(last + BETWEEN.length);
    return outlinesOf(whole);
  }

  /** The last ones. Throws when the answer was cut. */
  end(): readonly Told[] {
    return outlinesOf(this.#text);
  }
}

function outlinesOf(text: string): readonly Told[] {
  const { pages } = JSON.parse(text) as { readonly pages: readonly OutlineColumns[] };
  return pages.flatMap(rowsOf);
}

function rowsOf(columns: OutlineColumns): readonly Told[] {
  const { words, id, timestamp } = columns;
  const [errors, thoughts] = [new Set(columns.errors), new Set(columns.thoughts)];
  let at = 0;
  return id.map((one, row) => {
    at += columns.at[row] ?? 0;
    const outline = new OutlineRow(one, at, words[timestamp[row] ?? 0] ?? null);
    outline.event_type = words[columns.event_type[row] ?? 0] ?? "";
    outline.tool_name = words[columns.tool_name[row] ?? 0] ?? null;
    outline.tool_use_id = words[columns.tool_use_id[row] ?? 0] ?? null;
    outline.role = words[columns.role[row] ?? 0] ?? null;
    outline.is_error = errors.has(row);
    outline.is_thinking = thoughts.has(row);
    outline.duration_ms = columns.duration_ms[row] ?? null;
    outline.bytes = columns.bytes[row] ?? 0;
    outline.text = words[columns.text[row] ?? 0] ?? null;
    return { outline, at, input: null };
  });
}

/** One of many: its timestamp is written out when somebody looks. */
class OutlineRow implements Outline {
  readonly id: number;
  event_type = "";
  tool_name: string | null = null;
  tool_use_id: string | null = null;
  role: string | null = null;
  is_error = false;
  is_thinking = false;
  duration_ms: number | null = null;
  bytes = 0;
  text: string | null = null;
  readonly #at: number;
  readonly #written: string | null;

  constructor(id: number, at: number, written: string | null) {
    this.id = id;
    this.#at = at;
    this.#written = written;
  }

  get timestamp(): string {
    return this.#written ?? new Date(this.#at / 1000).toISOString();
  }

  toJSON(): Outline {
    const { id, event_type, timestamp, tool_name, tool_use_id, role, is_error, is_thinking, duration_ms, bytes, text } = this;
    return { id, event_type, timestamp, tool_name, tool_use_id, role, is_error, is_thinking, duration_ms, bytes, text };
  }
}

/** Which of them are read. */
interface Wanted {
  readonly order?: "asc" | "desc";
  readonly before?: number;
  readonly after?: number;
  readonly limit: number;
}

async function readSome(sessionId: string, query: Wanted, signal: AbortSignal): Promise<readonly Told[]> {
  const options = { params: { path: { session_id: sessionId }, query }, signal };
  const { pages } = await answerOf(api.GET("/sessions/{session_id}/outline/columns", options));
  return pages.flatMap(rowsOf);
}

/** Some neighbours of a session's events, and the id of the one before them. */
export interface Excerpt {
  readonly after: number | undefined;
  readonly told: readonly Told[];
}

/** The last events of a session, the newest first. */
export async function readLast(sessionId: string, limit: number, signal: AbortSignal): Promise<Excerpt> {
  const told = await readSome(sessionId, { order: "desc", limit: limit + 1 }, signal);
  return { after: told[limit]?.outline.id, told: told.slice(0, limit) };
}

/** As many events before one and behind it. */
export async function readAround(sessionId: string, id: number, limit: number, signal: AbortSignal): Promise<Excerpt> {
  const before = await readSome(sessionId, { order: "desc", before: id, limit }, signal);
  const after = before.length === limit ? before.at(-1)?.outline.id : undefined;
  const told = await readSome(sessionId, { limit: 2 * limit, ...(after === undefined ? {} : { after }) }, signal);
  return { after, told };
}

/** All events of a session in order, without their bodies, as they come. */
export async function* readOutline(sessionId: string, signal: AbortSignal): AsyncGenerator<readonly Told[]> {
  const options = { params: { path: { session_id: sessionId } }, parseAs: "stream", signal } as const;
  const stream: ReadableStream<Uint8Array<ArrayBuffer>> = await answerOf(api.GET("/sessions/{session_id}/outline/columns", options));
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  const text = new OutlineText();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    yield text.take(decoder.decode(value, { stream: true }));
  }
  yield text.end();
}
