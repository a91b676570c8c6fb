/** What a tool call was about, in the form that fits the tool. */

import type { ReactNode } from "react";

import { fields, word } from "../api/json";
import { overwritten } from "../ui/ansi";
import type { Body } from "./body";
import { Code } from "./Code";
import { Diff, DiffLines } from "./Diff";
import { Json } from "./Json";
import { Place, sessionAddress } from "./Place";
import { commandOf, exitOf, hitsOf, languageOf, subagentOf, textOf, todosOf, viewOf } from "./tools";
import { webAddress } from "./web";

interface ToolViewProps {
  /** The event that told of the call. */
  readonly call: Body;
  /** The event that told of its end. */
  readonly answer: Body | undefined;
  /** The session that it started, as far as that is known without its result. */
  readonly started: string | undefined;
}

/** Input and output of a call. */
export function ToolView({ call, answer, started }: ToolViewProps) {
  const input = call.tool_input ?? answer?.tool_input ?? fields(fields(call.hook)?.tool_input) ?? null;
  const parts = { input, output: answer?.tool_output ?? null, error: answer?.error ?? null, subagent: subagentIn(answer) ?? started };
  return (
    <div className="tool-view">
      {shown(call.tool_name ?? "", parts)}
      {parts.error !== null && (
        <div className="tool-error" role="group" aria-label="Error">
          <Code text={parts.error} />
        </div>
      )}
    </div>
  );
}

interface Parts {
  readonly input: unknown;
  readonly output: unknown;
  readonly error: string | null;
  /** The session that it started. */
  readonly subagent: string | undefined;
}

/** The session that a result names. */
function subagentIn(answer: Body | undefined): string | undefined {
  const agent = subagentOf(answer?.tool_output);
  return answer === undefined || agent === undefined ? undefined : `${answer.session_id}:${agent}`;
}

function shown(toolName: string, parts: Parts): ReactNode {
  switch (viewOf(toolName)) {
    case "shell":
      return <Shell {...parts} />;
    case "edit":
      return <Edit {...parts} />;
    case "patch":
      return <Patch {...parts} />;
    case "read":
      return <Read {...parts} />;
    case "search":
      return <Search {...parts} />;
    case "checklist":
      return <Checklist {...parts} />;
    case "task":
      return <Task {...parts} />;
    case "web":
      return <Web {...parts} />;
    default:
      return <Plain {...parts} />;
  }
}

function Output({ output }: { readonly output: unknown }) {
  if (output === null || output === undefined || output === "") return null;
  const text = textOf(output);
  if (text === undefined) return <Json value={output} />;
  return text === "" ? null : <Code text={overwritten(text)} />;
}

function Shell({ input, output, error }: Parts) {
  const command = commandOf(input);
  const exit = exitOf(output, error);
  const object = fields(output);
  const background = word(output, "backgroundTaskId");
  return (
    <>
      {command === undefined ? <Json value={input} /> : <Code text={command} language="bash" />}
      <Output output={output} />
      {exit !== undefined && exit !== 0 && <p className="tool-failed">Ended with exit code {exit}</p>}
      {object?.interrupted === true && <p className="tool-failed">Interrupted</p>}
      {background !== undefined && <p className="quiet">Goes on in the background: {background}</p>}
    </>
  );
}

function Path({ input }: { readonly input: unknown }) {
  const path = word(input, "file_path", "notebook_path", "path", "target_file");
  return path === undefined ? null : <p className="tool-path">{path}</p>;
}

function Edit({ input, output }: Parts) {
  return (
    <>
      <Path input={input} />
      <Diff input={input} output={output} />
    </>
  );
}

function Patch({ input, output }: Parts) {
  const patch = commandOf(input) ?? word(input, "patch", "input");
  return (
    <>
      {patch === undefined ? <Json value={input} /> : <DiffLines text={patch} />}
      <Output output={output} />
    </>
  );
}

/** Claude Code once put the numbers of lines into the text itself. */
const NUMBERED = /^ *\d+[→\t]/;

function Read({ input, output }: Parts) {
  const path = word(input, "file_path", "notebook_path", "path") ?? "";
  const file = fields(output)?.file;
  const start = fields(file)?.startLine ?? fields(input)?.offset;
  const text = textOf(output);
  const isCode = text !== undefined && text !== "" && !NUMBERED.test(text);
  return (
    <>
      <Path input={input} />
      {isCode ? (
        <Code text={text} language={languageOf(path)} firstLine={typeof start === "number" ? start : 1} />
      ) : (
        <Output output={output} />
      )}
    </>
  );
}

function Search({ input, output }: Parts) {
  const hits = hitsOf(output);
  return (
    <>
      <Code text={[word(input, "pattern", "query") ?? "", word(input, "path", "glob", "dir_path")].filter(Boolean).join("  in  ")} />
      {hits.length > 0 ? <Code text={hits.join("\n")} /> : output !== null && <p className="quiet">Nothing found</p>}
    </>
  );
}

const MARKS = { pending: "☐", in_progress: "▶", completed: "☑" } as const;

function Checklist({ input, output }: Parts) {
  const todos = todosOf(input);
  if (todos.length === 0) return <Plain input={input} output={output} error={null} subagent={undefined} />;
  return (
    <ul className="checklist">
      {todos.map(({ text, state }, index) => (
        <li key={index} className={`todo-${state}`}>
          <span role="img" aria-label={state.replace("_", " ")}>
            {MARKS[state]}
          </span>{" "}
          {text}
        </li>
      ))}
    </ul>
  );
}

function Task({ input, output, subagent }: Parts) {
  return (
    <>
      {subagent !== undefined && (
        <p>
          <Place to={sessionAddress(subagent)} className="link">
            Open the subagent’s session
          </Place>
        </p>
      )}
      <Code text={word(input, "prompt", "message", "description") ?? JSON.stringify(input)} />
      <Output output={fields(output)?.content ?? output} />
    </>
  );
}

function Web({ input, output }: Parts) {
  const url = word(input, "url");
  const address = url === undefined ? undefined : webAddress(url);
  const asked = word(input, "query", "prompt");
  return (
    <>
      {url !== undefined && (
        <p className="tool-path">
          {address === undefined ? (
            url
          ) : (
            <a href={address} target="_blank" rel="noopener noreferrer">
              {url}
            </a>
          )}
        </p>
      )}
      {asked !== undefined && <Code text={asked} />}
      <Output output={output} />
    </>
  );
}

function Plain({ input, output }: Parts) {
  const object = fields(input);
  return (
    <>
      {object !== undefined && Object.keys(object).length > 0 && <Json value={input} />}
      <Output output={output} />
    </>
  );
}
