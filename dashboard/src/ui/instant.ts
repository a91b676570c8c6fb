/** Timestamps as clients wrote them, and how people read them. */

const WRITTEN = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(\.\d+)?(?:Z|([+-]\d{2}):?(\d{2}))?$/;

/** Made when it is first needed, and once: to make one costs more than all that it then formats for a screen. */
function once<Format>(make: () => Format): () => Format {
  let made: Format | undefined;
  return () => (made ??= make());
}

const dates = (options?: Intl.DateTimeFormatOptions) => once(() => new Intl.DateTimeFormat(undefined, options));

const DAY_OF_YEAR = dates({ weekday: "long", day: "numeric", month: "long" });
const DAY_AND_YEAR = dates({ dateStyle: "full" });
const DATE = dates();
const CLOCK = dates({ timeStyle: "medium" });
const SHORT_CLOCK = dates({ timeStyle: "short" });
const SPLIT_CLOCK = dates({ minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 });
const DAY_ONLY = dates({ day: "numeric", month: "short" });
const EXACT = dates({ dateStyle: "full", timeStyle: "long" });
const COUNT = once(() => new Intl.NumberFormat());

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Microseconds since 1970, by which the server orders; without a zone it is UTC. `undefined` for what is no timestamp. */
export function microsecondsOf(timestamp: string | null | undefined): number | undefined {
  return timestamp === null || timestamp === undefined ? undefined : (usualInstant(timestamp) ?? anyInstant(timestamp));
}

/** Of what nearly all are, `2026-11-24T17:15:23.503Z`: lists are sorted by them, and an expression takes ten times as long. */
function usualInstant(text: string): number | undefined {
  const dot = 19;
  const end = text.length - 1;
  if (end < dot || end > dot + 7 || text[end] !== "Z" || text[4] !== "-" || text[10] !== "T" || text[13] !== ":") return undefined;
  let fraction = 0;
  if (end > dot) {
    if (text[dot] !== "." || end === dot + 1) return undefined;
    fraction = digits(text, dot + 1, end) * 10 ** (dot + 7 - end);
  }
  const [month, day] = [digits(text, 5, 7), digits(text, 8, 10)];
  const [hour, minute, second] = [digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19)];
  // What is beyond, the rule for all decides.
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= (month === 2 ? 28 : 30) && hour < 24 && minute < 60 && second < 60)) return undefined;
  const instant = (Date.UTC(digits(text, 0, 4), month - 1, day) + (hour * 3600 + minute * 60 + second) * 1000) * 1000 + fraction;
  return Number.isNaN(instant) ? undefined : instant;
}

/** The number that these characters write, or `NaN`. */
function digits(text: string, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}

function anyInstant(text: string): number | undefined {
  const parts = WRITTEN.exec(text);
  if (parts === null) return undefined;
  const [, day = "", time = "", fraction = "", hours, minutes = ""] = parts;
  const zone = hours === undefined ? "Z" : `${hours}:${minutes}`;
  const second = Date.parse(`${day}T${time}${zone}`);
  return Number.isNaN(second) ? undefined : second * 1000 + Number(fraction.slice(1, 7).padEnd(6, "0"));
}

/** Milliseconds since 1970, of the same. */
export function instantOf(timestamp: string | null | undefined): number | undefined {
  const microseconds = microsecondsOf(timestamp);
  return microseconds === undefined ? undefined : Math.floor(microseconds / 1000);
}

/** How long, to the nearest of the two greatest units: `850 ms`, `12 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`. */
export function spanText(milliseconds: number): string {
  const span = Math.max(0, milliseconds);
  if (Math.round(span) < SECOND) return `${Math.round(span)} ms`;
  const seconds = nearest(span, SECOND);
  if (seconds < MINUTE) return `${seconds / SECOND} s`;
  if (seconds < HOUR) return two(seconds, MINUTE, "min", SECOND, "s");
  const minutes = nearest(span, MINUTE);
  if (minutes < DAY) return two(minutes, HOUR, "h", MINUTE, "min");
  return two(nearest(span, HOUR), DAY, "d", HOUR, "h");
}

/** The same of something measured, of which tenths of seconds count: `12.4 s`. */
export function measuredText(milliseconds: number): string {
  const tenths = nearest(milliseconds, SECOND / 10);
  if (Math.round(milliseconds) < SECOND || tenths >= MINUTE) return spanText(milliseconds);
  return `${(tenths / SECOND).toFixed(1)} s`;
}

function nearest(span: number, unit: number): number {
  return Math.round(span / unit) * unit;
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
  // Not all days have 24 hours.
  const before = new Date(now);
  before.setDate(before.getDate() - 1);
  if (day === dayOf(before.getTime())) return "Yesterday";
  const sameYear = new Date(instant).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? DAY_OF_YEAR : DAY_AND_YEAR)().format(instant);
}

/** The local time of day. */
export function timeText(instant: number): string {
  return CLOCK().format(instant);
}

/** The local time of day, with the day where it is another one. */
export function clockText(instant: number, now: number): string {
  const time = timeText(instant);
  return dayOf(instant) === dayOf(now) ? time : `${DATE().format(instant)} ${time}`;
}

/** A mark of a scale whose marks are so many milliseconds apart: the day where one begins, else the time as exact as needed. */
export function markText(instant: number, step: number): string {
  const isMidnight = instant - new Date(instant).setHours(0, 0, 0, 0) < 1;
  if (step >= DAY || (isMidnight && step >= MINUTE)) return DAY_ONLY().format(instant);
  if (step >= MINUTE) return SHORT_CLOCK().format(instant);
  return step >= SECOND ? timeText(instant) : SPLIT_CLOCK().format(instant);
}

/** The exact instant, local and as it was sent. */
export function exactText(timestamp: string): string {
  const instant = instantOf(timestamp);
  if (instant === undefined) return timestamp;
  return `${EXACT().format(instant)} (${timestamp})`;
}

/** A number with its thousands set apart. */
export function countText(count: number): string {
  return COUNT().format(count);
}

function two(span: number, unit: number, name: string, part: number, partName: string): string {
  const rest = (span % unit) / part;
  return `${Math.floor(span / unit)} ${name}${rest === 0 ? "" : ` ${rest} ${partName}`}`;
}
