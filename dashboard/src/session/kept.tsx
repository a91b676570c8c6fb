/** An event in a page that is kept: as the story shows it, but for what only a running page can do. */

import type { ReactNode } from "react";
import { renderToStaticMarkup } from "react-dom/server";

import { fields, list, word } from "../api/json";
import { plain } from "../ui/ansi";
import type { Body } from "./body";
import { elementsOf } from "./Markdown";
import { titleOf } from "./Marker";
import { LONGEST_MARKDOWN } from "./Message";
import { commandOf, editsOf, hunksOf, linesOf, textOf, todosOf, viewOf } from "./tools";

/** Beyond so many lines a text is folded. */
const FEW = 30;

/** Text that stands for itself in HTML, wherever it is put. */
export function escaped(text: string): string {
  return renderToStaticMarkup(text);
}

function Block({ text }: { readonly text: string }) {
  if (text === "") return null;
  const shown = plain(text);
  const lines = shown.split("\n").length;
  const pre = <pre>{shown}</pre>;
  if (lines <= FEW) return pre;
  return (
    <details>
      <summary>{lines} lines</summary>
      {pre}
    </details>
  );
}

function Json({ value }: { readonly value: unknown }) {
  return <Block text={JSON.stringify(value, undefined, 2)} />;
}

function marked(mark: string, text: string): string {
  return linesOf(text)
    .map((line) => mark + line)
    .join("\n");
}

/** What a tool was given, or is to be allowed to do. */
function Called({ toolName, input }: { readonly toolName: string; readonly input: unknown }) {
  if (input === null || input === undefined) return null;
  switch (viewOf(toolName)) {
    case "shell":
    case "patch":
      return <Block text={commandOf(input) ?? JSON.stringify(input)} />;
    case "edit":
      return (
        <>
          <Block text={word(input, "file_path", "notebook_path") ?? ""} />
          {editsOf(input).map(({ before, after }, index) => (
            <div key={index}>
              <Block text={marked("- ", before)} />
              <Block text={marked("+ ", after)} />
            </div>
          ))}
        </>
      );
    case "checklist":
      return (
        <Block
          text={todosOf(input)
            .map(({ text, state }) => `[${state === "completed" ? "x" : " "}] ${text}`)
            .join("\n")}
        />
      );
    default:
      return <Json value={input} />;
  }
}

function Answered({ tool_output, error }: Pick<Body, "tool_output" | "error">) {
  const hunks = hunksOf(tool_output);
  const text = hunks.length > 0 ? hunks.flatMap(({ lines }) => lines).join("\n") : textOf(tool_output);
  return (
    <>
      {tool_output !== null && (text === undefined ? <Json value={tool_output} /> : <Block text={text} />)}
      {error !== null && <Block text={error} />}
    </>
  );
}

function Words({ text }: { readonly text: string }) {
  return (
    <div className="said">
      {text.length > LONGEST_MARKDOWN ? <p className="plain-words">{text}</p> : elementsOf(text, Block)}
    </div>
  );
}

function Said({ content }: { readonly content: unknown }) {
  return list(content).map((part, index) => {
    const thinking = word(part, "thinking");
    const text = thinking ?? word(part, "text");
    if (text === undefined) return <Json key={index} value={part} />;
    return thinking === undefined ? (
      <Words key={index} text={text} />
    ) : (
      <details key={index}>
        <summary>Thinking</summary>
        <Words text={text} />
      </details>
    );
  });
}

function Content({ body, isKnown }: { readonly body: Body; readonly isKnown: boolean }): ReactNode {
  const hook = fields(body.hook);
  const called = <Called toolName={body.tool_name ?? ""} input={body.tool_input ?? hook?.tool_input} />;
  switch (body.event_type) {
    case "message":
      return (
        <>
          <Said content={body.content} />
          {body.error !== null && <Block text={body.error} />}
        </>
      );
    case "pre_tool":
      return called;
    case "post_tool":
      return (
        <>
          {!isKnown && called}
          <Answered {...body} />
        </>
      );
    default:
      return (
        <>
          <Block text={body.error ?? body.reason ?? word(hook, "message", "prompt", "last_assistant_message") ?? ""} />
          {called}
        </>
      );
  }
}

/** The part of one event; `isKnown` where what the tool was given was told before. */
export function partOf(body: Body, isKnown: boolean): string {
  const title = [titleOf(body), body.role, body.tool_name].filter((part) => part !== null).join(" · ");
  const part = (content: ReactNode) => (
    <section id={`e${body.id}`} className={body.error === null ? undefined : "error"}>
      <h2>
        {title} · <time>{body.timestamp}</time>
      </h2>
      {content}
    </section>
  );
  const html = (content: ReactNode) => `${renderToStaticMarkup(part(content))}\n`;
  try {
    return html(<Content body={body} isKnown={isKnown} />);
  } catch {
    // Whatever somebody wrote, the rest of the page is kept.
    return html(<Json value={body} />);
  }
}
