/** Which items of a story are shown. */

import type { Item, Kind } from "./story";

/** What a person chose to see. */
export interface Filter {
  readonly kind: Kind | "";
  readonly tool: string;
  readonly errorsOnly: boolean;
}

/** Everything. */
export const NO_FILTER: Filter = { kind: "", tool: "", errorsOnly: false };

/** Whether anything is left out. */
function isFiltering({ kind, tool, errorsOnly }: Filter): boolean {
  return kind !== "" || tool !== "" || errorsOnly;
}

/** The items that are shown; the very list when that is all. */
export function filtered(items: readonly Item[], filter: Filter): readonly Item[] {
  if (!isFiltering(filter)) return items;
  return items.filter(
    ({ kind, entry, answer }) =>
      (filter.kind === "" || kind === filter.kind) &&
      (filter.tool === "" || entry.outline.tool_name === filter.tool) &&
      (!filter.errorsOnly || entry.outline.is_error || answer?.outline.is_error === true),
  );
}

/** The tools that were called, by name. */
export function toolsOf(items: readonly Item[]): readonly string[] {
  const names = new Set<string>();
  for (const { kind, entry } of items) if (kind === "tool" && entry.outline.tool_name !== null) names.add(entry.outline.tool_name);
  return [...names].sort((one, other) => one.localeCompare(other));
}
