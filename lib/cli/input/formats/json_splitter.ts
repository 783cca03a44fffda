/**
 * `--from json`: splits a top-level array into the texts of its elements, without parsing them. Brackets and quotes tell where an
 * element ends; the worker finds errors within it. An element in brackets or quotes is complete when it is closed, a number or a
 * word when its comma is there.
 */

import { refusalLine } from "../../../wire/refusal.ts";
import { insteadOfArray } from "./format_hint.ts";
import { BadFile, type Block, blockOfBytes, type Splitter } from "./splitter.ts";
import { joined } from "../../../wire/bytes.ts";

const [TAB, NEWLINE, RETURN, SPACE, QUOTE, COMMA] = [9, 10, 13, 32, 34, 44];
const [OPEN_ARRAY, BACKSLASH, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [91, 92, 93, 123, 125];

/** Replaces a newline within quotes. JSON allows neither, so the element stays invalid, on one line. */
const INVALID = 1;

const encoder = new TextEncoder();

const MISSING = encoder.encode(
  refusalLine({ message: "There is no element where one is expected", found: null }),
);

export class JsonSplitter implements Splitter {
  lines = 0;
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
  #depth = 0;
  /** The element's bytes of earlier reads, and the line where it begins; -1 between elements. */
  #rest: Uint8Array[] = [];
  #elementLine = -1;
  #bytes = 0;
  #failure: BadFile | undefined;

  /** The elements that the read under way has completed, and the lines where they begin. */
  #elements: Uint8Array[] = [];
  #numbers: number[] = [];
  #start = 0;

  /** Elements before an error are returned first. The next call throws the error. */
  push(bytes: Uint8Array): Block[] {
    if (this.#failure) throw this.#failure;
    [this.#elements, this.#numbers] = [[], []];
    const first = this.#start = this.#place === "before" ? this.#findStart(bytes) : 0;
    for (let at = first; at < bytes.length && this.#place !== "before" && !this.#failure; at++) {
      const byte = bytes[at];
      if (this.#place === "after") this.#passEnd(byte);
      else if (this.#inString) this.#passQuoted(bytes, at);
      else if (isSpace(byte)) this.#passSpace(bytes, at);
      else if (this.#depth === 0 && (byte === COMMA || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT)) {
        this.#endElement(bytes, at);
      } else this.#passPart(bytes, at);
    }
    if (this.#elementLine !== -1) this.#rest.push(new Uint8Array(bytes.subarray(this.#start)));
    if (this.#failure && this.#elements.length === 0) throw this.#failure;
    return this.#blocks(this.#elements, this.#numbers, bytes.length);
  }

  #passEnd(byte: number): void {
    if (!isSpace(byte)) this.#failure = this.#bad(`there is something after the array: ${quoted(byte)}`);
    else if (byte === NEWLINE) this.lines++;
  }

  #passQuoted(bytes: Uint8Array, at: number): void {
    const byte = bytes[at];
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) {
      this.#inString = false;
      if (this.#depth === 0 && this.#closes) this.#close(bytes, at);
    }
    if (byte !== NEWLINE) return;
    this.lines++;
    bytes[at] = INVALID;
  }

  /** Takes white space. Outside of quotes a newline means the same as a space, and the element stays on one line. */
  #passSpace(bytes: Uint8Array, at: number): void {
    if (bytes[at] === NEWLINE) {
      this.lines++;
      bytes[at] = SPACE;
    }
    if (this.#elementLine === -1) this.#start = at + 1;
  }

  #passPart(bytes: Uint8Array, at: number): void {
    const byte = bytes[at];
    if (this.#elementLine === -1) {
      this.#elementLine = this.lines + 1;
      this.#start = at;
      this.#isStray = this.#closed;
      this.#closed = false;
      this.#closes = byte === QUOTE || byte === OPEN_ARRAY || byte === OPEN_OBJECT;
    }
    if (byte === QUOTE) this.#inString = true;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) this.#depth++;
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      this.#depth--;
      if (this.#depth === 0 && this.#closes) this.#close(bytes, at);
    }
  }

  #close(bytes: Uint8Array, at: number): void {
    this.#add(this.#take(bytes.subarray(this.#start, at + 1)));
    this.#closed = true;
    this.#start = at + 1;
  }

  #endElement(bytes: Uint8Array, at: number): void {
    const byte = bytes[at];
    if (byte === CLOSE_OBJECT) return void (this.#failure = this.#bad(`expected "," or "]", got "}"`));
    if (this.#closed) this.#closed = false;
    else if (this.#elementLine !== -1) this.#add(this.#take(bytes.subarray(this.#start, at)));
    else if (byte === COMMA || this.#afterComma) this.#add(MISSING);
    this.#afterComma = byte === COMMA;
    if (byte === CLOSE_ARRAY) this.#place = "after";
    this.#start = at + 1;
  }

  #add(element: Uint8Array): void {
    this.#elements.push(this.#isStray ? strayElement(element) : element);
    this.#isStray = false;
    this.#numbers.push(this.#elementLine === -1 ? this.lines + 1 : this.#elementLine);
    this.#elementLine = -1;
  }

  end(): Block[] {
    if (this.#failure) throw this.#failure;
    if (this.#place === "before") throw this.#bad("expected an array, and it is empty");
    if (this.#place === "inside") throw this.#bad("it ends before the array does");
    return [];
  }

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
