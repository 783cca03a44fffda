/**
 * Bytes → blocks of lines. Nothing is decoded here: the workers do that. What is found out is where the lines end,
 * and which are blank.
 *
 * @module
 */

import { Lines } from "../../../wire/lines.ts";
import { type Block, type BlockMemory, hasMark, type Splitter } from "./splitter.ts";

/** The least memory for a block, in bytes: what is read at once, and the beginning of a line. */
const ROOM = 288 * 1024;

/** So much unused memory is kept, in blocks. */
const MOST_FREE = 32;

const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;

/** Splits at `\n`; strips one `\r` before it and a byte order mark at the very start. */
export class LineSplitter implements Splitter {
  readonly #skipBlank: boolean;
  // Copies are made by `new Uint8Array`: `slice` of a Buffer shares its memory.
  /** What came after the last newline, in pieces, so that a line of many chunks is joined only once. */
  #rest: Uint8Array[] = [];
  #atStart = true;
  /** Lines so far. */
  lines = 0;
  /** Where newlines are; used again and again. */
  #ends = new Uint32Array(4096);
  /**
   * Memory to be used again. The collector would let far more of it gather than all else here takes, and memory that was
   * never used before costs more than what is done with it.
   */
  readonly #free: Uint8Array[] = [];

  constructor({ skipBlank }: { skipBlank: boolean }) {
    this.#skipBlank = skipBlank;
  }

  /** The lines that this chunk completes. The chunk's memory may be used again afterwards. */
  push(chunk: Uint8Array): Block[] {
    const last = chunk.lastIndexOf(NEWLINE);
    if (last === -1) {
      if (chunk.length > 0) this.#rest.push(new Uint8Array(chunk));
      return [];
    }
    const whole = this.#join(chunk.subarray(0, last + 1));
    if (last + 1 < chunk.length) this.#rest.push(new Uint8Array(chunk.subarray(last + 1)));
    return this.#split(whole);
  }

  /** The last line, where it does not end in a newline. */
  end(): Block[] {
    if (this.#rest.length === 0) return [];
    const bytes = this.#join(new Uint8Array([NEWLINE]));
    // A file that is a mark and nothing else has no line.
    if (this.#atStart && hasMark(bytes) && bytes.length === 4) return [];
    return this.#split(bytes);
  }

  /** Nobody looks at these lines any more. */
  release(memory: BlockMemory, lines: number): void {
    memory.left -= lines;
    if (memory.left > 0 || this.#free.length >= MOST_FREE) return;
    const { buffer } = memory.bytes;
    // A block with one very long line is no measure for others.
    if (buffer.byteLength === ROOM) this.#free.push(new Uint8Array(buffer));
  }

  #allocate(length: number): Uint8Array {
    if (length > ROOM) return new Uint8Array(length);
    return (this.#free.pop() ?? new Uint8Array(ROOM)).subarray(0, length);
  }

  /** In memory of its own. */
  #join(bytes: Uint8Array): Uint8Array {
    const pieces = [...this.#rest, bytes];
    this.#rest = [];
    const joined = this.#allocate(pieces.reduce((length, piece) => length + piece.length, 0));
    let offset = 0;
    for (const piece of pieces) {
      joined.set(piece, offset);
      offset += piece.length;
    }
    return joined;
  }

  #split(bytes: Uint8Array): Block[] {
    if (this.#atStart && hasMark(bytes)) bytes = bytes.subarray(3);
    this.#atStart = false;
    if (bytes.includes(RETURN)) bytes = withoutReturns(bytes);
    const count = this.#findEnds(bytes);
    const ends = new Uint32Array(this.#ends.subarray(0, count));
    const blocks: Block[] = [];
    const memory = { bytes, left: 0 };
    let first = 0;
    const add = (end: number) => {
      if (end === first) return;
      const lines = new Lines(bytes, end - first, ends, first);
      memory.left += lines.length;
      blocks.push({ lines, number: this.lines + first + 1, memory });
    };
    for (let at = 0, start = 0; at < count; start = ends[at++] + 1) {
      // Few lines that are not blank begin with white space.
      if (!this.#skipBlank || bytes[start] > SPACE || !isBlank(bytes.subarray(start, ends[at]))) continue;
      add(at);
      first = at + 1;
    }
    add(count);
    if (blocks.length === 0) this.release(memory, 0);
    this.lines += count;
    return blocks;
  }

  #findEnds(bytes: Uint8Array): number {
    let count = 0;
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) {
      if (count === this.#ends.length) {
        const { length } = this.#ends;
        const more = new Uint32Array(length * 2);
        more.set(this.#ends);
        this.#ends = more;
      }
      this.#ends[count++] = at;
    }
    return count;
  }
}

/** Whether nothing but white space is in a line. */
function isBlank(line: Uint8Array): boolean {
  return line.length === 0 || new TextDecoder().decode(line).trim() === "";
}

/** The same without the `\r` before each newline. */
function withoutReturns(bytes: Uint8Array): Uint8Array {
  let to = 0;
  for (let from = 0; from < bytes.length; from++) {
    if (bytes[from] !== RETURN || bytes[from + 1] !== NEWLINE) bytes[to++] = bytes[from];
  }
  return bytes.subarray(0, to);
}
