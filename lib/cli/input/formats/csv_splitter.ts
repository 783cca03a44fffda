/**
 * `--from csv` and `--from tsv`: rows under a header → objects, as JSON text. A row that does not fit is one failed input
 * and no more.
 *
 * @module
 */

import { refusalLine } from "../../../wire/refusal.ts";
import { plural } from "../../progress/format.ts";
import { numberedNames, readHeader } from "./csv_header.ts";
import { type CsvRow, CsvRows } from "./csv_quoting.ts";
import { BadFile, type Block, madeBlock, releaseMade, type Splitter } from "./splitter.ts";
import { WholeLines } from "./whole_lines.ts";

/** A row is no longer than this, in bytes: behind a quote that is never closed, all of the file would be one. */
const LONGEST_ROW = 64 * 1024 * 1024;

/** What JSON writes in another way, in a line without quotes. */
// deno-lint-ignore no-control-regex -- these are what is looked for
const ESCAPED = /[\\\0-\x1f]/;

/** How a file is written. */
export interface CsvOptions {
  /** What stands between values, if it is not what the file says itself, or a comma. */
  separator?: string;
  /** The names of columns, where the file has no header; `false`: they are numbered. */
  header?: string[] | false;
  /** Is told what a user should know of the header. */
  note?: (text: string) => void;
}

/** Reads one file. */
export class CsvSplitter implements Splitter {
  readonly release = releaseMade;
  readonly #options: CsvOptions;
  readonly #text = new WholeLines();
  readonly #rows: CsvRows;
  /** The columns; none before the header. */
  names: string[] | undefined;
  /** What stands before each value: `{"a":`, then `,"b":`. */
  #keys: string[] = [];
  /** Lines before the row that is being read. */
  lines = 0;
  /** Whether bytes were met that are not UTF-8: then each row has to be looked at. */
  #isBroken = false;
  /** Rows since the last block. */
  #texts: string[] = [];
  #numbers: number[] = [];

  constructor(options: CsvOptions = {}) {
    this.#options = options;
    this.#rows = new CsvRows(options.separator ?? ",", (row) => this.#row(row));
    if (options.header) this.#begin(options.header);
  }

  push(chunk: Uint8Array): Block[] {
    this.#read(this.#text.push(chunk));
    if (this.#text.waiting > LONGEST_ROW || (this.#rows.openLength ?? 0) > LONGEST_ROW) {
      throw this.#bad("the row that begins here is longer than 64 MB. Is a quote in it not closed?");
    }
    return this.#take(chunk.length);
  }

  end(): Block[] {
    this.#read(this.#text.end());
    if (this.#rows.openLength !== undefined) {
      if (!this.names) throw this.#bad("a quote in the header is never closed");
      this.#add(refusalLine({ message: "A quote in this row is never closed", found: null }));
    }
    return this.#take(0);
  }

  #read(text: string): void {
    this.#isBroken ||= !text.isWellFormed();
    this.#rows.push(text);
  }

  #take(size: number): Block[] {
    const blocks = madeBlock(this.#texts, this.#numbers, size);
    this.#texts = [];
    this.#numbers = [];
    return blocks;
  }

  #row(row: CsvRow | undefined): void {
    if (!row) {
      this.lines++;
      return;
    }
    if (this.lines > 0 || !this.#takeSeparator(row.values)) {
      if (this.names) this.#add(this.#textOf(row, this.names));
      else this.#readHeader(row);
    }
    this.lines += row.lines;
  }

  /** Excel's own line, which says what separates values. */
  #takeSeparator(values: string[]): boolean {
    const found = /^sep=([^"\r\n])$/i.exec(values.join(this.#rows.separator));
    if (!found) return false;
    this.#rows.separator = this.#options.separator ?? found[1];
    return true;
  }

  #readHeader(row: CsvRow): void {
    if (this.#options.header === false) {
      this.#begin(numberedNames(row.values.length));
      return this.#add(this.#textOf(row, this.names!));
    }
    const { separator } = this.#rows;
    const { names, notes } = readHeader(row.values, { line: this.lines + 1, separator });
    this.#begin(names);
    for (const note of notes) this.#options.note?.(note);
  }

  #begin(names: string[]): void {
    this.names = names;
    this.#keys = names.map((name, at) => `${at === 0 ? "{" : ","}${JSON.stringify(name)}:`);
  }

  #add(text: string): void {
    this.#texts.push(text);
    this.#numbers.push(this.lines + 1);
  }

  #textOf({ values, text: line }: CsvRow, names: string[]): string {
    const keys = this.#keys;
    if (this.#isBroken && !values.every((value) => value.isWellFormed())) {
      return refusalLine({
        message: "The row is not valid UTF-8 text",
        found: values.map((value) => value.toWellFormed()),
      });
    }
    if (values.length !== names.length) {
      const message = `The row has ${plural(values.length, "value")}, the header ${names.length}`;
      return refusalLine({ message, found: values });
    }
    let text = "";
    if (line !== undefined && !ESCAPED.test(line)) {
      for (let at = 0; at < values.length; at++) text += `${keys[at]}"${values[at]}"`;
    } else {
      for (let at = 0; at < values.length; at++) text += keys[at] + JSON.stringify(values[at]);
    }
    return `${text}}`;
  }

  #bad(what: string): BadFile {
    return new BadFile(`line ${this.lines + 1}: ${what}`);
  }
}
