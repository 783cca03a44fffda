/**
 * Where an input came from, as a failure is reported: by file, line, element or whatever the format counts in.
 *
 * @module
 */

import { readRefusal } from "../../wire/refusal.ts";
import type { InputFormat } from "./run_input.ts";
import type { Block, Line, Splitter } from "./formats/splitter.ts";

/** Where an input came from. */
export interface Origin {
  /** The line's number in the file, from 1. */
  number: number;
  line: Line;
  /** The file's name, where there are several. */
  file?: string;
  /** How a user finds it: `line 3`. */
  place: string;
}

/** A file while its inputs are about. */
export interface Source {
  name: string;
  splitter: Splitter;
  /** The index of its first input. */
  first: number;
  /** The lines of the files before it. */
  linesBefore: number;
}

/** A block, and where it is from. */
export interface Sourced extends Block {
  source: Source;
}

/** Lines that were handed out together. */
export interface Open extends Sourced {
  /** The index of the first. */
  index: number;
  /** How many have not settled. */
  left: number;
}

/** Where an input of this block, or of none that is open any more, came from. */
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

/** The line on which an input of this block begins. */
export function numberIn({ number, numbers, index: first }: Open, index: number): number {
  return numbers ? numbers[index - first] : number + index - first;
}

/** What the file holds, where a splitter could make nothing of it. */
function readable(line: Line): Line {
  if (typeof line !== "string") return line;
  const refusal = readRefusal(line);
  return refusal ? JSON.stringify(refusal.found) : line;
}
