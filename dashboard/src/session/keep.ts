/** A session to keep: as lines of JSON, or as a page that opens without this server and without any other. */

import type { Session } from "../api/client";
import { nameOf } from "../sessions/name";
import { inputKey, type Body } from "./body";
import { escaped, partOf } from "./kept";
import { readAll } from "./requests";

const STYLE = `:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
section{border-top:1px solid #8884;padding:.5rem 0}h2{font-size:.8rem;margin:.25rem 0;color:light-dark(#5c6168,#a3aab2)}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#8881;padding:.5rem;border-radius:.4rem;font:13px/1.45 ui-monospace,monospace}
code{font-family:ui-monospace,monospace;background:#8882;border-radius:.25rem;padding:0 .2rem}pre code{background:none;padding:0}
.error h2{color:light-dark(#cd2b31,#ff9592)}.said{overflow-wrap:anywhere}.plain-words{white-space:pre-wrap}summary{cursor:pointer}
.said :is(p,ul,ol,blockquote){margin:.4rem 0}blockquote{border-left:3px solid #8886;padding-left:.75rem}.md-heading{font-weight:650}
.md-table{overflow-x:auto}table{border-collapse:collapse}:is(th,td){border:1px solid #8886;padding:.2rem .6rem;text-align:left}`;

/** The page before its first event. It may load nothing and run nothing, whatever it holds. */
export function pageHead(session: Session): string {
  const { session_id, agent_name, project_dir, branch, model, first_event_at, created_at } = session;
  const facts = [session_id, agent_name, project_dir, branch, model, first_event_at ?? created_at].filter((fact) => fact !== null);
  const name = escaped(nameOf(session));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}</title><style>${STYLE}</style></head><body>
<h1>${name}</h1><p>${escaped(facts.join(" · "))}</p>
`;
}

/** The parts of the page, one event after the other. A result whose call was told of does not tell it again. */
export class Parts {
  readonly #called = new Set<string>();

  /** One event, as a part of the page. */
  of(body: Body): string {
    const keys = [body.tool_use_id, `${body.tool_name ?? ""} ${inputKey(body) ?? ""}`].filter((key) => typeof key === "string");
    const isKnown = keys.some((key) => this.#called.has(key));
    if (body.event_type === "pre_tool") for (const key of keys) this.#called.add(key);
    return partOf(body, isKnown);
  }
}

/** The session and its events as lines of JSON, as the command `export` writes them. */
export async function asLines(session: Session): Promise<Blob> {
  const parts = [`${JSON.stringify(session)}\n`];
  for await (const page of readAll(session.session_id)) parts.push(page.map((event) => `${JSON.stringify(event)}\n`).join(""));
  return new Blob(parts, { type: "application/x-ndjson" });
}

/** The session as a page of its own. */
export async function asPage(session: Session): Promise<Blob> {
  const parts = [pageHead(session)];
  const told = new Parts();
  for await (const page of readAll(session.session_id)) parts.push(page.map((body) => told.of(body)).join(""));
  return new Blob([...parts, "</body></html>\n"], { type: "text/html" });
}

/** A name that every system takes for a file. */
export function fileName(name: string, form: string): string {
  const plain = name.replaceAll(/[^\p{L}\p{N}._-]+/gu, "-").replaceAll(/^[-.]+|[-.]+$/g, "");
  return `${plain === "" ? "session" : plain}.${form}`;
}

/** Hands a file to the browser. */
export function save(blob: Blob, name: string) {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser reads it after this; a minute is long enough for it to have begun.
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, 60_000);
}
