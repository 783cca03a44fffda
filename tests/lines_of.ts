import { Lines } from "../lib/wire/lines.ts";

/** These texts as lines, in the form in which they come from a file. */
export function linesOf(...texts: string[]): Lines {
  return new Lines(new TextEncoder().encode(texts.map((text) => `${text}\n`).join("")), texts.length);
}
