/**
 * Many texts as one array of bytes: UTF-8, each text ending in a newline. Lines of a file cross to a worker as they were
 * read, and come back as they are written, so the caller makes no string of a line.
 *
 * @module
 */

import { isArray, uncurried } from "./intrinsics.ts";

const NEWLINE = 10;

/** Lines as they cross. */
export interface PackedLines {
  /** The lines, with their newlines. */
  bytes: Uint8Array;
  count: number;
}

/** Inputs, or results: a list of anything, or lines. */
export type Values = unknown[] | Lines;

// Decodes without state: every call is given whole lines. `ignoreBOM` keeps a mark that is part of the text.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

const { Uint8Array, Uint32Array, ArrayBuffer } = globalThis;
// A worker's loop makes and reads lines, and a task may replace all of these.
const decode = uncurried(TextDecoder.prototype.decode as (this: TextDecoder, bytes: Uint8Array) => string);
const encode = uncurried(
  TextEncoder.prototype.encode as (this: TextEncoder, text: string) => Uint8Array<ArrayBuffer>,
);
const subarray = uncurried(Uint8Array.prototype.subarray);
const transfer = ArrayBuffer.prototype.transfer && uncurried(ArrayBuffer.prototype.transfer);
const join = uncurried(Array.prototype.join);
const split = uncurried(String.prototype.split as (this: string, separator: string) => string[]);
const includes = uncurried(String.prototype.includes);
const isWellFormed = uncurried(String.prototype.isWellFormed);

/** Fewer texts than this are not packed as lines. */
const FEW = 8;

/** Texts are not packed if the first has more characters than this: the cost of long texts is their length. */
const LONG = 4096;

/**
 * Bytes from which on lines are moved, not copied. Measured: without moving, a million lines take 226 MB instead of 174.
 */
const MANY_BYTES = 16 * 1024;

/** Some lines of a block; slices share its memory. */
export class Lines {
  readonly length: number;
  readonly #bytes: Uint8Array;
  /** Where each line ends. Found when it is first asked for. */
  #ends: Uint32Array | undefined;
  /** The first of the ends that is of these lines. */
  readonly #from: number;
  /** Where the first line begins. */
  readonly #start: number;
  readonly #end: number;

  /** `ends` are the places of all newlines in the bytes. Without it, the bytes hold these lines and no others. */
  constructor(bytes: Uint8Array, count: number, ends?: Uint32Array, from = 0) {
    this.length = count;
    this.#bytes = bytes;
    this.#ends = ends;
    this.#from = from;
    this.#start = from === 0 ? 0 : ends![from - 1] + 1;
    this.#end = ends === undefined ? bytes.length : count === 0 ? this.#start : ends[from + count - 1] + 1;
  }

  /** All lines, with their newlines. */
  get bytes(): Uint8Array {
    return subarray(this.#bytes, this.#start, this.#end);
  }

  /** One line: its text, or its bytes where they are no UTF-8. */
  at(index: number): string | Uint8Array {
    return textOf(this.bytesAt(index));
  }

  /** The bytes of one line, as a view. */
  bytesAt(index: number): Uint8Array {
    return this.#bytes.subarray(this.#startOf(index), this.#endOf(index));
  }

  /** The first byte of a line. An empty line has its newline there. */
  byteAt(index: number): number {
    return this.#bytes[this.#startOf(index)];
  }

  /** Copies a line to the start of `target`, if it has at most `most` bytes. Returns how many bytes it has. */
  copyTo(index: number, target: Uint8Array, most: number): number {
    const start = this.#startOf(index);
    const length = this.#endOf(index) - start;
    const bytes = this.#bytes;
    // By a loop, because a call of `set`, and a view to call it with, cost more than so few bytes.
    if (length <= most) { for (let at = 0; at < length; at++) target[at] = bytes[start + at]; }
    return length;
  }

  #startOf(index: number): number {
    return index === 0 ? this.#start : this.#endOf(index - 1) + 1;
  }

  #endOf(index: number): number {
    const ends = this.#ends ??= endsOf(this.#bytes, this.length);
    return ends[this.#from + index];
  }

  slice(start: number, end = this.length): Lines {
    const ends = this.#ends ??= endsOf(this.#bytes, this.length);
    return new Lines(this.#bytes, end - start, ends, this.#from + start);
  }

  /** Every line: its text, or its bytes where they are no UTF-8. */
  toArray(): (string | Uint8Array)[] {
    const text = textOf(this.bytes);
    if (typeof text === "string") {
      const texts = split(text, "\n");
      texts.length--;
      return texts;
    }
    const lines: (string | Uint8Array)[] = [];
    for (let index = 0; index < this.length; index++) lines[index] = this.at(index);
    return lines;
  }

  /** A copy that can cross: these lines stay usable when the copy moves. */
  pack(): PackedLines {
    return { bytes: new Uint8Array(this.bytes), count: this.length };
  }
}

/** Values as they were, from values as they crossed. */
export function unpack(values: unknown): Values {
  if (isArray(values)) return values;
  const { bytes, count } = values as PackedLines;
  return new Lines(bytes, count);
}

/** Whether a value is lines as they cross, with the count that it names, in memory that nobody else can write to. */
export function isPackedLines(value: unknown): value is PackedLines {
  if (typeof value !== "object" || value === null) return false;
  const { bytes, count } = value as Partial<PackedLines>;
  return bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer && bytes.at(-1) === NEWLINE &&
    countNewlines(bytes) === count;
}

/** Values as they cross: texts become lines where that is cheaper and loses nothing. */
export function pack(values: Values): unknown[] | PackedLines {
  if (values instanceof Lines) return values.pack();
  if (values.length < FEW || !areLines(values) || values[0].length > LONG) return values;
  const text = `${join(values, "\n")}\n`;
  // Half of a surrogate pair has no UTF-8.
  return isWellFormed(text) ? { bytes: encode(encoder, text), count: values.length } : values;
}

/** Whether to move is cheaper than to copy. */
export function movesWell({ bytes }: PackedLines): boolean {
  return bytes.length >= MANY_BYTES && bytes.length === bytes.buffer.byteLength;
}

/** Every line, as `toArray()` has them. The lines cannot be used afterwards. */
export function takeTexts(lines: Lines): (string | Uint8Array)[] {
  const texts = lines.toArray();
  freeMemory(lines.bytes);
  return texts;
}

/**
 * Gives memory back at once: the collector sees little of it. Measured: without this, a million lines take 190 MB instead of
 * 174.
 */
export function freeMemory(bytes: Uint8Array): void {
  // Memory that others use as well, stays.
  if (bytes.length === bytes.buffer.byteLength) transfer?.(bytes.buffer as ArrayBuffer, 0);
}

/** How many newlines there are. The caller counts them, because a worker may name a false number of results. */
export function countNewlines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = -1; (at = bytes.indexOf(NEWLINE, at + 1)) !== -1;) count++;
  return count;
}

function areLines(values: unknown[]): values is string[] {
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (typeof value !== "string" || includes(value, "\n")) return false;
  }
  return true;
}

function textOf(bytes: Uint8Array): string | Uint8Array {
  try {
    return decode(decoder, bytes);
  } catch {
    return new Uint8Array(bytes);
  }
}

function endsOf(bytes: Uint8Array, count: number): Uint32Array {
  const ends = new Uint32Array(count);
  for (let index = 0, at = -1; index < count; index++) ends[index] = at = bytes.indexOf(NEWLINE, at + 1);
  return ends;
}
