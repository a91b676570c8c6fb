/**
 * Markdown as elements. What agents write is not to be trusted: HTML in it is text, a picture is the words that stand for it,
 * and a link leads to the web or nowhere. Loaded when the first message is shown.
 */

import type { Nodes, Root, RootContent, TableRow } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { type ElementType, Fragment, memo, type ReactNode } from "react";

import { Code } from "./Code";
import { webAddress } from "./web";

/** What the elements of one text share. */
interface Surroundings {
  /** Addresses that stand apart from their links. */
  readonly definitions: ReadonlyMap<string, string>;
  /** What draws a block of code. */
  readonly CodeBlock: ElementType<{ readonly text: string; readonly language?: string | undefined }>;
}

/** Deeper than any person writes; a hostile text would exhaust the stack. */
const DEEPEST = 64;

function definitionsOf(root: Root): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const node of root.children) if (node.type === "definition") found.set(node.identifier, node.url);
  return found;
}

function inside(node: { readonly children: readonly Nodes[] }, around: Surroundings, depth: number): ReactNode {
  return node.children.map((child, index) => <Fragment key={index}>{element(child, around, depth + 1)}</Fragment>);
}

function link(url: string | undefined, title: string | null | undefined, children: ReactNode): ReactNode {
  const address = url === undefined ? undefined : webAddress(url);
  if (address === undefined) return children;
  return (
    <a href={address} title={title ?? undefined} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}

function cells(row: TableRow, Cell: "th" | "td", around: Surroundings, depth: number): ReactNode {
  return (
    <tr>
      {row.children.map((cell, index) => (
        <Cell key={index}>{inside(cell, around, depth)}</Cell>
      ))}
    </tr>
  );
}

function element(node: Nodes, around: Surroundings, depth: number): ReactNode {
  if (depth > DEEPEST) return "…";
  switch (node.type) {
    case "text":
      return node.value;
    case "html":
      return node.value;
    case "paragraph":
      return <p>{inside(node, around, depth)}</p>;
    case "heading":
      // The page's own headings stand above; those of a message are a step below them.
      return (
        <p className={`md-heading md-heading-${node.depth}`} role="heading" aria-level={Math.min(6, node.depth + 3)}>
          {inside(node, around, depth)}
        </p>
      );
    case "emphasis":
      return <em>{inside(node, around, depth)}</em>;
    case "strong":
      return <strong>{inside(node, around, depth)}</strong>;
    case "delete":
      return <del>{inside(node, around, depth)}</del>;
    case "inlineCode":
      return <code>{node.value}</code>;
    case "code":
      return <around.CodeBlock text={node.value} language={node.lang ?? undefined} />;
    case "break":
      return <br />;
    case "thematicBreak":
      return <hr />;
    case "blockquote":
      return <blockquote>{inside(node, around, depth)}</blockquote>;
    case "list":
      return node.ordered === true ? (
        <ol start={node.start ?? 1}>{inside(node, around, depth)}</ol>
      ) : (
        <ul>{inside(node, around, depth)}</ul>
      );
    case "listItem":
      return (
        <li>
          {typeof node.checked === "boolean" && (node.checked ? "☑ " : "☐ ")}
          {node.spread === true ? inside(node, around, depth) : node.children.map((child, index) => (
            <Fragment key={index}>
              {child.type === "paragraph" ? inside(child, around, depth + 1) : element(child, around, depth + 1)}
            </Fragment>
          ))}
        </li>
      );
    case "link":
      return link(node.url, node.title, inside(node, around, depth));
    case "linkReference":
      return link(around.definitions.get(node.identifier), undefined, inside(node, around, depth));
    case "image":
      return link(node.url, node.title, node.alt ?? "image");
    case "imageReference":
      return link(around.definitions.get(node.identifier), undefined, node.alt ?? "image");
    case "table":
      return table(node.children, around, depth);
    case "footnoteReference":
      return <sup>{node.label ?? node.identifier}</sup>;
    case "footnoteDefinition":
      return (
        <div className="md-footnote">
          <sup>{node.label ?? node.identifier}</sup> {inside(node, around, depth)}
        </div>
      );
    case "root":
      return inside(node, around, depth);
    default:
      return null;
  }
}

function table(rows: readonly TableRow[], around: Surroundings, depth: number): ReactNode {
  const [head, ...body] = rows;
  return (
    <div className="md-table" role="region" aria-label="Table" tabIndex={0}>
      <table>
        {head !== undefined && <thead>{cells(head, "th", around, depth)}</thead>}
        <tbody>
          {body.map((row, index) => (
            <Fragment key={index}>{cells(row, "td", around, depth)}</Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Lists and quotations within one another for which a line may open: its parser calls itself for each. */
const TOO_DEEP = /^[ \t]*(?:(?:[-*+>]|\d+[.)])[ \t]*){100}/m;

/** The elements of a text. */
export function elementsOf(text: string, CodeBlock: Surroundings["CodeBlock"] = Code): ReactNode {
  if (TOO_DEEP.test(text)) return <p className="plain-words">{text}</p>;
  const root = fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
  const around: Surroundings = { definitions: definitionsOf(root), CodeBlock };
  return root.children.map((node: RootContent, index) => <Fragment key={index}>{element(node, around, 0)}</Fragment>);
}

/** A text in Markdown. */
export const Markdown = memo(function Markdown({ text }: { readonly text: string }) {
  return <div className="markdown">{elementsOf(text)}</div>;
});
