/** What was said, by the person or by the agent. */

import { memo } from "react";

import type { Outline } from "../api/client";
import { list, word } from "../api/json";
import { part } from "../ui/part";
import type { Body } from "./body";
import { Fold } from "./Fold";
import { Json } from "./Json";
import { useIsHidden } from "./sought";

const useMarkdown = part(() => import("./Markdown"));

/** Beyond this a text is shown as it is: reading it as Markdown would stop the page. */
export const LONGEST_MARKDOWN = 20_000;

function Words({ text }: { readonly text: string }) {
  const markdown = useMarkdown();
  if (text.length > LONGEST_MARKDOWN) return <Fold text={text}>{(shown) => <p className="plain-words">{shown}</p>}</Fold>;
  return markdown === undefined ? <p className="plain-words">{text}</p> : <markdown.Markdown text={text} />;
}

function Thinking({ text }: { readonly text: string }) {
  const beginning = text.trim().split("\n")[0]?.slice(0, 120) ?? "";
  const isHidden = useIsHidden(text, beginning);
  return (
    <details className="thinking" open={isHidden}>
      <summary>Thinking: {beginning}</summary>
      <Words text={text} />
    </details>
  );
}

function Block({ block }: { readonly block: unknown }) {
  const thinking = word(block, "thinking");
  if (thinking !== undefined) return <Thinking text={thinking} />;
  const text = word(block, "text");
  return text === undefined ? <Json value={block} /> : <Words text={text} />;
}

interface MessageProps {
  readonly outline: Outline;
  readonly body: Body | undefined;
}

const SPEAKERS: ReadonlyMap<string, string> = new Map([
  ["user", "You"],
  ["assistant", "Agent"],
]);

/** A message with its blocks. */
export const Message = memo(function Message({ outline, body }: MessageProps) {
  const { role } = outline;
  const speaker = SPEAKERS.get(role ?? "") ?? role ?? "Somebody";
  const blocks = list(body?.content);
  return (
    <div className={`message message-${role === "user" ? "user" : "agent"}`}>
      <p className="speaker">{speaker}</p>
      {body === undefined ? <p className="plain-words">{outline.text}</p> : blocks.map((block, index) => <Block key={index} block={block} />)}
      {body?.error != null && <p className="tool-failed">{body.error}</p>}
    </div>
  );
});
