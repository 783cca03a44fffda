/** The place of an input, for reports of failures: its file, and its line, element, item or argument. */

import type { RowForm } from "../../wire/csv_row.ts";
import { readRefusal } from "../../wire/refusal.ts";
import { RECORD, recordOfRow } from "../../wire/table_row.ts";
import type { Block, InputFormat, Line } from "./formats/splitter.ts";

/** Maximum length of the text of an added input in messages about its place, in characters. A guess: a URL is mostly shorter. */
const MAX_TEXT = 80;

export interface Origin {
  /** Its index among all inputs, from 0, whether or not the others run. */
  index: number;
  /** The number of its line in the file, from 1. An input that a task has handed in counts on from the inputs before it. */
  number: number;
  line: Line;
  file?: string;
  /** The place in words: `line 3`. */
  place: string;
  isAdded?: boolean;
}

/** A file that is read, or whose inputs have not settled. */
export interface Source {
  name: string;
  first: number;
  linesBefore: number;
  /** Whether its inputs are those that tasks have handed in. */
  isAdded?: boolean;
}

/** A block, its file, and its place among all inputs. */
export interface Sourced extends Block {
  source: Source;
  /** The index among all inputs of its first input. */
  whole: number;
  /** The index among all inputs of each input; absent if they are consecutive. */
  wholes?: number[];
}

export interface Open extends Sourced {
  /** The index of its first input among those that were handed out. */
  index: number;
  /** Number of inputs that have not settled. */
  left: number;
}

/**
 * The place of an input, by its index among those that were handed out. Without a block, the input has settled, and only this
 * index is known.
 */
export function originIn(
  block: Open | undefined,
  index: number,
  { format: { unit, encoding, rows }, several }: { format: InputFormat; several: boolean },
): Origin {
  if (!block) return { index, number: index + 1, line: "", place: `${unit} ${index + 1}` };
  const number = numberIn(block, index);
  const whole = indexIn(block, index - block.index);
  const { name, first, isAdded } = block.source;
  if (isAdded) return originOfAdded(block, index, number);
  const place = unit === "element" ? `element ${whole - first + 1} (line ${number})` : `${unit} ${number}`;
  const found = block.lines.at(index - block.index);
  const line = encoding === "record" ? readable(found, rows) : found;
  return several
    ? { index: whole, number, line, file: name, place: `${name} ${place}` }
    : { index: whole, number, line, place };
}

/** The place of an input that a task has handed in: it has no line, so its own text says which one it is. */
function originOfAdded(block: Open, index: number, number: number): Origin {
  const sent = block.lines.at(index - block.index) as string;
  const line = sent[0] === RECORD ? sent.slice(1) : sent;
  const text = line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}…` : line;
  return { index: number - 1, number, line, place: `added input ${number} (${text})`, isAdded: true };
}

export function numberIn(block: Open, index: number): number {
  return numberAt(block, index - block.index);
}

/** The number of the line on which the input at this position of a block begins. */
export function numberAt({ number, numbers }: Pick<Block, "number" | "numbers">, at: number): number {
  return numbers ? numbers[at] : number + at;
}

/** Number of bytes of the file that a block took. */
export function sizeOf({ size, lines }: Block): number {
  return size ?? lines.bytes.length;
}

/** The index among all inputs of the input at this position of a block. */
export function indexIn({ whole, wholes }: Pick<Sourced, "whole" | "wholes">, at: number): number {
  return wholes ? wholes[at] : whole + at;
}

/** The record of an input; if it was refused, what was found in the file, as JSON. */
function readable(line: Line, rows: RowForm | undefined): Line {
  if (typeof line !== "string") return line;
  const record = rows ? recordOfRow(line, rows) : line;
  const refusal = readRefusal(record);
  return refusal ? JSON.stringify(refusal.found) : record;
}
