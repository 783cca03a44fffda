/**
 * `--from jsonl` and `--from lines`: splits bytes into blocks of lines. It finds where lines end and which are blank. Workers
 * decode the lines.
 */

import { Lines } from "../../../wire/lines.ts";
import { NewlineFinder } from "../../../wire/newlines.ts";
import { type Block, hasMark, type Splitter, Unfinished } from "./splitter.ts";

const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;

/** Splits at `\n`. Removes one `\r` before it, and a byte order mark at the start of the file. */
export class LineSplitter implements Splitter {
  readonly #skipBlank: boolean;
  readonly #unfinished = new Unfinished();
  #atStart = true;
  lines = 0;
  readonly #newlines = new NewlineFinder();

  constructor({ skipBlank }: { skipBlank: boolean }) {
    this.#skipBlank = skipBlank;
  }

  push(bytes: Uint8Array): Block[] {
    const whole = this.#unfinished.push(bytes, bytes.lastIndexOf(NEWLINE) + 1);
    return whole ? this.#split(whole) : [];
  }

  end(): Block[] {
    if (this.#unfinished.length === 0) return [];
    const bytes = this.#unfinished.end(NEWLINE);
    // A file with only a byte order mark has no line.
    if (this.#atStart && hasMark(bytes) && bytes.length === 4) return [];
    return this.#split(bytes);
  }

  #split(bytes: Uint8Array): Block[] {
    if (this.#atStart && hasMark(bytes)) bytes = bytes.subarray(3);
    this.#atStart = false;
    let ends = this.#newlines.find(bytes);
    if (hasReturns(bytes, ends)) {
      bytes = withoutReturns(bytes);
      ends = this.#newlines.find(bytes);
    }
    const count = ends.length;
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
      // The byte is looked at first, because few lines begin with white space.
      if (!this.#skipBlank || bytes[start] > SPACE || !isBlank(bytes.subarray(start, ends[at]))) continue;
      add(at);
      first = at + 1;
    }
    add(count);
    this.lines += count;
    return blocks;
  }
}

function isBlank(line: Uint8Array): boolean {
  return line.length === 0 || new TextDecoder().decode(line).trim() === "";
}

/** Whether a line ends in `\r\n`. */
function hasReturns(bytes: Uint8Array, ends: Uint32Array): boolean {
  for (let at = 0; at < ends.length; at++) if (bytes[ends[at] - 1] === RETURN) return true;
  return false;
}

function withoutReturns(bytes: Uint8Array): Uint8Array {
  let to = 0;
  for (let from = 0; from < bytes.length; from++) {
    if (bytes[from] !== RETURN || bytes[from + 1] !== NEWLINE) bytes[to++] = bytes[from];
  }
  return bytes.subarray(0, to);
}
