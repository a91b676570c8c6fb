/**
 * Where the time of a session went. At any moment somebody has the ball: the model, a tool, or the person; who has it, the
 * events say. Tools may run side by side; the others may not.
 */

import type { Entry, Item, Story } from "./story";

/** A stretch of time of one row. */
export interface Span {
  readonly row: string;
  readonly start: number;
  readonly end: number;
  /** The event to look at for it. */
  readonly id: number;
  readonly label: string;
  readonly isFailed: boolean;
}

/** The spans of one row, by their start, in as many lanes as run side by side. */
export interface Row {
  readonly name: string;
  readonly spans: readonly Span[];
  /** The lane of each span. */
  readonly lanes: readonly number[];
  readonly laneCount: number;
  /** Microseconds, in total. */
  readonly total: number;
}

/** Everything there is to draw. */
export interface Chart {
  readonly start: number;
  readonly end: number;
  readonly rows: readonly Row[];
}

/** The rows that are not tools. */
export const MODEL = "Model";
export const PERSON = "Waiting for a person";

type Holder = typeof MODEL | typeof PERSON | "tool" | "nobody";

const ASKS_A_PERSON = new Set(["AskUserQuestion", "ExitPlanMode", "request_user_input"]);

const HANDS_TO_PERSON = new Set([
  "session_start",
  "stop",
  "stop_failure",
  "interrupt",
  "permission_request",
  "elicitation",
]);

/** Side by side beyond this, lanes are shared: nobody tells fifty lines of one row apart. */
const MOST_LANES = 12;

/** Who has the ball after an event; `undefined` where it does not say. */
function holderAfter({ outline }: Entry, open: number): Holder | undefined {
  const { event_type, role, tool_name } = outline;
  if (HANDS_TO_PERSON.has(event_type)) return PERSON;
  switch (event_type) {
    case "session_stop":
      return "nobody";
    case "message":
    case "task_notification":
      return role === "assistant" && open > 0 ? undefined : MODEL;
    case "pre_tool":
      return ASKS_A_PERSON.has(tool_name ?? "") ? PERSON : "tool";
    case "post_tool":
      return open > 0 ? "tool" : MODEL;
    case "permission_denied":
      return MODEL;
    default:
      return undefined;
  }
}

function labelOf({ outline }: Entry): string {
  return [outline.tool_name, outline.text].filter((part) => part !== null).join(": ") || outline.event_type.replaceAll("_", " ");
}

/** Times when the model or the person had the ball. */
function ballSpans(story: Story): Span[] {
  const spans: Span[] = [];
  const open = new Set<Item>();
  let holder: Holder = "nobody";
  let last: Entry | undefined;
  for (const entry of story.entries) {
    const item = story.itemOf(entry.id);
    if (item?.kind === "tool") {
      if (item.answer !== entry) open.add(item);
      else open.delete(item);
    }
    if (item?.kind === "marker") open.clear();
    const next = holderAfter(entry, open.size);
    if (next === undefined) continue;
    const isPersons = entry.outline.event_type === "message" && entry.outline.role === "user";
    // Where nothing told of the turn's end: the model made nothing of this time, so it was the person who was waited for.
    const row = isPersons && holder === MODEL ? PERSON : holder;
    if (last !== undefined && (row === MODEL || row === PERSON) && entry.at > last.at) {
      const told = row === PERSON ? last : entry;
      spans.push({ row, start: last.at, end: entry.at, id: told.id, label: labelOf(told), isFailed: false });
    }
    holder = next;
    last = entry;
  }
  return spans;
}

function toolSpans(story: Story, end: number): Span[] {
  return story.items.flatMap(({ kind, entry, answer, cutBy }) => {
    if (kind !== "tool" || ASKS_A_PERSON.has(entry.outline.tool_name ?? "")) return [];
    const alone = answer === entry ? (entry.outline.duration_ms ?? 0) * 1000 : 0;
    return [
      {
        row: entry.outline.tool_name ?? "Tool",
        start: entry.at - alone,
        end: answer?.at ?? cutBy?.at ?? end,
        id: entry.id,
        label: labelOf(entry),
        isFailed: answer?.outline.is_error === true,
      },
    ];
  });
}

function rowOf(name: string, spans: readonly Span[]): Row {
  const ends: number[] = [];
  const lanes = spans.map(({ start, end }) => {
    const free = ends.findIndex((until) => until <= start);
    const lane = free >= 0 ? free : ends.length < MOST_LANES ? ends.length : MOST_LANES - 1;
    ends[lane] = Math.max(end, ends[lane] ?? 0);
    return lane;
  });
  const total = spans.reduce((sum, { start, end }) => sum + end - start, 0);
  return { name, spans, lanes, laneCount: Math.max(1, ends.length), total };
}

function byName(spans: readonly Span[]): ReadonlyMap<string, readonly Span[]> {
  const found = new Map<string, Span[]>();
  for (const span of spans) {
    const there = found.get(span.row);
    if (there === undefined) found.set(span.row, [span]);
    else there.push(span);
  }
  return found;
}

/** The chart of a story; what still runs, runs until `now`. */
export function chartOf(story: Story, now: number): Chart {
  const first = story.entries[0]?.at ?? now;
  const last = story.entries.at(-1)?.at ?? now;
  const isOpen = story.items.some(({ kind, answer, cutBy }) => kind === "tool" && answer === undefined && cutBy === undefined);
  const end = isOpen ? Math.max(last, now) : last;
  const byRow = byName([...ballSpans(story), ...toolSpans(story, end)]);
  const named = [MODEL, PERSON].map((name) => rowOf(name, byRow.get(name) ?? []));
  const tools = [...byRow]
    .filter(([name]) => name !== MODEL && name !== PERSON)
    .map(([name, spans]) => rowOf(name, spans.toSorted((one, other) => one.start - other.start)))
    .sort((one, other) => other.total - one.total);
  return { start: first, end: Math.max(end, first + 1), rows: [...named, ...tools] };
}
