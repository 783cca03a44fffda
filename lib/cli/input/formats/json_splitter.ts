/**
 * `--from json`: splits a top-level array into the texts of its elements, without parsing them. Brackets and quotes tell where an
 * element ends; the worker finds errors within it. An element in brackets or quotes is complete when it is closed, a number or a
 * word when its comma is there.
 *
 * @module
 */

import { refusalLine } from "../../../wire/refusal.ts";
import { insteadOfArray } from "./format_hint.ts";
import { BadFile, type Block, blockOfBytes, joined, releaseBlock, type Splitter } from "./splitter.ts";

const [TAB, NEWLINE, RETURN, SPACE, QUOTE, COMMA] = [9, 10, 13, 32, 34, 44];
const [OPEN_ARRAY, BACKSLASH, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [91, 92, 93, 123, 125];

/** Replaces a newline within quotes. JSON allows neither, so the element stays invalid, on one line. */
const INVALID = 1;

const encoder = new TextEncoder();

const MISSING = encoder.encode(
  refusalLine({ message: "There is no element where one is expected", found: null }),
);

/** Splits one array. It needs memory for the longest element. */
export class JsonSplitter implements Splitter {
  /** Number of newlines so far. */
  lines = 0;
  readonly release = releaseBlock;
  #place: "before" | "inside" | "after" = "before";
  /** Whether the last character between elements was a comma. */
  #afterComma = false;
  /** Whether the element begins with a bracket or a quote, and so ends with one. */
  #closes = false;
  /** Whether such an element has just ended, so that a comma has to follow. */
  #closed = false;
  /** Whether the element is in the place of a comma. */
  #isStray = false;
  #inString = false;
  #escaped = false;
  /** Number of open brackets within the element. */
  #depth = 0;
  /** The element's bytes of earlier reads, and the line where it begins; -1 between elements. */
  #rest: Uint8Array[] = [];
  #elementLine = -1;
  #bytes = 0;
  /** Why the rest of the file cannot be read. */
  #failure: BadFile | undefined;

  /** Elements before an error are returned first. The next call throws the error. */
  push(bytes: Uint8Array): Block[] {
    if (this.#failure) throw this.#failure;
    const elements: Uint8Array[] = [];
    const numbers: number[] = [];
    const add = (element: Uint8Array) => {
      elements.push(this.#isStray ? strayElement(element) : element);
      this.#isStray = false;
      numbers.push(this.#elementLine === -1 ? this.lines + 1 : this.#elementLine);
      this.#elementLine = -1;
    };
    let at = this.#place === "before" ? this.#findStart(bytes) : 0;
    let start = at;
    const close = () => {
      add(this.#take(bytes.subarray(start, at + 1)));
      this.#closed = true;
      start = at + 1;
    };
    for (; at < bytes.length && this.#place !== "before"; at++) {
      const byte = bytes[at];
      if (this.#place === "after") {
        if (!isSpace(byte)) {
          this.#failure = this.#bad(`there is something after the array: ${quoted(byte)}`);
          break;
        }
        if (byte === NEWLINE) this.lines++;
        continue;
      }
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
        if (byte === NEWLINE) {
          this.lines++;
          bytes[at] = INVALID;
        }
        if (!this.#inString && this.#depth === 0 && this.#closes) close();
        continue;
      }
      if (isSpace(byte)) {
        // Outside of quotes a newline means the same as a space, and the element stays on one line.
        if (byte === NEWLINE) {
          this.lines++;
          bytes[at] = SPACE;
        }
        if (this.#elementLine === -1) start = at + 1;
        continue;
      }
      const ends = this.#depth === 0 && (byte === COMMA || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT);
      if (!ends) {
        if (this.#elementLine === -1) {
          this.#elementLine = this.lines + 1;
          start = at;
          this.#isStray = this.#closed;
          this.#closed = false;
          this.#closes = byte === QUOTE || byte === OPEN_ARRAY || byte === OPEN_OBJECT;
        }
        if (byte === QUOTE) this.#inString = true;
        else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) this.#depth++;
        else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
          this.#depth--;
          if (this.#depth === 0 && this.#closes) close();
        }
        continue;
      }
      if (byte === CLOSE_OBJECT) {
        this.#failure = this.#bad(`expected "," or "]", got "}"`);
        break;
      }
      const isEmpty = this.#elementLine === -1;
      if (this.#closed) this.#closed = false;
      else if (!isEmpty) add(this.#take(bytes.subarray(start, at)));
      else if (byte === COMMA || this.#afterComma) add(MISSING);
      this.#afterComma = byte === COMMA;
      if (byte === CLOSE_ARRAY) this.#place = "after";
      start = at + 1;
    }
    if (this.#elementLine !== -1) this.#rest.push(new Uint8Array(bytes.subarray(start)));
    if (this.#failure && elements.length === 0) throw this.#failure;
    return this.#blocks(elements, numbers, bytes.length);
  }

  end(): Block[] {
    if (this.#failure) throw this.#failure;
    if (this.#place === "before") throw this.#bad("expected an array, and it is empty");
    if (this.#place === "inside") throw this.#bad("it ends before the array does");
    return [];
  }

  /** Returns the place after the bracket that opens the array. */
  #findStart(bytes: Uint8Array): number {
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === NEWLINE) this.lines++;
      const isMark = this.#bytes + at < 3 && byte === [0xef, 0xbb, 0xbf][this.#bytes + at];
      if (isSpace(byte) || isMark) continue;
      if (byte !== OPEN_ARRAY) {
        throw this.#bad(
          `expected one JSON array, got ${quoted(byte)}; ${insteadOfArray(bytes.subarray(at))}`,
        );
      }
      this.#place = "inside";
      return at + 1;
    }
    return bytes.length;
  }

  /** Returns the element that ends with these bytes. */
  #take(bytes: Uint8Array): Uint8Array {
    if (this.#rest.length === 0) return bytes;
    const pieces = [...this.#rest, bytes];
    this.#rest = [];
    return joined(pieces);
  }

  #blocks(elements: Uint8Array[], numbers: number[], length: number): Block[] {
    this.#bytes += length;
    if (elements.length === 0) return [];
    const newline = new Uint8Array([NEWLINE]);
    return blockOfBytes(joined(elements.flatMap((element) => [element, newline])), numbers, length);
  }

  #bad(what: string): BadFile {
    return new BadFile(`line ${this.lines + 1}: ${what}`);
  }
}

/** Makes an element in the place of a comma a failed input, so that nothing of the file is skipped. */
function strayElement(bytes: Uint8Array): Uint8Array {
  const found = new TextDecoder().decode(bytes).trim();
  return encoder.encode(refusalLine({ message: "There is no comma before this element", found }));
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === NEWLINE || byte === RETURN || byte === TAB;
}

function quoted(byte: number): string {
  return byte < 128 ? JSON.stringify(String.fromCharCode(byte)) : "a character that is not ASCII";
}
