/** An input in a report. */

import { Buffer } from "node:buffer";
import type { Origin } from "../../input/origin.ts";

/** Maximum length of an input in a report, in characters. A guess: enough to recognize it. */
const EXCERPT = 200;

/** An input as an example. */
export interface Example {
  /** The number of its line. */
  line: number;
  /** The beginning of the input. */
  input: string;
}

/** Makes an example of an input. */
export function exampleOf({ number, line }: Pick<Origin, "number" | "line">): Example {
  const text = typeof line === "string" ? line : new TextDecoder().decode(line);
  return { line: number, input: text.length > EXCERPT ? copied(`${text.slice(0, EXCERPT)}…`) : text };
}

/** A copy of a text. A part of a long text keeps all of it in memory. */
function copied(text: string): string {
  return Buffer.from(text).toString();
}
