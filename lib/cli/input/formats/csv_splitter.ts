/**
 * `--from csv` and `--from tsv`: turns rows into objects by the names of the header, as JSON text. A row that does not fit the
 * header is a failed input; the other rows run.
 *
 * @module
 */

import { refusalLine } from "../../../wire/refusal.ts";
import { plural } from "../../progress/format.ts";
import { numberedNames, readHeader } from "./csv_header.ts";
import { type CsvRow, CsvRows } from "./csv_quoting.ts";
import { BadFile, type Block, blockOfTexts, releaseBlock, type Splitter } from "./splitter.ts";
import { WholeLines } from "./whole_lines.ts";

/** Maximum length of a row, in bytes. A guess: after a quote that is never closed, the rest of the file would be one row. */
const MAX_ROW = 64 * 1024 * 1024;

/** Characters that JSON escapes, in a line without quotes. */
// deno-lint-ignore no-control-regex -- control characters are among them
const ESCAPED = /[\\\0-\x1f]/;

/** The form of a file. */
export interface CsvOptions {
  /** The character between values. Default: the one in the file's line `sep=`, or a comma. */
  separator?: string;
  /** The names of the columns of a file without a header; false: the columns are numbered. Default: the first row. */
  header?: string[] | false;
  /** Called with notes about the header for the user. */
  note?: (text: string) => void;
}

/** Splits one file. */
export class CsvSplitter implements Splitter {
  readonly release = releaseBlock;
  readonly #options: CsvOptions;
  readonly #text = new WholeLines();
  readonly #rows: CsvRows;
  /** The names of the columns; undefined before the header was read. */
  names: string[] | undefined;
  /** The JSON before each value: `{"a":`, then `,"b":`. */
  #keys: string[] = [];
  /** Number of lines before the present row. */
  lines = 0;
  /** Whether some bytes were not UTF-8. From then on each row is checked. */
  #isBroken = false;
  /** The rows since the last block, and the lines on which they begin. */
  #texts: string[] = [];
  #numbers: number[] = [];

  constructor(options: CsvOptions = {}) {
    this.#options = options;
    this.#rows = new CsvRows(options.separator ?? ",", (row) => this.#row(row));
    if (options.header) this.#begin(options.header);
  }

  push(bytes: Uint8Array): Block[] {
    this.#read(this.#text.push(bytes));
    if (this.#text.waiting > MAX_ROW || (this.#rows.openLength ?? 0) > MAX_ROW) {
      throw this.#bad("the row that begins here is longer than 64 MB. Is a quote in it not closed?");
    }
    return this.#take(bytes.length);
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
    const blocks = blockOfTexts(this.#texts, this.#numbers, size);
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

  /** Reads Excel's line `sep=;`, which names the separator. Returns false for any other row. */
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
