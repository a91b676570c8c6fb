/** How a terminal shows text, as its escapes set it. */

const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/** What terminals show for the sixteen colours, by which other colours find their nearest. */
const SIXTEEN = [
  [0, 0, 0], [205, 0, 0], [0, 205, 0], [205, 205, 0], [0, 0, 238], [205, 0, 205], [0, 205, 205], [229, 229, 229],
  [127, 127, 127], [255, 0, 0], [0, 255, 0], [255, 255, 0], [92, 92, 255], [255, 0, 255], [0, 255, 255], [255, 255, 255],
] as const; // prettier-ignore

/** The colours are numbers of the sixteen. */
export interface Looks {
  readonly ink?: number | undefined;
  readonly paper?: number | undefined;
  readonly isBold?: boolean;
  readonly isDim?: boolean;
  readonly isUnderlined?: boolean;
  readonly isInverse?: boolean;
}

/** As nothing was set. */
export const PLAIN: Looks = {};

/** The names of the looks in the style sheet; papers have no bright ones of their own. */
export function classOf({ ink, paper, isBold, isDim, isUnderlined, isInverse }: Looks): string {
  const names = [
    ink !== undefined && `ansi-${ink > 7 ? "bright-" : ""}${COLOURS[ink % 8] ?? ""}`,
    paper !== undefined && `ansi-on-${COLOURS[paper % 8] ?? ""}`,
    isBold === true && "ansi-bold",
    isDim === true && "ansi-dim",
    isUnderlined === true && "ansi-underline",
    isInverse === true && "ansi-inverse",
  ].filter((name) => name !== false);
  return names.length === 0 ? "" : ["ansi", ...names].join(" ");
}

/** The looks after an escape with these parameters. */
export function looksAfter(before: Looks, parameters: string): Looks {
  // `38:5:1` is one parameter, `38;5;1` are three.
  const codes = parameters.split(";").map((parameter) => parameter.split(":").map(Number));
  let looks = before;
  for (let at = 0; at < codes.length; at += 1) {
    const [code = 0, ...own] = codes[at] ?? [];
    if (code !== 38 && code !== 48) {
      looks = { ...looks, ...change(code, own[0]), ...(code === 0 ? NOTHING : {}) };
      continue;
    }
    const following = codes.slice(at + 1).map(([value = 0]) => value);
    const [kind, ...values] = own.length > 0 ? own : following;
    if (own.length === 0) at += kind === 5 ? 2 : kind === 2 ? 4 : 0;
    // With colons, a colour of three parts may have the name of its space before them.
    const colour = kind === 5 ? ofMany(values[0] ?? 0) : kind === 2 ? nearest(own.length > 0 ? values.slice(-3) : values.slice(0, 3)) : undefined;
    looks = { ...looks, [code === 38 ? "ink" : "paper"]: colour };
  }
  return looks;
}

const NOTHING: Looks = { ink: undefined, paper: undefined, isBold: false, isDim: false, isUnderlined: false, isInverse: false };

function change(code: number, own: number | undefined): Looks {
  if (code >= 30 && code <= 37) return { ink: code - 30 };
  if (code >= 90 && code <= 97) return { ink: code - 82 };
  if (code >= 40 && code <= 47) return { paper: code - 40 };
  if (code >= 100 && code <= 107) return { paper: code - 92 };
  switch (code) {
    case 1:
      return { isBold: true };
    case 2:
      return { isDim: true };
    case 4:
      return { isUnderlined: own !== 0 };
    case 7:
      return { isInverse: true };
    case 21:
      return { isUnderlined: true };
    case 22:
      return { isBold: false, isDim: false };
    case 24:
      return { isUnderlined: false };
    case 27:
      return { isInverse: false };
    case 39:
      return { ink: undefined };
    case 49:
      return { paper: undefined };
    default:
      return {};
  }
}

/** Of 256: sixteen as they are, a cube of six by six by six, and greys. */
function ofMany(number: number): number | undefined {
  if (!(number >= 0 && number <= 255)) return undefined;
  if (number < 16) return number;
  if (number > 231) return nearest(new Array<number>(3).fill(8 + 10 * (number - 232)));
  const part = (step: number) => (step === 0 ? 0 : 55 + 40 * step);
  const place = number - 16;
  return nearest([part(Math.floor(place / 36)), part(Math.floor(place / 6) % 6), part(place % 6)]);
}

function nearest([red = 0, green = 0, blue = 0]: readonly number[]): number {
  const far = SIXTEEN.map(([r, g, b]) => (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2);
  return far.indexOf(Math.min(...far));
}
