/**
 * Markdown as elements. What agents write is not to be trusted: HTML in it is text, a picture is the words that stand for it,
 * and a link leads to the web or nowhere. Loaded when the first message is shown.
 */

import type { Nodes, Root, RootContent, TableRow } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { Fragment, memo, type ReactNode } from "react";

import { Code } from "./Code";
import { webAddress } from "./web";

type Definitions = ReadonlyMap<string, string>;

/** Deeper than any person writes; a hostile text would exhaust the stack. */
const DEEPEST = 64;

function definitionsOf(root: Root): Definitions {
  const found = new Map<string, string>();
  for (const node of root.children) if (node.type === "definition") found.set(node.identifier, node.url);
  return found;
}

function inside(node: { readonly children: readonly Nodes[] }, definitions: Definitions, depth: number): ReactNode {
  return node.children.map((child, index) => <Fragment key={index}>{element(child, definitions, depth + 1)}</Fragment>);
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

function cells(row: TableRow, Cell: "th" | "td", definitions: Definitions, depth: number): ReactNode {
  return (
    <tr>
      {row.children.map((cell, index) => (
        <Cell key={index}>{inside(cell, definitions, depth)}</Cell>
      ))}
    </tr>
  );
}

function element(node: Nodes, definitions: Definitions, depth: number): ReactNode {
  if (depth > DEEPEST) return "…";
  switch (node.type) {
    case "text":
      return node.value;
    case "html":
      return node.value;
    case "paragraph":
      return <p>{inside(node, definitions, depth)}</p>;
    case "heading":
      // The page's own headings stand above; those of a message are a step below them.
      return (
        <p className={`md-heading md-heading-${node.depth}`} role="heading" aria-level={Math.min(6, node.depth + 3)}>
          {inside(node, definitions, depth)}
        </p>
      );
    case "emphasis":
      return <em>{inside(node, definitions, depth)}</em>;
    case "strong":
      return <strong>{inside(node, definitions, depth)}</strong>;
    case "delete":
      return <del>{inside(node, definitions, depth)}</del>;
    case "inlineCode":
      return <code>{node.value}</code>;
    case "code":
      return <Code text={node.value} language={node.lang ?? undefined} />;
    case "break":
      return <br />;
    case "thematicBreak":
      return <hr />;
    case "blockquote":
      return <blockquote>{inside(node, definitions, depth)}</blockquote>;
    case "list":
      return node.ordered === true ? (
        <ol start={node.start ?? 1}>{inside(node, definitions, depth)}</ol>
      ) : (
        <ul>{inside(node, definitions, depth)}</ul>
      );
    case "listItem":
      return (
        <li>
          {typeof node.checked === "boolean" && (node.checked ? "☑ " : "☐ ")}
          {node.spread === true ? inside(node, definitions, depth) : node.children.map((child, index) => (
            <Fragment key={index}>
              {child.type === "paragraph" ? inside(child, definitions, depth + 1) : element(child, definitions, depth + 1)}
            </Fragment>
          ))}
        </li>
      );
    case "link":
      return link(node.url, node.title, inside(node, definitions, depth));
    case "linkReference":
      return link(definitions.get(node.identifier), undefined, inside(node, definitions, depth));
    case "image":
      return link(node.url, node.title, node.alt ?? "image");
    case "imageReference":
      return link(definitions.get(node.identifier), undefined, node.alt ?? "image");
    case "table":
      return table(node.children, definitions, depth);
    case "footnoteReference":
      return <sup>{node.label ?? node.identifier}</sup>;
    case "footnoteDefinition":
      return (
        <div className="md-footnote">
          <sup>{node.label ?? node.identifier}</sup> {inside(node, definitions, depth)}
        </div>
      );
    case "root":
      return inside(node, definitions, depth);
    default:
      return null;
  }
}

function table(rows: readonly TableRow[], definitions: Definitions, depth: number): ReactNode {
  const [head, ...body] = rows;
  return (
    <div className="md-table" role="region" aria-label="Table" tabIndex={0}>
      <table>
        {head !== undefined && <thead>{cells(head, "th", definitions, depth)}</thead>}
        <tbody>
          {body.map((row, index) => (
            <Fragment key={index}>{cells(row, "td", definitions, depth)}</Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Lists and quotations within one another for which a line may open: its parser calls itself for each. */
const TOO_DEEP = /^[ \t]*(?:(?:[-*+>]|\d+[.)])[ \t]*){100}/m;

/** The elements of a text. */
export function elementsOf(text: string): ReactNode {
  if (TOO_DEEP.test(text)) return <p className="plain-words">{text}</p>;
  const root = fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
  const definitions = definitionsOf(root);
  return root.children.map((node: RootContent, index) => <Fragment key={index}>{element(node, definitions, 0)}</Fragment>);
}

/** A text in Markdown. */
export const Markdown = memo(function Markdown({ text }: { readonly text: string }) {
  return <div className="markdown">{elementsOf(text)}</div>;
});
