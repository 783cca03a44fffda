/**
 * An input as a report shows it.
 *
 * @module
 */

import type { Origin } from "../../input/origin.ts";

/** So much of an input is shown. */
const EXCERPT = 200;

/** One input. */
export interface Example {
  /** The line's number. */
  line: number;
  /** The beginning of it. */
  input: string;
}

/** Takes it from where it was read. */
export function exampleOf({ number, line }: Pick<Origin, "number" | "line">): Example {
  const text = typeof line === "string" ? line : new TextDecoder().decode(line);
  return { line: number, input: text.length > EXCERPT ? `${text.slice(0, EXCERPT)}…` : text };
}
