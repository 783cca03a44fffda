/**
 * `--from csv` and `--from tsv`: turns rows into objects by the names of the header, as JSON text. A row that does not fit the
 * header is a failed input; the other rows run.
 */

import { joined } from "../../../wire/bytes.ts";
import { refusalLine } from "../../../wire/refusal.ts";
import { plural } from "../../progress/format.ts";
import { type InputFile, reading } from "../files/input_file.ts";
import { numberedNames, readHeader } from "./csv_header.ts";
import { CsvRows, type OtherRow } from "./csv_rows.ts";
import { BadFile, type Block, blockOfBytes, hasMark, type Splitter, Unfinished } from "./splitter.ts";

/** Maximum length of a row, in bytes. A guess: after a quote that is never closed, the rest of the file would be one row. */
const MAX_ROW = 64 * 1024 * 1024;

const [NEWLINE, RETURN] = [10, 13];

export interface CsvOptions {
  /** The character between values. Default: the one in the file's line `sep=`, or a comma. */
  separator?: string;
  /** The names of the columns of a file without a header; false: the columns are numbered. Default: the first row. */
  header?: string[] | false;
  note?: (text: string) => void;
}

export class CsvSplitter implements Splitter {
  readonly #options: CsvOptions;
  readonly #unfinished = new Unfinished();
  readonly #rows: CsvRows;
  #atStart = true;
  /** The names of the columns; undefined before the header was read. */
  names: string[] | undefined;

  constructor(options: CsvOptions = {}) {
    this.#options = options;
    this.#rows = new CsvRows(options.separator ?? ",", (row) => this.#takeOther(row));
    if (options.header) this.#begin(options.header);
  }

  get lines(): number {
    return this.#rows.lines;
  }

  push(bytes: Uint8Array): Block[] {
    const whole = this.#unfinished.push(
      bytes,
      Math.max(bytes.lastIndexOf(NEWLINE), bytes.lastIndexOf(RETURN)) + 1,
    );
    if (whole) this.#read(whole);
    if (this.#unfinished.length > MAX_ROW || this.#rows.openLength > MAX_ROW) {
      throw this.#bad("the row that begins here is longer than 64 MB. Is a quote in it not closed?");
    }
    return this.#take(bytes.length);
  }

  end(): Block[] {
    if (this.#unfinished.length > 0) this.#read(this.#unfinished.end(NEWLINE));
    if (this.#rows.isOpen) {
      if (!this.names) throw this.#bad("a quote in the header is never closed");
      this.#rows.isOpen = false;
      this.#rows.add(refusalLine({ message: "A quote in this row is never closed", found: null }));
    }
    return this.#take(0);
  }

  #read(whole: Uint8Array): void {
    const bytes = this.#atStart && hasMark(whole) ? whole.subarray(3) : whole;
    this.#atStart = false;
    // A file with only a byte order mark has no line.
    if (bytes.length > 1 || bytes === whole) this.#rows.read(bytes);
  }

  #take(size: number): Block[] {
    const { bytes, numbers } = this.#rows.take();
    return numbers.length > 0 ? blockOfBytes(bytes, numbers, size) : [];
  }

  /** Takes the first row, or one that does not fit the header. */
  #takeOther(row: OtherRow): void {
    if (this.#rows.lines === 0 && this.#takeSeparator(row.values)) return;
    if (this.names) return this.#rows.add(textOf(row, this.names));
    const { header, note } = this.#options;
    if (header === false) {
      this.#begin(numberedNames(row.values.length));
      return this.#rows.add(textOf(row, this.names!));
    }
    const { lines, separator } = this.#rows;
    const { names, notes } = readHeader(row, { line: lines + 1, separator });
    this.#begin(names);
    for (const text of notes) note?.(text);
  }

  /** Reads Excel's line `sep=;`, which names the separator. Returns false for any other row. */
  #takeSeparator(values: string[]): boolean {
    const found = /^sep=([^"\r\n])$/i.exec(values.join(this.#rows.separator));
    if (!found) return false;
    this.#rows.separator = this.#options.separator ?? found[1];
    return true;
  }

  #begin(names: string[]): void {
    this.names = names;
    this.#rows.name(names);
  }

  #bad(what: string): BadFile {
    return new BadFile(`line ${this.lines + 1}: ${what}`);
  }
}

function textOf({ values, isUtf8 }: OtherRow, names: string[]): string {
  if (!isUtf8) return refusalLine({ message: "The row is not valid UTF-8 text", found: values });
  if (values.length !== names.length) {
    const message = `The row has ${plural(values.length, "value")}, the header ${names.length}`;
    return refusalLine({ message, found: values });
  }
  const pairs = values.map((value, at) => `${JSON.stringify(names[at])}:${JSON.stringify(value)}`);
  return `{${pairs.join(",")}}`;
}

/**
 * Reads the names of the columns; undefined if the file has no row. The file can be read from its beginning afterwards.
 *
 * @param trial a splitter that is used for nothing else
 * @throws {UserError} if the file or its header cannot be read
 */
export async function readNames(file: InputFile, trial: CsvSplitter): Promise<string[] | undefined> {
  return await reading(file.name, async () => {
    const pieces: Uint8Array[] = [];
    for (let isEnd = false; !trial.names && !isEnd;) {
      const bytes = await file.read();
      pieces.push(new Uint8Array(bytes));
      isEnd = bytes.length === 0;
      if (isEnd) trial.end();
      else trial.push(bytes);
    }
    if (pieces.length > 0) file.unread(joined(pieces));
    return trial.names;
  });
}
