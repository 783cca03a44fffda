/**
 * Several outputs of one input, which a generator has yielded. Where outputs are text, they are one text: a newline, and then
 * each output with a newline behind it. No single output begins with a newline, so broker and journal keep both kinds as text.
 */

import { uncurried } from "./intrinsics.ts";
import type { Encoding } from "./encoding.ts";

const NEWLINE = "\n";

/**
 * Number of units that a worker may send before the caller asks for more: characters of text, or values. A guess: with less, a
 * generator waits for the caller; with more, generators whose turn has not come take more memory.
 */
export const ROOM = { text: 1024 * 1024, value: 64 } as const;

/** The text for no outputs. Outputs are added by {@link withOutput}. */
export const NO_OUTPUTS: string = NEWLINE;

const lists = new WeakSet<object>();
const setHas = uncurried(WeakSet.prototype.has);
const setAdd = uncurried(WeakSet.prototype.add);

/** Returns a new list for outputs that are sent as values. */
export function outputList(): unknown[] {
  const list: unknown[] = [];
  setAdd(lists, list);
  return list;
}

/** Whether an array is a list of outputs. The user knows only the single outputs, so the path of a part in an error leaves the list out. */
export function isOutputList(array: object): boolean {
  return setHas(lists, array);
}

/** Returns the text of several outputs with one more. */
export function withOutput(many: string, output: string): string {
  return many + output + NEWLINE;
}

export function oneText(output: string): string {
  return isMany(output) ? withOutput(NO_OUTPUTS, output) : output;
}

/** Whether a text stands for several outputs, or for none. */
export function isMany(text: string): boolean {
  return text[0] === NEWLINE;
}

/** The lines to write for several outputs, without the last newline; undefined if there are no outputs. */
export function linesOf(many: string): string | undefined {
  return many.length === 1 ? undefined : many.slice(1, -1);
}

/** The outputs themselves. None of them may contain a newline: they are JSON, or rows of CSV that a worker has written. */
export function outputsOf(many: string): string[] {
  return many.split(NEWLINE).slice(1, -1);
}

/** Number of units in outputs that a worker has sent; undefined if they are not what the encoding makes. */
export function unitsOf(encoding: Encoding, outputs: unknown): number | undefined {
  if (isOfValues(encoding)) return Array.isArray(outputs) ? outputs.length : undefined;
  if (typeof outputs !== "string" || !isMany(outputs) || !outputs.endsWith(NEWLINE)) return undefined;
  return outputs.length;
}

/** Whether outputs are values, and not text. */
export function isOfValues({ output = "value" }: Encoding): boolean {
  return output === "value";
}
