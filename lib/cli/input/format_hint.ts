/**
 * What a file may be that is read as JSON lines and holds something else: said once, with the flag that reads it.
 *
 * @module
 */

import { TaskInputError } from "../../errors.ts";
import type { RunOptions } from "../options.ts";
import type { Line } from "./splitter.ts";

/** What separates the values of a table. */
const SEPARATORS: [separator: string, flag: string][] = [
  ["\t", "--from tsv"],
  [";", "--from csv --separator ';'"],
  [",", "--from csv"],
];

/** What the first input says of the file, if it is not valid JSON; nothing where no other format fits. */
export function hintFor(
  line: Line,
  error: unknown,
  { from, args }: Pick<RunOptions, "from" | "args">,
): string | undefined {
  const isNoJson = error instanceof TaskInputError && error.message.startsWith("The input is not valid JSON");
  if (from !== "jsonl" || args || !isNoJson || typeof line !== "string") return undefined;
  const text = line.trim();
  if (/^[[{]/.test(text)) {
    if (!isOpen(text)) return undefined;
    return text.startsWith("[")
      ? "the input begins with a JSON array over several lines: --from json runs the task on each element"
      : "the input begins with a JSON value over several lines; a line each: jq -c . FILE | polyloop …";
  }
  const table = SEPARATORS.find(([separator]) => text.includes(separator));
  if (!table) return "the first line is no JSON: --from lines takes each line as a text";
  return `the first line is no JSON: ${
    table[1]
  } reads a table under a header, --from lines takes each line as a text`;
}

/** What to say where all of the input was one value, which begins so. */
export function oneArrayHint(
  beginning: string,
  { from, args }: Pick<RunOptions, "from" | "args">,
): string | undefined {
  if (from !== "jsonl" || args || !/^\s*\[\s*\{/.test(beginning)) return undefined;
  return "the only line is a JSON array, which was one input: --from json runs the task on each element";
}

/** Whether brackets are open at the end of a line. */
function isOpen(text: string): boolean {
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/g)) {
    if (token === "[" || token === "{") depth++;
    else if (token === "]" || token === "}") depth--;
  }
  return depth > 0;
}
