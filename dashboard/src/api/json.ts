/** What may be in a value that somebody else wrote. */

/** A JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value, if it is an object and no list. */
export function fields(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** The value under a key, if it is a string. */
export function word(value: unknown, ...keys: readonly string[]): string | undefined {
  const object = fields(value);
  for (const key of keys) {
    const found = object?.[key];
    if (typeof found === "string") return found;
  }
  return undefined;
}

/** The list, or an empty one for what is none. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}
