/** A session to keep: as lines of JSON, or as a page that opens without this server and without any other. */

import type { Session } from "../api/client";
import { fields, list, word } from "../api/json";
import { plain } from "../ui/ansi";
import type { Body } from "./body";
import { readAll } from "./requests";
import { commandOf, editsOf, hunksOf, textOf, todosOf, viewOf } from "./tools";

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text that stands for itself in HTML, wherever it is put. */
export function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}

const STYLE = `:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
section{border-top:1px solid #8884;padding:.5rem 0}h2{font-size:.8rem;margin:.25rem 0;color:light-dark(#5c6168,#a3aab2)}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#8881;padding:.5rem;border-radius:.4rem;font:13px/1.45 ui-monospace,monospace}
.error h2{color:light-dark(#cd2b31,#ff9592)}.said{white-space:pre-wrap;overflow-wrap:anywhere}summary{cursor:pointer}`;

/** Beyond so many lines a text is folded. */
const FEW = 30;

function block(text: string): string {
  if (text === "") return "";
  const pre = `<pre>${escaped(plain(text))}</pre>`;
  const lines = text.split("\n").length;
  return lines <= FEW ? pre : `<details><summary>${lines} lines</summary>${pre}</details>`;
}

function json(value: unknown): string {
  return block(JSON.stringify(value, undefined, 2));
}

function called(body: Body): string {
  const input = body.tool_input;
  switch (viewOf(body.tool_name ?? "")) {
    case "shell":
    case "patch":
      return block(commandOf(input) ?? JSON.stringify(input));
    case "edit":
      return (
        block(word(input, "file_path", "notebook_path") ?? "") +
        editsOf(input)
          .map(({ before, after }) => block(before.replaceAll(/^/gm, "- ")) + block(after.replaceAll(/^/gm, "+ ")))
          .join("")
      );
    case "checklist":
      return block(
        todosOf(input)
          .map(({ text, state }) => `[${state === "completed" ? "x" : " "}] ${text}`)
          .join("\n"),
      );
    default:
      return input === null ? "" : json(input);
  }
}

function answered({ tool_output, error }: Body): string {
  const hunks = hunksOf(tool_output);
  const text = hunks.length > 0 ? hunks.flatMap(({ lines }) => lines).join("\n") : textOf(tool_output);
  const output = tool_output === null ? "" : text === undefined ? json(tool_output) : block(text);
  return output + (error === null ? "" : block(error));
}

function content(body: Body): string {
  switch (body.event_type) {
    case "message":
      return list(body.content)
        .map((part) => {
          const text = word(part, "text", "thinking");
          return text === undefined ? json(part) : `<div class="said">${escaped(text)}</div>`;
        })
        .join("");
    case "pre_tool":
      return called(body);
    case "post_tool":
      return answered(body);
    default: {
      const hook = fields(body.hook);
      return block(body.error ?? body.reason ?? word(hook, "message", "prompt", "last_assistant_message") ?? "");
    }
  }
}

/** One event, as a part of the page. */
export function section(body: Body): string {
  const title = [body.event_type.replaceAll("_", " "), body.role, body.tool_name].filter((part) => part !== null).join(" · ");
  const name = body.error === null ? "" : ' class="error"';
  return `<section id="e${body.id}"${name}><h2>${escaped(title)} · <time>${escaped(body.timestamp)}</time></h2>${content(body)}</section>\n`;
}

/** The page before its first event. It may load nothing and run nothing, whatever it holds. */
export function pageHead({ session_name, session_id, agent_name, project_dir, branch, model, first_event_at, created_at }: Session): string {
  const facts = [session_id, agent_name, project_dir, branch, model, first_event_at ?? created_at].filter((fact) => fact !== null);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(session_name)}</title><style>${STYLE}</style></head><body>
<h1>${escaped(session_name)}</h1><p>${escaped(facts.join(" · "))}</p>
`;
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
  for await (const page of readAll(session.session_id)) parts.push(page.map(section).join(""));
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
