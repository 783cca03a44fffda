/**
 * Decodes the bytes of a file as text of whole lines, wherever the reads were cut. Bytes that are not UTF-8 become halves of surrogate
 * pairs, which no UTF-8 text has: so what holds one can be told from what holds a real replacement character.
 *
 * @module
 */

import { joined } from "./splitter.ts";

const [NEWLINE, RETURN] = [10, 13];

/** Stands for bytes that are not UTF-8. */
const BROKEN = "\udc80";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const loose = new TextDecoder("utf-8", { ignoreBOM: true });

/** Reads one file. A line ends in `\n`, `\r\n` or `\r`, and is handed on when its first byte of these is there. */
export class WholeLines {
  /** What came after the last line end, in pieces, so that a line of many chunks is joined only once. */
  #rest: Uint8Array[] = [];
  /** How many bytes of a line wait for its end. */
  waiting = 0;
  #atStart = true;

  /** The lines that this chunk completes, with their ends. The chunk's memory may be used again. */
  push(chunk: Uint8Array): string {
    const end = Math.max(chunk.lastIndexOf(NEWLINE), chunk.lastIndexOf(RETURN)) + 1;
    if (end === 0) {
      this.#keep(chunk);
      return "";
    }
    const text = this.#textOf(chunk.subarray(0, end));
    this.#keep(chunk.subarray(end));
    return text;
  }

  /** The last line, if it has no end. */
  end(): string {
    return this.#textOf(new Uint8Array(0));
  }

  #keep(bytes: Uint8Array): void {
    // A copy by `new Uint8Array`: `slice` of a Buffer shares its memory.
    if (bytes.length > 0) this.#rest.push(new Uint8Array(bytes));
    this.waiting += bytes.length;
  }

  #textOf(last: Uint8Array): string {
    const bytes = this.#rest.length === 0 ? last : joined([...this.#rest, last]);
    this.#rest = [];
    this.waiting = 0;
    const text = decoded(bytes);
    const hasMark = this.#atStart && text.startsWith("\ufeff");
    this.#atStart &&= text === "";
    return hasMark ? text.slice(1) : text;
  }
}

/** All at once, as a rule; line by line where something is not UTF-8. */
function decoded(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return linesOf(bytes).map(decodedLine).join("");
  }
}

function decodedLine(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return loose.decode(bytes).replaceAll("\ufffd", BROKEN);
  }
}

/** Each with its end; `\r\n` may be two of them. */
function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== NEWLINE && bytes[at] !== RETURN) continue;
    lines.push(bytes.subarray(start, at + 1));
    start = at + 1;
  }
  return [...lines, bytes.subarray(start)];
}
