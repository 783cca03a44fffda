/**
 * `--from nul`: texts between NUL bytes, as `find -print0` writes them. They may hold newlines, so each travels as JSON.
 *
 * @module
 */

import { refusalLine } from "../../../wire/refusal.ts";
import { type Block, hasMark, joined, madeBlock, releaseMade, type Splitter } from "./splitter.ts";

const NUL = 0;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Splits at NUL; the last text may end in one or not. */
export class NulSplitter implements Splitter {
  /** What came after the last NUL, in pieces. */
  #rest: Uint8Array[] = [];
  /** Texts so far: they take the place of lines. */
  lines = 0;
  readonly release = releaseMade;

  push(chunk: Uint8Array): Block[] {
    const last = chunk.lastIndexOf(NUL);
    if (last === -1) {
      if (chunk.length > 0) this.#rest.push(new Uint8Array(chunk));
      return [];
    }
    const whole = joined([...this.#rest, chunk.subarray(0, last)]);
    this.#rest = last + 1 < chunk.length ? [new Uint8Array(chunk.subarray(last + 1))] : [];
    return this.#split(whole);
  }

  end(): Block[] {
    const bytes = joined(this.#rest);
    // A file that is a mark and nothing else has no text.
    if (bytes.length === 0 || (this.lines === 0 && hasMark(bytes) && bytes.length === 3)) return [];
    return this.#split(bytes);
  }

  #split(bytes: Uint8Array): Block[] {
    // A mark at the very start is no part of the first text.
    if (this.lines === 0 && hasMark(bytes)) bytes = bytes.subarray(3);
    const texts = textsOf(bytes);
    const first = this.lines + 1;
    this.lines += texts.length;
    return madeBlock(texts, texts.map((_, at) => first + at), bytes.length + 1);
  }
}

/** All at once, as a rule; one by one where something is no UTF-8. */
function textsOf(bytes: Uint8Array): string[] {
  try {
    return decoder.decode(bytes).split("\0").map((text) => JSON.stringify(text));
  } catch {
    return piecesOf(bytes).map(textOf);
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return JSON.stringify(decoder.decode(bytes));
  } catch {
    return refusalLine({
      message: "The input is not valid UTF-8 text",
      found: new TextDecoder().decode(bytes),
    });
  }
}

function piecesOf(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NUL); end !== -1; end = bytes.indexOf(NUL, start)) {
    pieces.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return [...pieces, bytes.subarray(start)];
}
