/**
 * Decodes the bytes of a file as text of whole lines, wherever the reads end. Bytes that are not UTF-8 become halves of
 * surrogate pairs, which valid UTF-8 never contains: so a value with such bytes differs from one with a replacement character.
 */

import { joined } from "../../../wire/bytes.ts";

const [NEWLINE, RETURN] = [10, 13];

/** Stands for bytes that are not UTF-8. */
const BROKEN = "\udc80";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const loose = new TextDecoder("utf-8", { ignoreBOM: true });

/** Decodes one file. A line ends in `\n`, `\r\n` or `\r`; it is returned when the first byte of its end is there. */
export class WholeLines {
  /** The bytes after the last line end, in pieces, so that a line of many reads is joined only once. */
  #rest: Uint8Array[] = [];
  /** Number of bytes of a line whose end is missing. */
  waiting = 0;
  #atStart = true;

  /** Returns the lines that these bytes complete, with their ends. It keeps no reference to the bytes. */
  push(bytes: Uint8Array): string {
    const end = Math.max(bytes.lastIndexOf(NEWLINE), bytes.lastIndexOf(RETURN)) + 1;
    if (end === 0) {
      this.#keep(bytes);
      return "";
    }
    const text = this.#textOf(bytes.subarray(0, end));
    this.#keep(bytes.subarray(end));
    return text;
  }

  /** Returns the last line, if it has no end. */
  end(): string {
    return this.#textOf(new Uint8Array(0));
  }

  /** Takes the bytes of the line whose end is missing. Undefined if there are none. */
  takeRest(): Uint8Array | undefined {
    const rest = this.#rest.length > 0 ? joined(this.#rest) : undefined;
    this.#rest = [];
    this.waiting = 0;
    return rest;
  }

  #keep(bytes: Uint8Array): void {
    // A copy by `new Uint8Array`, because `slice` of a Buffer shares its memory.
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

/** Decodes lines: at once, or one by one if some bytes are not UTF-8. */
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

/** The lines, each with its end. `\r` and `\n` of one end may be in two of them. */
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
