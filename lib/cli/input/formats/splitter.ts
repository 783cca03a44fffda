/** The interface of all input formats: a splitter turns the bytes of a file into blocks of lines, one line an input. */

import type { RowForm } from "../../../wire/csv_row.ts";
import type { Encoding } from "../../../wire/encoding.ts";
import { joined } from "../../../wire/bytes.ts";
import { freeMemory, Lines } from "../../../wire/lines.ts";

/** A line: its text, or its bytes if they are not valid UTF-8. */
export type Line = string | Uint8Array;

export interface BlockMemory {
  readonly bytes: Uint8Array;
  /** Number of its lines that may still be read. */
  left: number;
}

/** Neighbouring lines of a file, which travel together. */
export interface Block {
  lines: Lines;
  /** The number of the first line in the file, from 1. */
  number: number;
  /** The number of each line; absent if they are consecutive. */
  numbers?: number[];
  /** Number of bytes in the file, if the format is not one input per line. */
  size?: number;
  memory: BlockMemory;
}

/** Splits one file. Its methods throw if the rest of the file cannot be read. */
export interface Splitter {
  readonly lines: number;
  /** Returns the inputs that these bytes complete. The splitter may change the bytes, and keeps no reference to them. */
  push(bytes: Uint8Array): Block[];
  end(): Block[];
}

/** The format of inputs, as `--from` or the ending of a file names it. */
export interface InputFormat {
  encoding: Encoding["input"];
  /** The form of the rows that take the place of records (`wire/table_row.ts`). Absent if the splitter makes only records. */
  rows?: RowForm;
  /** The word for an input in messages about its place. */
  unit: "line" | "element" | "item" | "argument";
  /** Makes a splitter for a file. With the file's name, it prints notes for the user. */
  splitter(name?: string): Splitter;
}

/** The content of a file is not what its format demands. */
export class BadFile extends Error {
  override readonly name = "BadFile";
}

/** The bytes after the last end of an input, in pieces, so that an input of many reads is joined only once. */
export class Unfinished {
  #pieces: Uint8Array[] = [];
  length = 0;

  /**
   * Takes the bytes of a read, and keeps those from `end` on.
   *
   * @returns the bytes that waited and those before `end`, in new memory; undefined if `end` is 0
   */
  push(bytes: Uint8Array, end: number): Uint8Array | undefined {
    const whole = end === 0 ? undefined : this.#take(bytes.subarray(0, end));
    // A copy by `new Uint8Array`, because `slice` of a Buffer shares its memory.
    if (end < bytes.length) this.#pieces.push(new Uint8Array(bytes.subarray(end)));
    this.length += bytes.length - end;
    return whole;
  }

  /** Returns the bytes that wait, with `last` behind them. */
  end(last: number): Uint8Array {
    return this.#take(Uint8Array.of(last));
  }

  #take(last: Uint8Array): Uint8Array {
    const whole = joined([...this.#pieces, last]);
    this.#pieces = [];
    this.length = 0;
    return whole;
  }
}

const encoder = new TextEncoder();

/**
 * A block of texts.
 *
 * @param texts the inputs, without newlines
 * @param numbers the line of the file on which each input begins
 * @param size number of bytes in the file
 */
export function blockOfTexts(texts: string[], numbers: number[], size: number): Block[] {
  if (texts.length === 0) return [];
  return blockOfBytes(encoder.encode(`${texts.join("\n")}\n`), numbers, size);
}

/**
 * A block of bytes.
 *
 * @param bytes the inputs in UTF-8, each with a newline behind it
 * @param numbers the line of the file on which each input begins
 * @param size number of bytes in the file
 */
export function blockOfBytes(bytes: Uint8Array, numbers: number[], size: number): Block[] {
  const { length } = numbers;
  const lines = new Lines(bytes, length);
  return [{ lines, number: numbers[0], numbers, size, memory: { bytes, left: length } }];
}

/** Gives back the memory of a block's lines, which are read no more. Blocks of a read may share it. */
export function release({ memory, lines }: Block): void {
  memory.left -= lines.length;
  // Not at once: an input that is cancelled in this turn may still be read in it.
  if (memory.left === 0) setTimeout(freeMemory, 0, memory.bytes);
}

export function hasMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}
