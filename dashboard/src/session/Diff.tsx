/** What an edit changed, line by line. */

import { memo } from "react";

import { part } from "../ui/part";
import { Fold } from "./Fold";
import { editsOf, hunksOf, type Hunk } from "./tools";

const useCompare = part(() => import("./compare"));

const NAMES: Readonly<Record<string, string>> = { "+": "diff-added", "-": "diff-removed", "@": "diff-place" };

/** Lines that begin with `+`, `-` or a blank, coloured by that. */
export const DiffLines = memo(function DiffLines({ text }: { readonly text: string }) {
  return (
    <Fold text={text}>
      {(shown) => (
        <pre className="diff" role="group" aria-label="Changes" tabIndex={0}>
          {shown.split("\n").map((line, index) => (
            <span key={index} className={NAMES[line.charAt(0)]}>
              {line === "" ? " " : line}
              {"\n"}
            </span>
          ))}
        </pre>
      )}
    </Fold>
  );
});

function patchOf(hunks: readonly Hunk[]): string {
  return hunks
    .flatMap(({ oldStart, newStart, lines }, index) =>
      index === 0 && oldStart <= 1 && newStart <= 1 ? lines : [`@@ line ${newStart} @@`, ...lines],
    )
    .join("\n");
}

function Compared({ input }: { readonly input: unknown }) {
  const compare = useCompare();
  if (compare === undefined) return <p className="quiet" aria-busy="true">Comparing…</p>;
  return <DiffLines text={patchOf(editsOf(input).flatMap(({ before, after }) => compare.hunksBetween(before, after)))} />;
}

interface DiffProps {
  readonly input: unknown;
  readonly output: unknown;
}

/** The diff that the agent told, else that of the texts it replaced. */
export function Diff({ input, output }: DiffProps) {
  const hunks = hunksOf(output);
  if (hunks.length > 0) return <DiffLines text={patchOf(hunks)} />;
  return <Compared input={input} />;
}
