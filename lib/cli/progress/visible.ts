/**
 * Makes text of others (names of files, modules, tasks, options, errors) safe for a terminal: control characters are
 * written as escapes. `terminal.ts` passes everything that is printed through it.
 *
 * @module
 */

/** Control characters, and the marks that turn the direction of text and so show another one than there is. */
const OBEYED = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Several lines: `\x1b` → `\u001b`. It is JSON's way to write it, so what is JSON stays the same JSON. */
export function visible(text: string): string {
  return text.replace(OBEYED, (sign) => sign === "\n" || sign === "\t" ? sign : written(sign));
}

/** One line: a newline in a file's name would make a line that looks like ours. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll("\n", "\\n");
}

/** `\u001b`, as JSON, JavaScript and the `$'…'` of shells read it. */
export function written(sign: string): string {
  return `\\u${sign.codePointAt(0)!.toString(16).padStart(4, "0")}`;
}

/** Whether there is anything in it that a terminal would obey. */
export function isObeyed(text: string): boolean {
  return text.search(OBEYED) !== -1;
}
