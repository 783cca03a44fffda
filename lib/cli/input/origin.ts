/**
 * The place of an input, for reports of failures: its file, and its line, element, item or argument.
 *
 * @module
 */

import { readRefusal } from "../../wire/refusal.ts";
import type { InputFormat } from "./run_input.ts";
import type { Block, Line, Splitter } from "./formats/splitter.ts";

/** The place of an input. */
export interface Origin {
  /** The number of its line in the file, from 1. */
  number: number;
  line: Line;
  /** The name of the file, if there are several. */
  file?: string;
  /** The place in words: `line 3`. */
  place: string;
}

/** A file that is read, or whose inputs have not settled. */
export interface Source {
  name: string;
  splitter: Splitter;
  /** The index of its first input. */
  first: number;
  /** Number of lines in the files before it. */
  linesBefore: number;
}

/** A block, and its file. */
export interface Sourced extends Block {
  source: Source;
}

/** A block that was handed out. */
export interface Open extends Sourced {
  /** The index of its first input. */
  index: number;
  /** Number of inputs that have not settled. */
  left: number;
}

/** The place of an input. Without a block, the input has settled, and only its index is known. */
export function originIn(
  block: Open | undefined,
  index: number,
  { format: { unit, encoding }, several }: { format: InputFormat; several: boolean },
): Origin {
  if (!block) return { number: index + 1, line: "", place: `${unit} ${index + 1}` };
  const number = numberIn(block, index);
  const { name, first } = block.source;
  const place = unit === "element" ? `element ${index - first + 1} (line ${number})` : `${unit} ${number}`;
  const found = block.lines.at(index - block.index);
  const line = encoding === "record" ? readable(found) : found;
  return several ? { number, line, file: name, place: `${name} ${place}` } : { number, line, place };
}

/** The number of the line on which an input of a block begins. */
export function numberIn({ number, numbers, index: first }: Open, index: number): number {
  return numbers ? numbers[index - first] : number + index - first;
}

/** The file's text of an input that a splitter has refused, or the line itself. */
function readable(line: Line): Line {
  if (typeof line !== "string") return line;
  const refusal = readRefusal(line);
  return refusal ? JSON.stringify(refusal.found) : line;
}
