/** Code: with numbers of lines where it is a file's, coloured once the colours are loaded, folded where it is long. */

import { memo, type ReactNode } from "react";

import { stretchesOf } from "../ui/ansi";
import { part } from "../ui/part";
import { Fold } from "./Fold";

/** The colours weigh more than the rest of the page. */
const useHighlight = part(() => import("./highlight"));

/** Longer texts stay plain: colouring them would stop the page for a moment. */
const LONGEST_COLOURED = 60_000;

function Coloured({ text, language }: { readonly text: string; readonly language: string }): ReactNode {
  return useHighlight()?.coloured(text, language) ?? text;
}

interface CodeProps {
  readonly text: string;
  readonly language?: string | undefined;
  /** The number of the first line, where lines are numbered. */
  readonly firstLine?: number | undefined;
}

/** A block of code. */
export const Code = memo(function Code({ text, language, firstLine }: CodeProps) {
  return (
    <Fold text={text}>
      {(shown) => (
        <div className="code" role="group" aria-label="Code" tabIndex={0}>
          {firstLine !== undefined && <Numbers first={firstLine} count={shown.split("\n").length} />}
          <pre>
            <code>
              {language === undefined ? (
                <Terminal text={shown} />
              ) : shown.length > LONGEST_COLOURED ? (
                shown
              ) : (
                <Coloured text={shown} language={language} />
              )}
            </code>
          </pre>
        </div>
      )}
    </Fold>
  );
});

/** A text as a terminal would colour it. */
function Terminal({ text }: { readonly text: string }): ReactNode {
  return (
    stretchesOf(text)?.map((stretch, index) => (
      <span key={index} className={stretch.className}>
        {stretch.text}
      </span>
    )) ?? text
  );
}

function Numbers({ first, count }: { readonly first: number; readonly count: number }) {
  return (
    <pre className="code-numbers" aria-hidden="true">
      {Array.from({ length: count }, (_, index) => first + index).join("\n")}
    </pre>
  );
}
