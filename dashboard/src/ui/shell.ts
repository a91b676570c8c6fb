/** Words for a shell. */

/** One word for a POSIX shell, quoted only where it has to be. */
export function shellWord(text: string): string {
  return /^[\w./][\w@%+=:,./-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
