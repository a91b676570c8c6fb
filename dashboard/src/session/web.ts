/** Addresses that may be followed. */

/** The address, if it is one of the web: nothing runs, and nothing opens but a page. */
export function webAddress(address: string): string | undefined {
  if (!/^https?:\/\//i.test(address)) return undefined;
  try {
    const { protocol, href } = new URL(address);
    return protocol === "https:" || protocol === "http:" ? href : undefined;
  } catch {
    return undefined;
  }
}
