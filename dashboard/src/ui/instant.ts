/** Timestamps as clients wrote them, and how people read them. */

const WRITTEN = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(\.\d+)?(?:Z|([+-]\d{2}):?(\d{2}))?$/;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Milliseconds since 1970; without a zone it is UTC, as the server takes it. `undefined` for what is no timestamp. */
export function instantOf(timestamp: string | null | undefined): number | undefined {
  const parts = WRITTEN.exec(timestamp ?? "");
  if (parts === null) return undefined;
  const [, day = "", time = "", fraction = "", hours, minutes = ""] = parts;
  const zone = hours === undefined ? "Z" : `${hours}:${minutes}`;
  const instant = Date.parse(`${day}T${time}${fraction.slice(0, 4)}${zone}`);
  return Number.isNaN(instant) ? undefined : instant;
}

/** How long, in the two greatest units: `850 ms`, `12 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`. */
export function spanText(milliseconds: number): string {
  const span = Math.max(0, milliseconds);
  if (span < SECOND) return `${Math.round(span)} ms`;
  if (span < MINUTE) return `${Math.floor(span / SECOND)} s`;
  if (span < HOUR) return two(span, MINUTE, "min", SECOND, "s");
  if (span < DAY) return two(span, HOUR, "h", MINUTE, "min");
  return two(span, DAY, "d", HOUR, "h");
}

/** How long ago, in one unit, so that it rarely changes. */
export function ageText(milliseconds: number): string {
  const age = Math.max(0, milliseconds);
  if (age < 5 * SECOND) return "now";
  if (age < MINUTE) return `${Math.floor(age / SECOND)} s`;
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min`;
  if (age < DAY) return `${Math.floor(age / HOUR)} h`;
  return `${Math.floor(age / DAY)} d`;
}

/** The local day, as something to compare and to group by. */
export function dayOf(instant: number): string {
  const date = new Date(instant);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** `Today`, `Yesterday`, or the day's own name. */
export function dayText(instant: number, now: number): string {
  const day = dayOf(instant);
  if (day === dayOf(now)) return "Today";
  if (day === dayOf(now - DAY)) return "Yesterday";
  const year = new Date(instant).getFullYear() === new Date(now).getFullYear() ? {} : { year: "numeric" as const };
  return new Date(instant).toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long", ...year });
}

/** The local time of day, with the day where it is another one. */
export function clockText(instant: number, now: number): string {
  const time = new Date(instant).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return dayOf(instant) === dayOf(now) ? time : `${new Date(instant).toLocaleDateString()} ${time}`;
}

/** The exact instant, local and as it was sent. */
export function exactText(timestamp: string): string {
  const instant = instantOf(timestamp);
  if (instant === undefined) return timestamp;
  const local = new Date(instant).toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
  return `${local} (${timestamp})`;
}

function two(span: number, unit: number, name: string, part: number, partName: string): string {
  const rest = Math.floor((span % unit) / part);
  return `${Math.floor(span / unit)} ${name}${rest === 0 ? "" : ` ${rest} ${partName}`}`;
}
