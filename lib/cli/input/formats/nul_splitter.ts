/** `--from nul`: texts between NUL bytes, as `find -print0` writes them. They may contain newlines, so each becomes a line of JSON. */

import { refusalLine } from "../../../wire/refusal.ts";
import { type Block, blockOfTexts, hasMark, type Splitter, Unfinished } from "./splitter.ts";

const NUL = 0;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Splits at NUL. The last text may end in one or not. */
export class NulSplitter implements Splitter {
  readonly #unfinished = new Unfinished();
  /** Number of texts so far. They are counted instead of lines. */
  lines = 0;

  push(bytes: Uint8Array): Block[] {
    const whole = this.#unfinished.push(bytes, bytes.lastIndexOf(NUL) + 1);
    return whole ? this.#split(whole) : [];
  }

  end(): Block[] {
    if (this.#unfinished.length === 0) return [];
    const bytes = this.#unfinished.end(NUL);
    // A file with only a byte order mark has no text.
    return this.lines === 0 && hasMark(bytes) && bytes.length === 4 ? [] : this.#split(bytes);
  }

  #split(bytes: Uint8Array): Block[] {
    // A byte order mark at the start of the file is no part of the first text.
    if (this.lines === 0 && hasMark(bytes)) bytes = bytes.subarray(3);
    const texts = textsOf(bytes.subarray(0, -1));
    const first = this.lines + 1;
    this.lines += texts.length;
    return blockOfTexts(texts, texts.map((_, at) => first + at), bytes.length);
  }
}

/** The texts as JSON. They are decoded at once, or one by one if some bytes are not UTF-8. */
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
