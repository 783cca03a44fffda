/**
 * Escapes control characters, so that names and messages of others cannot control the terminal. `terminal.ts` escapes everything
 * that it prints.
 */

/** Control characters, and marks of text direction, which make a text look like another one. */
const CONTROL = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Escapes several lines: `\x1b` → `\u001b`. JSON has the same escapes, so JSON text keeps its value. */
export function visible(text: string): string {
  return text.replace(CONTROL, (sign) => sign === "\n" || sign === "\t" ? sign : written(sign));
}

/** Escapes one line. A newline becomes `\n`, because a second line could look like one of polyloop's. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll("\n", "\\n");
}

/** The escape of a character, as JSON, JavaScript and the `$'…'` of shells read it: `\u001b`. */
export function written(sign: string): string {
  return `\\u${sign.codePointAt(0)!.toString(16).padStart(4, "0")}`;
}

export function isObeyed(text: string): boolean {
  return text.search(CONTROL) !== -1;
}

/** A message of polyloop as one line: `polyloop: stopping`, or with `json` `{"type":"notice","message":"stopping"}`. */
export function notice(message: string, { json }: { json: boolean }): string {
  return json ? JSON.stringify({ type: "notice", message }) : `polyloop: ${message}`;
}
