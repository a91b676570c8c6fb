/** Code: with numbers of lines where it is a file's, coloured once the colours are loaded, folded where it is long. */

import { memo, Suspense, use, type ReactNode } from "react";

import { Fold } from "./Fold";

type Highlight = typeof import("./highlight");

let loading: Promise<Highlight> | undefined;

/** Loads the colours when the first code is shown; they weigh more than the rest of the page. */
function highlight(): Promise<Highlight> {
  loading ??= import("./highlight");
  return loading;
}

/** Longer texts stay plain: colouring them would stop the page for a moment. */
const LONGEST_COLOURED = 60_000;

function Coloured({ text, language }: { readonly text: string; readonly language: string }): ReactNode {
  return use(highlight()).coloured(text, language);
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
              {language === undefined || shown.length > LONGEST_COLOURED ? (
                shown
              ) : (
                <Suspense fallback={shown}>
                  <Coloured text={shown} language={language} />
                </Suspense>
              )}
            </code>
          </pre>
        </div>
      )}
    </Fold>
  );
});

function Numbers({ first, count }: { readonly first: number; readonly count: number }) {
  return (
    <pre className="code-numbers" aria-hidden="true">
      {Array.from({ length: count }, (_, index) => first + index).join("\n")}
    </pre>
  );
}
