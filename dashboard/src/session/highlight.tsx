/** Colours of code, as elements. */

import type { RootContent } from "hast";
import { common, createLowlight } from "lowlight";
import { Fragment, type ReactNode } from "react";

const lowlight = createLowlight(common);

function element(node: RootContent): ReactNode {
  if (node.type === "text") return node.value;
  if (node.type !== "element") return null;
  const { className } = node.properties;
  return (
    <span className={Array.isArray(className) ? className.join(" ") : undefined}>
      {node.children.map((child, index) => (
        <Fragment key={index}>{element(child)}</Fragment>
      ))}
    </span>
  );
}

/** The text with its words told apart, or as it is where the language is unknown. */
export function coloured(text: string, language: string): ReactNode {
  if (!lowlight.registered(language)) return text;
  return lowlight.highlight(language, text).children.map((node, index) => <Fragment key={index}>{element(node)}</Fragment>);
}
