/** The outline of a session, read on while the server still writes it: a long one is shown as it comes. */

import { answerOf, api, type Outline } from "../api/client";

/** Where one outline ends and the next begins. Within a string a quotation mark follows a backslash, never a brace. */
const BETWEEN = '},{"id":';
const HEAD = '{"outline":[';

/** Takes the answer apart as its text comes. */
export class OutlineText {
  #text = "";

  /** The outlines that are whole with this piece. */
  take(piece: string): readonly Outline[] {
    const text = this.#text + piece;
    const last = text.lastIndexOf(BETWEEN);
    this.#text = last === -1 ? text : HEAD + text.slice(last + 2);
    return last === -1 ? [] : outlinesOf(`${text.slice(0, last + 1)}]}`);
  }

  /** The last ones. Throws when the answer was cut. */
  end(): readonly Outline[] {
    return outlinesOf(this.#text);
  }
}

function outlinesOf(text: string): readonly Outline[] {
  return (JSON.parse(text) as { readonly outline: readonly Outline[] }).outline;
}

/** All events of a session in order, without their bodies, as they come. */
export async function* readOutline(sessionId: string, signal: AbortSignal): AsyncGenerator<readonly Outline[]> {
  const options = { params: { path: { session_id: sessionId } }, parseAs: "stream", signal } as const;
  const stream: ReadableStream<Uint8Array<ArrayBuffer>> = await answerOf(api.GET("/sessions/{session_id}/outline", options));
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
