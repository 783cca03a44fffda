/**
 * What stands between the bytes of a file and the inputs of a run, whatever the format.
 *
 * @module
 */

import { freeMemory, Lines } from "../../../wire/lines.ts";

/** A line: text, or its bytes where they are not valid UTF-8. */
export type Line = string | Uint8Array;

/** Memory in which lines lie. */
export interface BlockMemory {
  readonly bytes: Uint8Array;
  /** How many of its lines somebody may still look at. */
  left: number;
}

/** Lines that follow one another in the file. */
export interface Block {
  lines: Lines;
  /** The number of the first in the file, from 1. */
  number: number;
  /** The number of each, where they do not simply follow one another. */
  numbers?: number[];
  /** The bytes that they took in the file, where they were written in another way. */
  size?: number;
  memory: BlockMemory;
}

/** Bytes of one file → blocks of inputs, each a line of text. Throws, or rejects, where it cannot go on. */
export interface Splitter {
  /** How many lines of the file it has seen. */
  readonly lines: number;
  /** The inputs that this chunk completes. The chunk's memory may be used again, and changed. */
  push(chunk: Uint8Array): Block[] | Promise<Block[]>;
  /** The last of them. */
  end(): Block[] | Promise<Block[]>;
  /** Nobody looks at these lines any more. */
  release(memory: BlockMemory, lines: number): void;
}

/** What a file holds, for inputs that are not simply its lines. */
export class BadFile extends Error {
  override readonly name = "BadFile";
}

const encoder = new TextEncoder();

/** A block of texts without newlines. `numbers` are the lines in the file where they begin, `size` the bytes they took. */
export function madeBlock(texts: string[], numbers: number[], size: number): Block[] {
  if (texts.length === 0) return [];
  return blockOfBytes(encoder.encode(`${texts.join("\n")}\n`), numbers, size);
}

/** The same of bytes: lines, each with its newline. */
export function blockOfBytes(bytes: Uint8Array, numbers: number[], size: number): Block[] {
  const { length } = numbers;
  const lines = new Lines(bytes, length);
  return [{ lines, number: numbers[0], numbers, size, memory: { bytes, left: length } }];
}

/** Gives back the memory of such a block once nobody looks at it. */
export function releaseMade(memory: BlockMemory, lines: number): void {
  memory.left -= lines;
  // Not at once: what is cancelled in this turn may still be on its way out of it.
  if (memory.left === 0) setTimeout(freeMemory, 0, memory.bytes);
}

/** Pieces of bytes as one, in memory of its own. */
export function joined(pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

/** Whether bytes begin with UTF-8's mark. */
export function hasMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}
