/**
 * Many texts as one array of bytes: UTF-8, with a newline after each text. Lines of a file are sent to a worker as they
 * were read, and results return as they are written. The caller makes no string of a line.
 */

import { includes, isArray, isWellFormed, uncurried } from "./intrinsics.ts";
import { countNewlines, NewlineFinder } from "./newlines.ts";
import { bufferOf, lengthOf, sizeOfBuffer } from "./view_facts.ts";

const NEWLINE = 10;

/** Lines in the form in which they are sent. */
export interface PackedLines {
  bytes: Uint8Array;
  count: number;
}

/** Inputs or results: an array of any values, or lines. */
export type Values = unknown[] | Lines;

// Stateless, because every call gets whole lines. `ignoreBOM` keeps a byte order mark that is part of the text.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

const { Uint8Array, ArrayBuffer } = globalThis;
// Saved, because a worker's loop reads and writes lines, and a task may replace these functions.
const decode = uncurried(TextDecoder.prototype.decode as (this: TextDecoder, bytes: Uint8Array) => string);
const encode = uncurried(
  TextEncoder.prototype.encode as (this: TextEncoder, text: string) => Uint8Array<ArrayBuffer>,
);
const subarray = uncurried(Uint8Array.prototype.subarray);
const indexOf = uncurried(Uint8Array.prototype.indexOf);
const transfer = ArrayBuffer.prototype.transfer && uncurried(ArrayBuffer.prototype.transfer);
const join = uncurried(Array.prototype.join);
const split = uncurried(String.prototype.split as (this: string, separator: string) => string[]);

/** Minimum number of texts that are packed as lines. */
const FEW = 8;

/** Texts are not packed if the first is longer than this, in characters: copying dominates the cost of long texts. */
const LONG = 4096;

/** Lines are moved instead of copied from this size on, in bytes. Measured: without moving, a million lines take 226 MB instead of 174. */
const MANY_BYTES = 16 * 1024;

/** A range of lines in a block. Slices share the block's memory. */
export class Lines {
  readonly length: number;
  readonly #bytes: Uint8Array;
  /** The end of each line in the block. Computed when it is first read. */
  #ends: Uint32Array | undefined;
  /** The index in `#ends` of the first of these lines. */
  readonly #from: number;
  /** The offset at which the first line begins. */
  readonly #start: number;
  readonly #end: number;

  /** `ends` has the offsets of all newlines in `bytes`. Without it, `bytes` holds exactly `count` lines. */
  constructor(bytes: Uint8Array, count: number, ends?: Uint32Array, from = 0) {
    this.length = count;
    this.#bytes = bytes;
    this.#ends = ends;
    this.#from = from;
    this.#start = from === 0 ? 0 : ends![from - 1] + 1;
    this.#end = ends === undefined ? lengthOf(bytes) : count === 0 ? this.#start : ends[from + count - 1] + 1;
  }

  /** The bytes of all lines, with their newlines. */
  get bytes(): Uint8Array {
    return subarray(this.#bytes, this.#start, this.#end);
  }

  /** Returns the text of one line, or its bytes if they are not UTF-8. */
  at(index: number): string | Uint8Array {
    return textOf(this.bytesAt(index));
  }

  /** Returns the bytes of one line, as a view. */
  bytesAt(index: number): Uint8Array {
    return this.#bytes.subarray(this.#startOf(index), this.#endOf(index));
  }

  /** Returns the first byte of a line. For an empty line, this is its newline. */
  byteAt(index: number): number {
    return this.#bytes[this.#startOf(index)];
  }

  /** Returns the length of a line without its newline, in bytes. */
  lengthAt(index: number): number {
    return this.#endOf(index) - this.#startOf(index);
  }

  #startOf(index: number): number {
    return index === 0 ? this.#start : this.#endOf(index - 1) + 1;
  }

  #endOf(index: number): number {
    const ends = this.#ends ??= endsOf(this.#bytes);
    return ends[this.#from + index];
  }

  slice(start: number, end = this.length): Lines {
    const ends = this.#ends ??= endsOf(this.#bytes);
    return new Lines(this.#bytes, end - start, ends, this.#from + start);
  }

  /** Returns every line: its text, or its bytes if they are not UTF-8. */
  toArray(): (string | Uint8Array)[] {
    return textsOf(this.bytes);
  }

  /** Returns a copy to send. These lines stay usable when the copy is moved. */
  pack(): PackedLines {
    return { bytes: new Uint8Array(this.bytes), count: this.length };
  }
}

/** Returns the values that were sent by {@link pack}. */
export function unpack(values: unknown): Values {
  if (isArray(values)) return values;
  const { bytes, count } = values as PackedLines;
  return new Lines(bytes, count);
}

/** Whether a value is valid packed lines: it has as many lines as it says, in memory that is not shared. */
export function isPackedLines(value: unknown): value is PackedLines {
  if (typeof value !== "object" || value === null) return false;
  const { bytes, count } = value as Partial<PackedLines>;
  // Counted here, because a worker may report a false number of results.
  return bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer && bytes.at(-1) === NEWLINE &&
    countNewlines(bytes) === count;
}

/** Returns the values in the form in which they are sent. Texts become lines if that is cheaper and loses nothing. */
export function pack(values: Values): unknown[] | PackedLines {
  if (values instanceof Lines) return values.pack();
  if (values.length < FEW || !areLines(values) || values[0].length > LONG) return values;
  const text = `${join(values, "\n")}\n`;
  // UTF-8 cannot represent half of a surrogate pair.
  return isWellFormed(text) ? { bytes: encode(encoder, text), count: values.length } : values;
}

export function movesWell({ bytes }: PackedLines): boolean {
  return lengthOf(bytes) >= MANY_BYTES && isWhole(bytes);
}

/** Size of the pieces in which texts are read, in bytes, up to the next newline. */
const PIECE = 4096;

/**
 * The texts of lines, read from the first to the last. A few are decoded at a time, because V8 enlarges the heap for young objects
 * as more of them outlive a collection. Measured: four million lines take 255 MB instead of 295.
 */
export class TextReader {
  readonly length: number;
  readonly #bytes: Uint8Array;
  /** Where the next piece begins. */
  #start = 0;
  #texts: (string | Uint8Array)[] = [];
  /** The index of the first of these texts, and of the first behind them. */
  #first = 0;
  #end = 0;

  /** The lines cannot be used afterwards. */
  constructor(lines: Lines) {
    this.length = lines.length;
    this.#bytes = lines.bytes;
  }

  /** Returns the text of one line, or its bytes if they are not UTF-8. No index may be lower than the one before. */
  at(index: number): string | Uint8Array {
    while (index >= this.#end) this.#readPiece();
    return this.#texts[index - this.#first];
  }

  #readPiece(): void {
    const bytes = this.#bytes;
    const found = indexOf(bytes, NEWLINE, this.#start + PIECE);
    const end = found === -1 ? lengthOf(bytes) : found + 1;
    this.#texts = textsOf(subarray(bytes, this.#start, end));
    this.#start = end;
    this.#first = this.#end;
    this.#end += this.#texts.length;
    if (end === lengthOf(bytes)) freeMemory(bytes);
  }
}

/**
 * Frees memory at once, because the garbage collector notices little of it. Measured: without this, a million lines
 * take 190 MB instead of 174.
 */
export function freeMemory(bytes: Uint8Array): void {
  // A buffer that is larger than these bytes has other users, and stays.
  if (isWhole(bytes)) transfer?.(bufferOf(bytes) as ArrayBuffer, 0);
}

/** Whether a buffer, which is not shared, has no more than these bytes. */
function isWhole(bytes: Uint8Array): boolean {
  return lengthOf(bytes) === sizeOfBuffer(bufferOf(bytes) as ArrayBuffer);
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

/** Returns every line. The bytes end in a newline. */
function textsOf(bytes: Uint8Array): (string | Uint8Array)[] {
  const text = textOf(bytes);
  if (typeof text === "string") {
    const texts = split(text, "\n");
    texts.length--;
    return texts;
  }
  const texts: (string | Uint8Array)[] = [];
  const ends = endsOf(bytes);
  for (let at = 0, start = 0; at < ends.length; start = ends[at++] + 1) {
    texts[at] = textOf(subarray(bytes, start, ends[at]));
  }
  return texts;
}

let finder: NewlineFinder | undefined;

function endsOf(bytes: Uint8Array): Uint32Array {
  return (finder ??= new NewlineFinder()).find(bytes);
}
