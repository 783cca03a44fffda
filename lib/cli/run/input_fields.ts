/**
 * Reads fields of inputs on the main thread, for limits that hold for all workers together. Only with such a limit does the main
 * thread read the content of inputs, because a worker does not know what runs on the others.
 */

import { takeContent } from "../../wire/content_key.ts";
import type { RunOptions } from "../flags/options.ts";

/** Returns the value of an input as it was handed to the executor; undefined if its line is not valid. */
export type ReadInput = (input: unknown) => unknown;

/** Makes the reader of a run's inputs. It keeps the last value, because several limits may read the same input. */
export function inputReader({ from, args }: Pick<RunOptions, "from" | "args">): ReadInput {
  // Arguments may contain newlines, so they are sent as JSON.
  const read = from === "lines" && !args ? (text: string) => text : parsed;
  let last: { input: string; value: unknown } | undefined;
  return (input) => {
    if (typeof input !== "string") return undefined;
    if (last?.input !== input) last = { input, value: read(takeContent(input).text) };
    return last.value;
  };
}

export function areTexts({ from }: Pick<RunOptions, "from">): boolean {
  return from === "lines" || from === "nul";
}

/** Returns a field. The dots of a path lead into objects and arrays. Undefined if there is none. */
export function fieldOf(input: unknown, path: string): unknown {
  let value = own(input, path);
  if (value === undefined) {
    value = input;
    for (const name of path.split(".")) value = own(value, name);
  }
  return value ?? undefined;
}

/** Returns an own property of an object. */
export function own(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

/** The value of a line. Undefined if it is not valid JSON, which its worker reports. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
