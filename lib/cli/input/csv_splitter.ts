/**
 * `--from csv`: rows under a header → objects, as JSON text. What CSV is, `csv-parse` knows; what counts here is which
 * line a row begins on, and that a row which does not fit is one failed input and no more.
 *
 * @module
 */

import { parse, type Parser } from "npm:csv-parse@7.0.3";
import { refusalLine } from "../../wire/refusal.ts";
import { plural } from "../progress/format.ts";
import { BadFile, type Block, madeBlock, releaseMade, type Splitter } from "./splitter.ts";

/** A row is no longer than this, in bytes: behind a quote that is never closed, all of the file would be one. */
const LONGEST_ROW = 64 * 1024 * 1024;

/** Reads one file. */
export class CsvSplitter implements Splitter {
  readonly release = releaseMade;
  readonly #parser: Parser;
  /** Throws where the bytes are no UTF-8, which the parser would pass over. */
  #decoder: TextDecoder | undefined = new TextDecoder("utf-8", { fatal: true });
  /** What stands before each value: `{"a":`, then `,"b":`; none before the header. */
  #keys: string[] | undefined;
  /** Lines before the row that is being read. */
  lines = 0;
  #emptyLines = 0;
  /** Rows since the last block. */
  #texts: string[] = [];
  #numbers: number[] = [];
  #failure: Error | undefined;

  constructor() {
    this.#parser = parse({
      bom: true,
      record_delimiter: ["\r\n", "\n", "\r"],
      // Told from the header here, so that one row fails and not the file.
      relax_column_count: true,
      // A quote inside a value that does not begin with one is a part of it.
      relax_quotes: true,
      skip_empty_lines: true,
      max_record_size: LONGEST_ROW,
      // Taken at once: nothing is left for the stream to hold back.
      on_record: (row: string[], { empty_lines }) => {
        this.#row(row, empty_lines);
        return null;
      },
    });
    this.#parser.on("error", (error) => this.#failure ??= error);
    this.#parser.resume();
  }

  async push(chunk: Uint8Array): Promise<Block[]> {
    this.#checkText(chunk);
    // A copy: the parser keeps the end of it, and the chunk's memory is used again.
    await new Promise<void>((resolve) => this.#parser.write(new Uint8Array(chunk), () => resolve()));
    return this.#take(chunk.length);
  }

  async end(): Promise<Block[]> {
    await new Promise<void>((resolve) => this.#parser.on("close", resolve).end());
    const isOpen = (this.#failure as { code?: string } | undefined)?.code === "CSV_QUOTE_NOT_CLOSED";
    if (isOpen && this.#keys) {
      this.#failure = undefined;
      this.#add(refusalLine({ message: "A quote in this row is never closed", found: null }));
    }
    return this.#take(0);
  }

  #take(size: number): Block[] {
    if (this.#failure) throw this.#reason(this.#failure);
    const blocks = madeBlock(this.#texts, this.#numbers, size);
    this.#texts = [];
    this.#numbers = [];
    return blocks;
  }

  #row(row: string[], emptyLines: number): void {
    this.lines += emptyLines - this.#emptyLines;
    this.#emptyLines = emptyLines;
    if (this.#keys) this.#add(this.#textOf(row, this.#keys));
    else this.#keys = keysOf(row, this.lines + 1);
    this.lines += 1 + newlinesIn(row);
  }

  #add(text: string): void {
    this.#texts.push(text);
    this.#numbers.push(this.lines + 1);
  }

  #textOf(row: string[], keys: string[]): string {
    if (row.length !== keys.length) {
      const message = `The row has ${plural(row.length, "value")}, the header ${keys.length}`;
      return refusalLine({ message, found: row });
    }
    let text = "";
    for (let at = 0; at < row.length; at++) text += keys[at] + JSON.stringify(row[at]);
    if (this.#decoder || !text.includes("\ufffd")) return `${text}}`;
    return refusalLine({ message: "The row is not valid UTF-8 text", found: row });
  }

  /** From the first bytes on that are no text, rows with a replacement character are not what the file says. */
  #checkText(chunk: Uint8Array): void {
    try {
      this.#decoder?.decode(chunk, { stream: true });
    } catch {
      this.#decoder = undefined;
    }
  }

  #reason(error: Error): Error {
    const { code } = error as { code?: string };
    const where = `line ${this.lines + 1}`;
    if (code === "CSV_MAX_RECORD_SIZE") {
      return new BadFile(`${where}: a row of more than 64 MB begins here; a quote in it may not be closed`);
    }
    if (code === "CSV_QUOTE_NOT_CLOSED") {
      return new BadFile(`${where}: a quote in the header is never closed`);
    }
    return error;
  }
}

function keysOf(header: string[], line: number): string[] {
  const twice = header.find((name, at) => header.indexOf(name) !== at);
  if (twice !== undefined) {
    throw new BadFile(`line ${line}: the header names ${JSON.stringify(twice)} twice`);
  }
  return header.map((name, at) => `${at === 0 ? "{" : ","}${JSON.stringify(name)}:`);
}

function newlinesIn(row: string[]): number {
  let count = 0;
  for (const value of row) {
    if (value.includes("\n") || value.includes("\r")) count += value.match(/\r\n|\n|\r/g)!.length;
  }
  return count;
}
