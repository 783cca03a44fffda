/**
 * `--from csv` and `--from tsv`: turns rows into objects by the names of the header, as JSON text. A row that does not fit the
 * header is a failed input; the other rows run.
 */

import { isUtf8 } from "node:buffer";
import { refusalLine } from "../../../wire/refusal.ts";
import { plural } from "../../progress/format.ts";
import { numberedNames, readHeader } from "./csv_header.ts";
import { CsvBytes } from "./csv_bytes.ts";
import { type CsvRow, CsvRows } from "./csv_quoting.ts";
import { BadFile, type Block, blockOfBytes, type Splitter } from "./splitter.ts";
import { joined } from "../../../wire/bytes.ts";
import { WholeLines } from "./whole_lines.ts";
import { systemReason, UserError } from "../../user_error.ts";
import type { InputFile } from "../files/input_file.ts";
import { withFirst } from "../files/recognize.ts";

/** Maximum length of a row, in bytes. A guess: after a quote that is never closed, the rest of the file would be one row. */
const MAX_ROW = 64 * 1024 * 1024;

/**
 * Bytes of a row whose end is missing, from which on the row is read as text. `CsvBytes` would begin with it anew when more
 * bytes are there. A guess: more than rows have.
 */
const LONG_ROW = 64 * 1024;

const [NEWLINE, RETURN] = [10, 13];

export interface CsvOptions {
  /** The character between values. Default: the one in the file's line `sep=`, or a comma. */
  separator?: string;
  /** The names of the columns of a file without a header; false: the columns are numbered. Default: the first row. */
  header?: string[] | false;
  /** Called with notes about the header for the user. */
  note?: (text: string) => void;
}

/**
 * Splits one file. Bytes become JSON by `CsvBytes`, once the header is known. As texts it reads only the header, rows that do not
 * fit it or are not UTF-8, very long rows, and files whose separator is not ASCII.
 */
export class CsvSplitter implements Splitter {
  readonly #options: CsvOptions;
  readonly #text = new WholeLines();
  readonly #rows: CsvRows;
  /** Absent before the header was read. */
  #bytes: CsvBytes | undefined;
  /** Whether the next bytes are read as text. */
  #asText = true;
  /** Bytes of a row whose end is missing, if they are not read as text. */
  #rest: Uint8Array | undefined;
  /** The names of the columns; undefined before the header was read. */
  names: string[] | undefined;
  /** The JSON before each value: `{"a":`, then `,"b":`. */
  #keys: string[] = [];
  /** Number of lines before the present row. */
  lines = 0;
  /** Whether some bytes were not UTF-8. From then on each row is checked. */
  #isBroken = false;

  constructor(options: CsvOptions = {}) {
    this.#options = options;
    this.#rows = new CsvRows(options.separator ?? ",", (row) => this.#row(row));
    if (options.header) this.#begin(options.header);
  }

  push(bytes: Uint8Array): Block[] {
    const size = bytes.length;
    while (this.#asText && bytes.length > 0) {
      // Line by line, because the first ones may be the header, and say what the separator is.
      const end = this.names && this.lines > 0 ? bytes.length : lineEnd(bytes);
      this.#readText(bytes.subarray(0, end));
      bytes = bytes.subarray(end);
      this.#leaveText();
    }
    if (bytes.length > 0) this.#readBytes(bytes);
    return this.#take(size);
  }

  end(): Block[] {
    if (this.#rest) this.#enterText(this.#rest);
    this.#read(this.#text.end());
    if (this.#rows.openLength !== undefined) {
      if (!this.names) throw this.#bad("a quote in the header is never closed");
      this.#add(refusalLine({ message: "A quote in this row is never closed", found: null }));
    }
    return this.#take(0);
  }

  /** Reads whole rows, and keeps the rest. */
  #readBytes(bytes: Uint8Array): void {
    const all = this.#rest ? joined([this.#rest, bytes]) : bytes;
    this.#rest = undefined;
    const end = Math.max(all.lastIndexOf(NEWLINE), all.lastIndexOf(RETURN)) + 1;
    const whole = all.subarray(0, end);
    if (!isUtf8(whole)) {
      this.#enterText(all);
      return this.#leaveText();
    }
    const written = this.#write(whole);
    const rest = all.subarray(written);
    if (rest.length > LONG_ROW) this.#enterText(rest);
    // A copy by `new Uint8Array`, because `slice` of a Buffer shares its memory.
    else if (rest.length > 0) this.#rest = new Uint8Array(rest);
  }

  /** Reads rows of valid UTF-8. Returns where the first row begins that has no end. */
  #write(whole: Uint8Array): number {
    const bytes = this.#bytes!;
    const separator = this.#rows.separator.charCodeAt(0);
    bytes.at = 0;
    bytes.lines = this.lines;
    for (;;) {
      const end = bytes.write(whole, separator);
      this.lines = bytes.lines;
      if (end === undefined) return bytes.at;
      this.#readText(whole.subarray(bytes.at, end));
      bytes.at = end;
      bytes.lines = this.lines;
      bytes.afterReturn = this.#rows.afterReturn;
    }
  }

  /** Reads bytes as text from now on. */
  #enterText(bytes: Uint8Array): void {
    this.#asText = true;
    this.#rest = undefined;
    this.#rows.afterReturn = this.#bytes!.afterReturn;
    this.#readText(bytes);
  }

  /** Reads bytes as text no longer, if the row that was read has an end, or is short. */
  #leaveText(): void {
    const isAscii = this.#rows.separator.charCodeAt(0) < 128;
    if (!this.#bytes || !isAscii || this.lines === 0) return;
    if (this.#rows.openLength !== undefined || this.#text.waiting > LONG_ROW) return;
    this.#asText = false;
    this.#bytes.afterReturn = this.#rows.afterReturn;
    this.#rest = this.#text.takeRest();
  }

  #readText(bytes: Uint8Array): void {
    this.#read(this.#text.push(bytes));
    if (this.#text.waiting > MAX_ROW || (this.#rows.openLength ?? 0) > MAX_ROW) {
      throw this.#bad("the row that begins here is longer than 64 MB. Is a quote in it not closed?");
    }
  }

  #read(text: string): void {
    this.#isBroken ||= !text.isWellFormed();
    this.#rows.push(text);
  }

  #take(size: number): Block[] {
    if (!this.#bytes) return [];
    const { bytes, numbers } = this.#bytes.take();
    return numbers.length > 0 ? blockOfBytes(bytes, numbers, size) : [];
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
    this.#bytes = new CsvBytes(names);
    this.#keys = names.map((name, at) => `${at === 0 ? "{" : ","}${JSON.stringify(name)}:`);
  }

  #add(text: string): void {
    this.#bytes!.add(text, this.lines + 1);
  }

  #textOf({ values }: CsvRow, names: string[]): string {
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
    for (let at = 0; at < values.length; at++) text += keys[at] + JSON.stringify(values[at]);
    return `${text}}`;
  }

  #bad(what: string): BadFile {
    return new BadFile(`line ${this.lines + 1}: ${what}`);
  }
}

/** Where the first line ends, or all bytes. */
function lineEnd(bytes: Uint8Array): number {
  const end = bytes.findIndex((byte) => byte === NEWLINE || byte === RETURN);
  return end === -1 ? bytes.length : end + 1;
}

/** A CSV file whose header is known. */
export interface BegunCsv {
  /** The file from its beginning, with the header. */
  file: InputFile;
  /** The names of the columns; undefined if the file has no row. */
  names: string[] | undefined;
}

/**
 * Reads a file up to the end of its header.
 *
 * @param trial a splitter that is used for nothing else
 * @throws {UserError} if the file or its header cannot be read
 */
export async function beginCsv(file: InputFile, trial: CsvSplitter): Promise<BegunCsv> {
  const pieces: Uint8Array[] = [];
  try {
    for (let bytes = await file.read();; bytes = await file.read()) {
      pieces.push(new Uint8Array(bytes));
      if (bytes.length > 0) trial.push(bytes);
      else trial.end();
      if (trial.names || bytes.length === 0) break;
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`Cannot read ${file.name}: ${systemReason(error)}`);
  }
  return { file: withFirst(file, joined(pieces)), names: trial.names };
}
