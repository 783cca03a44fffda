/**
 * Checks that results are of the kind that the task's encoding makes. A caller that asked for text writes it unchecked, so a
 * worker that sends something else must be noticed here.
 */

import { isErrorData } from "../../wire/error_check.ts";
import type { BatchResult } from "../../wire/input_batch.ts";
import { isPackedLines, Lines, type PackedLines, type Values } from "../../wire/lines.ts";
import type { Encoding } from "../../wire/encoding.ts";

/** The fault of a result that is not of its task's encoding. */
export const NO_TEXT = "a result is not what its task's encoding makes";

/** Whether the values can be results of the inputs from `first` on. */
export function areResults(
  encoding: Encoding | undefined,
  values: Values,
  inputs: { at(index: number): unknown },
  first: number,
): boolean {
  if (encoding === undefined) return true;
  const { batch, each, output = "value" } = encoding;
  if (each && output === "value") return !(values instanceof Lines) && values.every(Array.isArray);
  if (values instanceof Lines) return true;
  if (!batch && output === "value") return true;
  for (let at = 0; at < values.length; at++) {
    const fits = batch
      ? isBatchResult(values[at], inputs.at(first + at) as PackedLines)
      : typeof values[at] === "string";
    if (!fits) return false;
  }
  return true;
}

/** Whether a body can have handed in this input: where inputs are text, it is one line. */
export function mayAdd(encoding: Encoding | undefined, input: unknown): boolean {
  if (encoding?.adds !== true) return false;
  return (encoding.input ?? "value") === "value" || typeof input === "string" && !input.includes("\n");
}

/** Whether a value has exactly one outcome for each input of a batch. */
function isBatchResult(value: unknown, { count }: PackedLines): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { results, failed } = value as Partial<BatchResult>;
  if (!Array.isArray(failed) || failed.length > count) return false;
  const places = new Set<unknown>();
  for (const entry of failed) {
    if (!Array.isArray(entry)) return false;
    const [at, error] = entry;
    if (!Number.isSafeInteger(at) || at < 0 || at >= count || !isErrorData(error)) return false;
    places.add(at);
  }
  const succeeded = Array.isArray(results)
    ? results.every((text) => typeof text === "string") && results.length
    : isPackedLines(results) && results.count;
  return succeeded === count - places.size && places.size === failed.length;
}
