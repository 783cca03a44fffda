/**
 * Finds rows of CSV that workers can read by themselves (`wire/table_row.ts`), so that the main thread only looks for newlines and
 * quotes. Rows that span lines, or end in a lone `\r`, are not among them.
 */

import { Lines } from "../../../wire/lines.ts";
import { NewlineFinder } from "../../../wire/newlines.ts";
import type { Block, BlockMemory } from "./splitter.ts";

const [NEWLINE, RETURN, QUOTE] = [10, 13, 34];

/** The first bytes of what may take the place of a row: refusals and records. */
const [FIRST_MARK, LAST_MARK] = [0x15, 0x16];

/** Plain rows at the beginning of some bytes. */
interface Taken {
  blocks: Block[];
  /** Where the rest begins. */
  end: number;
  /** Number of lines before the rest. */
  lines: number;
}

export class PlainRows {
  readonly #newlines = new NewlineFinder();

  /**
   * Takes the rows up to the first that is not plain. The blocks share the memory of the bytes.
   *
   * @param bytes whole lines of valid UTF-8, of which the first is not in quotes
   * @param place the separator, the number of lines before these, and the memory of which the bytes are a part
   */
  take(
    bytes: Uint8Array,
    { separator, before, memory }: { separator: string; before: number; memory: BlockMemory },
  ): Taken {
    const ends = this.#newlines.find(bytes);
    const blocks: Block[] = [];
    const marks = new Marks(bytes, separator.charCodeAt(0));
    let first = 0;
    const add = (end: number) => {
      if (end === first) return;
      const lines = new Lines(bytes, end - first, ends, first);
      memory.left += lines.length;
      blocks.push({ lines, number: before + first + 1, memory });
    };
    let line = 0;
    let start = 0;
    for (; line < ends.length; start = ends[line++] + 1) {
      if (!marks.isPlain(start, ends[line])) break;
      // An empty line is no row.
      const byte = bytes[start];
      if (byte !== NEWLINE && byte !== RETURN) continue;
      add(line);
      first = line + 1;
    }
    add(line);
    return { blocks, end: start, lines: line };
  }
}

/** The quotes and carriage returns in some bytes. */
class Marks {
  readonly #bytes: Uint8Array;
  readonly #separator: number;
  /** The next of each from the present line on. */
  #quote: number;
  #return: number;

  constructor(bytes: Uint8Array, separator: number) {
    this.#bytes = bytes;
    this.#separator = separator;
    this.#quote = this.#find(QUOTE, 0);
    this.#return = this.#find(RETURN, 0);
  }

  /** Whether a line is a plain row. To be asked for one line after another. */
  isPlain(start: number, end: number): boolean {
    const byte = this.#bytes[start];
    if (byte >= FIRST_MARK && byte <= LAST_MARK) return false;
    if (this.#return < end) {
      if (this.#return !== end - 1) return false;
      this.#return = this.#find(RETURN, end);
    }
    if (this.#quote < end) {
      if (!this.#areClosed(start, end)) return false;
      this.#quote = this.#find(QUOTE, end);
    }
    return true;
  }

  #find(byte: number, from: number): number {
    const at = this.#bytes.indexOf(byte, from);
    return at === -1 ? Infinity : at;
  }

  /** Whether all quotes that open a value are closed in this line. */
  #areClosed(start: number, end: number): boolean {
    const bytes = this.#bytes;
    let isOpen = false;
    for (let at = this.#quote; at < end; at++) {
      if (bytes[at] !== QUOTE) continue;
      if (!isOpen) isOpen = at === start || bytes[at - 1] === this.#separator;
      else if (bytes[at + 1] === QUOTE) at++;
      else isOpen = false;
    }
    return !isOpen;
  }
}
