/** Recognizes input of another format that is read as JSON lines. The user is told once, with the flag that reads it. */

import { TaskInputError } from "../../../errors.ts";
import type { RunOptions } from "../../flags/options.ts";
import type { InputFile } from "../files/input_file.ts";
import type { Line } from "./splitter.ts";

const ONE_A_LINE = "Write one value per line: jq -c . FILE | polyloop …";

const SEPARATORS: [separator: string, flag: string][] = [
  ["\t", "--from tsv"],
  [";", "--from csv --separator ';'"],
  [",", "--from csv"],
];

/** A hint for a first input that is not valid JSON. Returns undefined if no other format fits. */
export function hintFor(
  line: Line,
  error: unknown,
  { from, args }: Pick<RunOptions, "from" | "args">,
): string | undefined {
  const isNoJson = error instanceof TaskInputError && error.message.startsWith("The input is not valid JSON");
  if (from !== "jsonl" || args || !isNoJson || typeof line !== "string") return undefined;
  const text = line.trim();
  if (text.includes("\r")) return "the lines end with CR alone: tr '\\r' '\\n' < FILE | polyloop …";
  if (/^[[{]/.test(text)) return jsonHint(text);
  // deno-lint-ignore no-control-regex -- text does not contain such characters.
  if (/[\0-\x08\x0e-\x1f]/.test(text)) return undefined;
  const table = SEPARATORS.find(([separator]) => text.includes(separator));
  if (!table) return "the first line is not JSON. --from lines reads each line as a string";
  return `the first line is not JSON. ${
    table[1]
  } reads a table with a header, --from lines reads each line as a string`;
}

function jsonHint(text: string): string | undefined {
  const end = endOfValue(text);
  if (end === undefined) {
    return text.startsWith("[")
      ? "the input begins with a JSON array that spans several lines. --from json runs the task on each element"
      : `the first JSON value spans several lines. ${ONE_A_LINE}`;
  }
  const rest = text.slice(end).trim();
  if (rest === ",") return "the first line ends with a comma. Remove it: sed 's/,$//' FILE | polyloop …";
  if (/^[[{]/.test(rest)) return `the first line has several JSON values. ${ONE_A_LINE}`;
  if (/^[[{]\s*'/.test(text)) return "the first line has texts in single quotes. JSON has double quotes";
  return undefined;
}

/** A hint for an input that is one array of objects. `beginning` is how its text begins. */
export function oneArrayHint(
  beginning: string,
  { from, args }: Pick<RunOptions, "from" | "args">,
): string | undefined {
  if (from !== "jsonl" || args || !/^\s*\[\s*\{/.test(beginning)) return undefined;
  return "the only line is a JSON array, which was one input. --from json runs the task on each element";
}

/** A hint for a file whose ending says that it holds texts, and whose first line is an object, array or string of JSON. */
export async function textsHint(
  { files: [file] }: { files: InputFile[] },
  { from }: Pick<RunOptions, "from">,
): Promise<string | undefined> {
  // Something else than a file may have nothing to read for long.
  if (from !== "lines" || !file.stats?.isFile()) return undefined;
  const [line] = new TextDecoder().decode(await file.peek()).split("\n", 1);
  if (!/^\s*["[{]/.test(line) || !isJson(line)) return undefined;
  return `${file.name} is read as texts, by its ending, but its first line is JSON. --from jsonl reads JSON values`;
}

/** What to do with input for `--from json` that begins with these bytes, which are no array. */
export function insteadOfArray(bytes: Uint8Array): string {
  const [line] = new TextDecoder().decode(bytes).split("\n", 1);
  // An object that spans several lines probably contains the array that is meant.
  const isObject = line.startsWith("{") && !isJson(line);
  return isObject
    ? "to run on an array in the object: jq -c '.NAME[]' FILE | polyloop …"
    : "--from jsonl reads a value per line";
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The end of a value that begins with a bracket, within the text; undefined if its closing bracket is missing. */
function endOfValue(text: string): number | undefined {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/g)) {
    if (token === "[" || token === "{") depth++;
    else if (token === "]" || token === "}") depth--;
    if (depth === 0) return index + token.length;
  }
  return undefined;
}
