/**
 * `--from json`: the elements of a top-level array, each handed on as the text that it is. Nothing is parsed here:
 * brackets and quotes tell where an element ends, and the worker that gets it says what is wrong inside. An element in
 * brackets or quotes is handed on when it is closed, a number or a word when its comma is there.
 *
 * @module
 */

import { refusalLine } from "../../../wire/refusal.ts";
import { isJson } from "../is_json.ts";
import { BadFile, type Block, blockOfBytes, joined, releaseMade, type Splitter } from "./splitter.ts";

const [TAB, NEWLINE, RETURN, SPACE, QUOTE, COMMA] = [9, 10, 13, 32, 34, 44];
const [OPEN_ARRAY, BACKSLASH, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [91, 92, 93, 123, 125];

/** Stands for a newline within a text in quotes, where JSON has none: so it stays wrong on one line. */
const WRONG = 1;

const encoder = new TextEncoder();

const MISSING = encoder.encode(
  refusalLine({ message: "There is no element where one is expected", found: null }),
);

/** Takes an array apart, in memory for the longest of its elements. */
export class JsonSplitter implements Splitter {
  /** Newlines so far. */
  lines = 0;
  readonly release = releaseMade;
  #place: "before" | "inside" | "after" = "before";
  /** Whether a comma stands before what comes. */
  #afterComma = false;
  /** Whether the element's first byte says where it ends, as a bracket or a quote does: then no comma is waited for. */
  #closes = false;
  /** Whether such an element has ended, and a comma is next. */
  #closed = false;
  /** Whether what is read stands where a comma should. */
  #isStray = false;
  #inString = false;
  #escaped = false;
  /** Brackets open within the element. */
  #depth = 0;
  /** What earlier chunks have of the element, and the line where it begins; -1 before that. */
  #rest: Uint8Array[] = [];
  #elementLine = -1;
  #bytes = 0;
  /** Why it cannot go on. */
  #failure: BadFile | undefined;

  /** What comes before a fault is handed on first. */
  push(chunk: Uint8Array): Block[] {
    if (this.#failure) throw this.#failure;
    const elements: Uint8Array[] = [];
    const numbers: number[] = [];
    const add = (element: Uint8Array) => {
      elements.push(this.#isStray ? strayElement(element) : element);
      this.#isStray = false;
      numbers.push(this.#elementLine === -1 ? this.lines + 1 : this.#elementLine);
      this.#elementLine = -1;
    };
    let at = this.#place === "before" ? this.#findStart(chunk) : 0;
    let start = at;
    const close = () => {
      add(this.#take(chunk.subarray(start, at + 1)));
      this.#closed = true;
      start = at + 1;
    };
    for (; at < chunk.length && this.#place !== "before"; at++) {
      const byte = chunk[at];
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
          chunk[at] = WRONG;
        }
        if (!this.#inString && this.#depth === 0 && this.#closes) close();
        continue;
      }
      if (isSpace(byte)) {
        // Outside of a text it is as good as a space, and the element stays one line.
        if (byte === NEWLINE) {
          this.lines++;
          chunk[at] = SPACE;
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
      else if (!isEmpty) add(this.#take(chunk.subarray(start, at)));
      else if (byte === COMMA || this.#afterComma) add(MISSING);
      this.#afterComma = byte === COMMA;
      if (byte === CLOSE_ARRAY) this.#place = "after";
      start = at + 1;
    }
    if (this.#elementLine !== -1) this.#rest.push(new Uint8Array(chunk.subarray(start)));
    if (this.#failure && elements.length === 0) throw this.#failure;
    return this.#blocks(elements, numbers, chunk.length);
  }

  end(): Block[] {
    if (this.#failure) throw this.#failure;
    if (this.#place === "before") throw this.#bad("expected an array, and it is empty");
    if (this.#place === "inside") throw this.#bad("it ends before the array does");
    return [];
  }

  /** The place after the bracket that opens the array. */
  #findStart(chunk: Uint8Array): number {
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === NEWLINE) this.lines++;
      const isMark = this.#bytes + at < 3 && byte === [0xef, 0xbb, 0xbf][this.#bytes + at];
      if (isSpace(byte) || isMark) continue;
      if (byte !== OPEN_ARRAY) {
        throw this.#bad(
          `expected one JSON array, got ${quoted(byte)}; ${insteadOfArray(chunk.subarray(at))}`,
        );
      }
      this.#place = "inside";
      return at + 1;
    }
    return chunk.length;
  }

  /** The element that ends in these bytes. */
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

/** What stands where a comma should is an input that fails, so that nothing of the file is passed over. */
function strayElement(bytes: Uint8Array): Uint8Array {
  const found = new TextDecoder().decode(bytes).trim();
  return encoder.encode(refusalLine({ message: "There is no comma before this element", found }));
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === NEWLINE || byte === RETURN || byte === TAB;
}

/** How to run what begins like this. */
function insteadOfArray(bytes: Uint8Array): string {
  const [line] = new TextDecoder().decode(bytes).split("\n", 1);
  // Its first line is no value: an object that spans several lines, most likely around the array that is meant.
  const isObject = line.startsWith("{") && !isJson(line);
  return isObject
    ? "to run on an array in the object: jq -c '.NAME[]' FILE | polyloop …"
    : "--from jsonl reads a value per line";
}

function quoted(byte: number): string {
  return byte < 128 ? JSON.stringify(String.fromCharCode(byte)) : "a character that is not ASCII";
}
