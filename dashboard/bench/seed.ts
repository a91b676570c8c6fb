/** Fills a server over the wire with what its page is to bear. */

import type { SentEvent, Server } from "../tests/harness/server";

const DAY = 24 * 60 * 60_000;
/** Lines of one request. */
const LINES = 2_000;

async function send(server: Server, events: Iterable<SentEvent>): Promise<void> {
  let batch: SentEvent[] = [];
  for (const event of events) {
    batch.push(event);
    if (batch.length < LINES) continue;
    await server.ingest(batch);
    batch = [];
  }
  if (batch.length > 0) await server.ingest(batch);
}

/** Sessions of the last month, a third of which is over, of forty projects. */
export async function seedMany(server: Server, sessions: number): Promise<void> {
  const now = Date.now();
  function* events(): Generator<SentEvent> {
    for (let number = 0; number < sessions; number += 1) {
      const at = now - ((sessions - number) / sessions) * 30 * DAY;
      const of = (second: number, more: object) => ({
        session_id: `many-${number}`,
        session_name: `Mend part ${number} of the shop`,
        project_dir: `/home/someone/projects/${number % 40}`,
        timestamp: new Date(at + second * 1_000).toISOString(),
        ...more,
      });
      yield of(0, { event_type: "session_start" });
      yield of(1, { event_type: "message", role: "user", content: [{ type: "text", text: `Please mend part ${number}.` }] });
      yield of(2, { event_type: "pre_tool", tool_name: "Bash", tool_input: { command: "make test" }, tool_use_id: `u${number}` });
      yield of(9, { event_type: "post_tool", tool_name: "Bash", tool_output: "ok", tool_use_id: `u${number}` });
      if (number % 3 === 0) yield of(600, { event_type: "session_stop", reason: "done", exit_code: number % 60 === 0 ? 1 : 0 });
    }
  }
  await send(server, events());
}

const NAME = "Find out why totals are wrong";

const ANSWER = `I looked at **three** places:

1. \`src/cart.ts\` adds up before it rounds,
2. \`src/price.ts\` rounds before it adds up,
3. the test expects neither.

\`\`\`ts
export const total = (prices: readonly number[]) => Math.round(prices.reduce((sum, price) => sum + price, 0));
\`\`\`

| part | cents |
| --- | --- |
| cart | 1,250 |
| price | 1,249 |
`;

/** What an agent does over and over: it is asked, reads, edits, runs the tests and answers. */
function* turn(sessionId: string, number: number, at: number): Generator<SentEvent> {
  let second = 0;
  const of = (event_type: string, more: object): SentEvent => {
    second += 1;
    return { session_id: sessionId, session_name: NAME, event_type, timestamp: new Date(at + second * 100).toISOString(), ...more };
  };
  const called = (tool_name: string, tool_input: object, tool_output: unknown, more: object = {}): SentEvent[] => {
    const tool_use_id = `${sessionId}-${number}-${second}`;
    return [
      of("pre_tool", { tool_name, tool_input, tool_use_id }),
      of("post_tool", { tool_name, tool_input, tool_output, tool_use_id, duration_ms: 1_200, ...more }),
    ];
  };
  yield of("message", { role: "user", content: [{ type: "text", text: `Why is the total of order ${number} wrong?` }] });
  const lines = Array.from({ length: 40 + (number % 90) }, (_, line) => `export const price${line} = ${line * number};`);
  yield* called("Read", { file_path: "/work/shop/src/cart.ts" }, { type: "text", file: { content: lines.join("\n") } });
  yield* called("Grep", { pattern: "total" }, lines.slice(0, 12).map((line, place) => `src/cart.ts:${place}:${line}`).join("\n"));
  yield* called("Edit", { file_path: "/work/shop/src/cart.ts", old_string: lines.slice(0, 6).join("\n"), new_string: lines.slice(2, 9).join("\n") }, "ok");
  const output = lines.map((line, place) => `ok ${place} - ${line}`).join("\n");
  yield* called("Bash", { command: `npm test -- --order ${number}` }, output, number % 7 === 0 ? { error: "exit status 1" } : {});
  yield of("message", { role: "assistant", content: [{ type: "text", text: ANSWER }] });
}

/** A session of so many events, which still goes on; its id. */
export async function seedLong(server: Server, count: number): Promise<string> {
  const sessionId = "long";
  const begun = Date.now() - count * 100;
  function* events(): Generator<SentEvent> {
    yield {
      session_id: sessionId,
      session_name: NAME,
      project_dir: "/work/shop",
      event_type: "session_start",
      timestamp: new Date(begun).toISOString(),
    };
    let sent = 1;
    for (let number = 0; sent < count; number += 1) {
      for (const event of turn(sessionId, number, begun + sent * 100)) {
        if (sent === count) return;
        sent += 1;
        yield event;
      }
    }
  }
  await send(server, events());
  return sessionId;
}
