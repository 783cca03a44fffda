/**
 * The interface of all input formats: a splitter turns the bytes of a file into blocks of lines, one line an input.
 */

import { freeMemory, Lines } from "../../../wire/lines.ts";

/** A line: its text, or its bytes if they are not valid UTF-8. */
export type Line = string | Uint8Array;

/** The memory of a block. */
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

/** Splits one file. Its methods throw or reject if the rest of the file cannot be read. */
export interface Splitter {
  /** Number of lines of the file so far. */
  readonly lines: number;
  /** Returns the inputs that these bytes complete. The splitter may change the bytes, and keeps no reference to them. */
  push(bytes: Uint8Array): Block[] | Promise<Block[]>;
  /** Returns the inputs that the end of the file completes. */
  end(): Block[] | Promise<Block[]>;
  /** Takes back the memory of `lines` lines, which are read no more. */
  release(memory: BlockMemory, lines: number): void;
}

/** The content of a file is not what its format demands. */
export class BadFile extends Error {
  override readonly name = "BadFile";
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

/** `Splitter.release` for blocks that were made by {@link blockOfTexts} or {@link blockOfBytes}. */
export function releaseBlock(memory: BlockMemory, lines: number): void {
  memory.left -= lines;
  // Not at once: an input that is cancelled in this turn may still be read in it.
  if (memory.left === 0) setTimeout(freeMemory, 0, memory.bytes);
}

/** Joins bytes into new memory. */
export function joined(pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

/** Whether bytes begin with UTF-8's byte order mark. */
export function hasMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}
