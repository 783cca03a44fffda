/**
 * Many texts as one array of bytes: UTF-8, each text ending in a newline. Lines of a file cross to a worker as they
 * were read, and come back as they are written; a string for each would cost the caller more than all else.
 *
 * @module
 */

const NEWLINE = 10;

/** How it crosses. */
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

/** Texts are packed if there are so many, at least, */
const FEW = 8;

/** and the first has no more characters than this: what long ones cost is their length. */
const LONG = 4096;

/** So many bytes are moved, not copied. */
const MANY_BYTES = 16 * 1024;

/** Some lines of a block; slices share its memory. */
export class Lines {
  readonly length: number;
  readonly #bytes: Uint8Array;
  /** Where each line ends; found when it is asked for. */
  #ends: Uint32Array | undefined;
  /** Of the ends, those from here on are ours. */
  readonly #from: number;
  /** Where the first line begins. */
  readonly #start: number;
  readonly #end: number;

  /** `ends` are the places of all newlines in the bytes. Without it, the lines are all there are. */
  constructor(bytes: Uint8Array, count: number, ends?: Uint32Array, from = 0) {
    this.length = count;
    this.#bytes = bytes;
    this.#ends = ends;
    this.#from = from;
    this.#start = from === 0 ? 0 : ends![from - 1] + 1;
    this.#end = ends === undefined ? bytes.length : count === 0 ? this.#start : ends[from + count - 1] + 1;
  }

  /** All of it, with the newlines. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  /** A line: its text, or its bytes where they are no UTF-8. */
  at(index: number): string | Uint8Array {
    const ends = this.#ends ??= endsOf(this.#bytes, this.length);
    const start = index === 0 ? this.#start : ends[this.#from + index - 1] + 1;
    return textOf(this.#bytes.subarray(start, ends[this.#from + index]));
  }

  slice(start: number, end = this.length): Lines {
    const ends = this.#ends ??= endsOf(this.#bytes, this.length);
    return new Lines(this.#bytes, end - start, ends, this.#from + start);
  }

  /** Every line, as {@link at} has it. */
  toArray(): (string | Uint8Array)[] {
    const text = textOf(this.bytes);
    if (typeof text !== "string") return Array.from({ length: this.length }, (_, index) => this.at(index));
    const lines = text.split("\n");
    lines.pop();
    return lines;
  }

  /** A copy: what crosses moves, and these may be asked for again. */
  pack(): PackedLines {
    return { bytes: new Uint8Array(this.bytes), count: this.length };
  }
}

/** What crossed, as it was. */
export function unpack(values: unknown): Values {
  if (Array.isArray(values)) return values;
  const { bytes, count } = values as PackedLines;
  return new Lines(bytes, count);
}

/** The values as they cross: texts as lines, where that is worth it and nothing is lost. */
export function pack(values: Values): unknown[] | PackedLines {
  if (values instanceof Lines) return values.pack();
  if (values.length < FEW || !values.every(isLine) || (values[0] as string).length > LONG) return values;
  const text = `${values.join("\n")}\n`;
  // Half of a surrogate pair has no UTF-8.
  return text.isWellFormed() ? { bytes: encoder.encode(text), count: values.length } : values;
}

/** Whether to move is cheaper than to copy. */
export function movesWell({ bytes }: PackedLines): boolean {
  return bytes.length >= MANY_BYTES && bytes.length === bytes.buffer.byteLength;
}

function isLine(value: unknown): boolean {
  return typeof value === "string" && !value.includes("\n");
}

function textOf(bytes: Uint8Array): string | Uint8Array {
  try {
    return decoder.decode(bytes);
  } catch {
    return new Uint8Array(bytes);
  }
}

function endsOf(bytes: Uint8Array, count: number): Uint32Array {
  const ends = new Uint32Array(count);
  for (let index = 0, at = -1; index < count; index++) ends[index] = at = bytes.indexOf(NEWLINE, at + 1);
  return ends;
}
