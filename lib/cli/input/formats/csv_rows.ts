/**
 * Reads rows of CSV and writes them as JSON, from bytes to bytes: it takes a fifth of the time that texts take, and no memory for
 * the collector. The quoting rules are those of Python's `csv` and of spreadsheets:
 *
 * - A row ends in `\n`, `\r\n` or `\r`. An empty line is no row.
 * - A value that begins with a quote ends at the next quote that is not doubled. It may contain separators and newlines.
 * - Two quotes in such a value are one.
 * - Any other quote is a part of its value, also one behind a closing quote: `"a"b` is `ab`.
 *
 * No package is used. The existing packages return a row only when more bytes follow, put replacement characters where bytes are not
 * UTF-8, and take three times as long.
 */

import { isUtf8 } from "node:buffer";
import { joined } from "../../../wire/bytes.ts";

const [NEWLINE, RETURN, SPACE, QUOTE, BACKSLASH] = [10, 13, 32, 34, 92];
const CLOSE = 125;

/** The letters by which JSON escapes some control characters. */
const LETTERS: Record<number, number> = { 8: 98, 9: 116, 10: 110, 12: 102, 13: 114 };

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const UNICODE = encoder.encode("u0000");
const HEX = encoder.encode("0123456789abcdef");

/** The longest form that a byte may have in JSON: `\u001f`. */
const LONGEST = 6;

/** Size of the memory for rows, in bytes: at first, and the most that is kept for further rows. Guesses. */
const ROOM = 64 * 1024;
const MAX_KEPT = 8 * 1024 * 1024;

/** A row that is not written, because it is the first, has another number of values than the names, or is not UTF-8. */
export interface OtherRow {
  /** With replacement characters for bytes that are not UTF-8. */
  values: string[];
  isUtf8: boolean;
}

export class CsvRows {
  readonly #onOther: (row: OtherRow) => void;
  #separator: Uint8Array;
  /** The JSON before each value, one after another, `{"a":"`, then `","b":"`; and where each of these ends. */
  #keys: Uint8Array = new Uint8Array(0);
  #keyEnds: number[] = [];
  /** Rows as JSON, then the part of the present row that was read. */
  #out = new Uint8Array(ROOM);
  /** Number of bytes of the whole rows. */
  #length = 0;
  #numbers: number[] = [];
  /** Whether some bytes were not UTF-8. From then on each row is checked. */
  #isBroken = false;
  /** Whether the last byte was a `\r`. A `\n` that follows belongs to it. */
  #afterReturn = false;
  /** Where each value of the present row begins, after the whole rows, and where the row ends so far. */
  #starts: number[] = [];
  #end = 0;
  #newlines = 0;
  /** Whether the present row goes on within quotes. */
  isOpen = false;
  lines = 0;

  /** @param onOther called for a row that is not written; it may add a text in place of the row */
  constructor(separator: string, onOther: (row: OtherRow) => void) {
    this.#separator = encoder.encode(separator);
    this.#onOther = onOther;
  }

  get separator(): string {
    return decoder.decode(this.#separator);
  }

  /** The character between values, from the next row on. */
  set separator(separator: string) {
    this.#separator = encoder.encode(separator);
  }

  /** Sets the names of the values, and a mark for the beginning of each row. Before, no row is written. */
  name(names: string[], mark = ""): void {
    const keys = names.map((name, at) =>
      encoder.encode(`${at === 0 ? `${mark}{` : '",'}${JSON.stringify(name)}:"`)
    );
    this.#keys = joined(keys);
    let end = 0;
    this.#keyEnds = keys.map(({ length }) => end += length);
  }

  /** Whether the next byte begins a line that is not in quotes. */
  get isAtLine(): boolean {
    return !this.isOpen && !this.#afterReturn;
  }

  /** Length of the present row so far, as JSON. */
  get openLength(): number {
    return this.isOpen ? this.#end : 0;
  }

  add(text: string): void {
    this.#makeRoom(this.#length, text.length * 3 + 1);
    this.#length += encoder.encodeInto(text, this.#out.subarray(this.#length)).written;
    this.#out[this.#length++] = NEWLINE;
    this.#numbers.push(this.lines + 1);
  }

  take(): { bytes: Uint8Array; numbers: number[] } {
    const taken = { bytes: this.#out.slice(0, this.#length), numbers: this.#numbers };
    if (this.isOpen) this.#out.copyWithin(0, this.#length, this.#length + this.#end);
    else if (this.#out.length > MAX_KEPT) this.#out = new Uint8Array(ROOM);
    this.#length = 0;
    this.#numbers = [];
    return taken;
  }

  /**
   * Reads whole lines: the last byte ends a line.
   *
   * @param goesOn asked before each row whether to read it. Default: all rows are read
   * @returns where the first row begins that was not read
   */
  read(bytes: Uint8Array, goesOn = () => true): number {
    this.#isBroken ||= !isUtf8(bytes);
    let at = this.#afterReturn && !this.isOpen && bytes[0] === NEWLINE ? 1 : 0;
    while (at < bytes.length && goesOn()) {
      const isEmpty = !this.isOpen && (bytes[at] === NEWLINE || bytes[at] === RETURN);
      if (!isEmpty) at = this.#row(bytes, at);
      if (this.isOpen) break;
      this.lines += 1 + this.#newlines;
      this.#newlines = 0;
      at += bytes[at] === RETURN && bytes[at + 1] === NEWLINE ? 2 : 1;
    }
    this.#afterReturn = at >= bytes.length && bytes.at(-1) === RETURN;
    return at;
  }

  /** Writes the row that begins or goes on at `at`. Returns the place of its line end. */
  #row(bytes: Uint8Array, at: number): number {
    const { length } = bytes;
    const [separator] = this.#separator;
    const isLong = this.#separator.length > 1;
    const starts = this.#starts;
    const base = this.#length;
    let isQuoted = this.isOpen;
    let previous = isQuoted && this.#afterReturn ? RETURN : 0;
    if (!isQuoted) starts.length = this.#end = 0;
    let to = base + this.#end;
    this.#makeRoom(to, this.#keys.length + (length - at) * LONGEST + 3);
    const out = this.#out;
    for (;;) {
      if (!isQuoted) {
        to = this.#writeKey(starts.length, to);
        starts.push(to - base);
        isQuoted = bytes[at] === QUOTE;
        if (isQuoted) at++;
        previous = 0;
      }
      while (isQuoted) {
        if (at === length) {
          this.isOpen = true;
          this.#end = to - base;
          return at;
        }
        const byte = bytes[at++];
        if (byte === QUOTE) {
          // The last byte ends a line, so a byte follows.
          isQuoted = bytes[at] === QUOTE;
          if (!isQuoted) break;
          at++;
        }
        if (byte === RETURN || byte === NEWLINE && previous !== RETURN) this.#newlines++;
        previous = byte;
        to = write(out, to, byte);
      }
      let byte = bytes[at];
      while (
        byte !== NEWLINE && byte !== RETURN && (byte !== separator || isLong && !this.#separates(bytes, at))
      ) {
        to = write(out, to, byte);
        byte = bytes[++at];
      }
      if (byte !== separator) break;
      at += this.#separator.length;
    }
    this.isOpen = false;
    this.#end = to - base;
    this.#endRow();
    return at;
  }

  #separates(bytes: Uint8Array, at: number): boolean {
    return this.#separator.every((byte, nth) => bytes[at + nth] === byte);
  }

  #writeKey(nth: number, to: number): number {
    const ends = this.#keyEnds;
    if (nth < ends.length) {
      const [out, keys] = [this.#out, this.#keys];
      for (let key = nth === 0 ? 0 : ends[nth - 1]; key < ends[nth];) out[to++] = keys[key++];
    }
    return to;
  }

  #endRow(): void {
    const out = this.#out;
    let to = this.#length + this.#end;
    const isValid = !this.#isBroken || isUtf8(out.subarray(this.#length, to));
    if (this.lines === 0 || this.#starts.length !== this.#keyEnds.length || !isValid) {
      return this.#onOther({ values: this.#values(), isUtf8: isValid });
    }
    out[to++] = QUOTE;
    out[to++] = CLOSE;
    out[to++] = NEWLINE;
    this.#length = to;
    this.#numbers.push(this.lines + 1);
  }

  #values(): string[] {
    const ends = this.#keyEnds;
    return this.#starts.map((start, at, { length }) => {
      const next = at + 1 < length ? this.#starts[at + 1] - (ends[at + 1] - ends[at] || 0) : this.#end;
      return JSON.parse(`"${decoder.decode(this.#out.subarray(this.#length + start, this.#length + next))}"`);
    });
  }

  #makeRoom(from: number, length: number): void {
    if (from + length <= this.#out.length) return;
    const out = new Uint8Array(Math.max(from + length, 2 * this.#out.length));
    out.set(this.#out.subarray(0, from));
    this.#out = out;
  }
}

/** Writes a byte of a JSON string. Returns where the next one belongs. */
function write(out: Uint8Array, to: number, byte: number): number {
  if (byte > BACKSLASH || byte >= SPACE && byte !== QUOTE && byte !== BACKSLASH) {
    out[to++] = byte;
    return to;
  }
  out[to++] = BACKSLASH;
  const letter = byte < SPACE ? LETTERS[byte] : byte;
  if (letter !== undefined) {
    out[to++] = letter;
    return to;
  }
  out.set(UNICODE, to);
  out[to + 3] = HEX[byte >> 4];
  out[to + 4] = HEX[byte & 15];
  return to + 5;
}
