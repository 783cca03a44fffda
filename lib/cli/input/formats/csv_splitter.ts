/**
 * `--from csv` and `--from tsv`: turns rows into objects by the names of the header, as JSON text, or leaves that to workers. A row
 * that does not fit the header is a failed input; the other rows run.
 */

import { isUtf8 } from "node:buffer";
import { joined } from "../../../wire/bytes.ts";
import type { RowForm } from "../../../wire/csv_row.ts";
import { isRefusal, refusalLine } from "../../../wire/refusal.ts";
import { RECORD, recordOf } from "../../../wire/table_row.ts";
import { type InputFile, reading } from "../files/input_file.ts";
import { numberedNames, readHeader } from "./csv_header.ts";
import { CsvRows, type OtherRow } from "./csv_rows.ts";
import { PlainRows } from "./plain_rows.ts";
import {
  BadFile,
  type Block,
  type BlockMemory,
  blockOfBytes,
  hasMark,
  type Splitter,
  Unfinished,
} from "./splitter.ts";

/** Maximum length of a row, in bytes. A guess: after a quote that is never closed, the rest of the file would be one row. */
const MAX_ROW = 64 * 1024 * 1024;

/**
 * Number of rows that are not plain in the bytes of one read, after which its other rows are not looked at any more. A guess: with
 * more, files full of such rows are searched again and again; with less, more rows of other files become JSON in this thread.
 */
const MOST_OTHERS = 8;

const [NEWLINE, RETURN] = [10, 13];

export interface CsvOptions {
  /** The character between values. Default: the one in the file's line `sep=`, or a comma. */
  separator?: string;
  /** The names of the columns of a file without a header; false: the columns are numbered. Default: the first row. */
  header?: string[] | false;
  /** The form in which plain rows stay as they are (`wire/table_row.ts`), with a separator of one byte. Default: none do. */
  rows?: RowForm;
  note?: (text: string) => void;
}

export class CsvSplitter implements Splitter {
  readonly #options: CsvOptions;
  readonly #unfinished = new Unfinished();
  readonly #rows: CsvRows;
  readonly #plain: PlainRows | undefined;
  #atStart = true;
  #isTrial = false;
  /** Number of bytes that were read and belong to no block yet. */
  #size = 0;
  /** The names of the columns; undefined before the header was read. */
  names: string[] | undefined;

  constructor(options: CsvOptions = {}) {
    this.#options = options;
    this.#rows = new CsvRows(options.separator ?? ",", (row) => this.#takeOther(row));
    this.#plain = options.rows ? new PlainRows() : undefined;
    if (options.header) this.#begin(options.header);
  }

  get separator(): string {
    return this.#rows.separator;
  }

  get lines(): number {
    return this.#rows.lines;
  }

  push(bytes: Uint8Array): Block[] {
    const whole = this.#unfinished.push(
      bytes,
      Math.max(bytes.lastIndexOf(NEWLINE), bytes.lastIndexOf(RETURN)) + 1,
    );
    const blocks = whole ? this.#read(whole) : [];
    if (this.#unfinished.length > MAX_ROW || this.#rows.openLength > MAX_ROW) {
      throw this.#bad("the row that begins here is longer than 64 MB. Is a quote in it not closed?");
    }
    return blocks;
  }

  end(): Block[] {
    const blocks = this.#unfinished.length > 0 ? this.#read(this.#unfinished.end(NEWLINE)) : [];
    if (this.#rows.isOpen) {
      if (!this.names) throw this.#bad("a quote in the header is never closed");
      this.#rows.isOpen = false;
      this.#rows.add(refusalLine({ message: "A quote in this row is never closed", found: null }));
    }
    return [...blocks, ...this.#take()];
  }

  /** Takes bytes up to the first row, and forgets the others: for a splitter that reads nothing else. */
  seekHeader(bytes: Uint8Array): void {
    this.#isTrial = true;
    this.push(bytes);
  }

  /** Whether the names of the columns are known, and the first line was read, which may name the separator. */
  get #hasBegun(): boolean {
    return this.names !== undefined && this.#rows.lines > 0;
  }

  #read(whole: Uint8Array): Block[] {
    const bytes = this.#atStart && hasMark(whole) ? whole.subarray(3) : whole;
    this.#atStart = false;
    // A file with only a byte order mark has no line.
    if (bytes.length === 1 && bytes !== whole) return [];
    this.#size += whole.length - bytes.length;
    let at = this.#hasBegun ? 0 : this.#readOther(bytes, () => !this.#hasBegun);
    if (this.#isTrial) return [];
    const blocks = this.#take();
    // One for all plain rows, because the bytes are freed when all of them have settled.
    const memory = { bytes, left: 0 };
    for (let others = 0; at < bytes.length; others++) {
      at += this.#takePlain(at, memory, blocks);
      let left = this.#plain && others < MOST_OTHERS ? 1 : Infinity;
      if (at < bytes.length) at += this.#readOther(bytes.subarray(at), () => left-- > 0);
      blocks.push(...this.#take());
    }
    return blocks;
  }

  /** Adds blocks of the plain rows from `at` on. Returns the number of bytes before the rest. */
  #takePlain(at: number, memory: BlockMemory, blocks: Block[]): number {
    const rows = this.#rows;
    const bytes = memory.bytes.subarray(at);
    // A line sep= may name another separator than that of the form.
    const isOfForm = this.#hasBegun && this.#options.rows?.separator === rows.separator;
    if (!this.#plain || !isOfForm || !rows.isAtLine || !isUtf8(bytes)) return 0;
    const { separator, lines: before } = rows;
    const taken = this.#plain.take(bytes, { separator, before, memory });
    rows.lines += taken.lines;
    blocks.push(...taken.blocks);
    this.#size += taken.end - taken.blocks.reduce((sum, { lines }) => sum + lines.bytes.length, 0);
    return taken.end;
  }

  #readOther(bytes: Uint8Array, goesOn: () => boolean): number {
    const end = this.#rows.read(bytes, goesOn);
    this.#size += end;
    return end;
  }

  #take(): Block[] {
    const { bytes, numbers } = this.#rows.take();
    if (numbers.length === 0) return [];
    const size = this.#size;
    this.#size = 0;
    return blockOfBytes(bytes, numbers, size);
  }

  /** Takes the first row, or one that does not fit the header. */
  #takeOther(row: OtherRow): void {
    if (this.#rows.lines === 0 && this.#takeSeparator(row.values)) return;
    if (this.names) return this.#add(row, this.names);
    const { header, note } = this.#options;
    if (header === false) {
      this.#begin(numberedNames(row.values.length));
      return this.#add(row, this.names!);
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
    this.#rows.name(names, this.#mark);
  }

  /** What begins a record that stands between rows. */
  get #mark(): string {
    return this.#options.rows ? RECORD : "";
  }

  #add({ values, isUtf8 }: OtherRow, names: string[]): void {
    const record = isUtf8
      ? recordOf(values, names)
      : refusalLine({ message: "The row is not valid UTF-8 text", found: values });
    this.#rows.add(isRefusal(record) ? record : this.#mark + record);
  }

  #bad(what: string): BadFile {
    return new BadFile(`line ${this.lines + 1}: ${what}`);
  }
}

/**
 * Reads the names of the columns and the separator; undefined if the file has no row. The file can be read from its beginning
 * afterwards.
 *
 * @param trial a splitter that is used for nothing else
 * @throws {UserError} if the file or its header cannot be read
 */
export async function readForm(file: InputFile, trial: CsvSplitter): Promise<RowForm | undefined> {
  return await reading(file.name, async () => {
    const pieces: Uint8Array[] = [];
    for (let isEnd = false; !trial.names && !isEnd;) {
      const bytes = await file.read();
      pieces.push(new Uint8Array(bytes));
      isEnd = bytes.length === 0;
      if (isEnd) trial.end();
      else trial.seekHeader(bytes);
    }
    if (pieces.length > 0) file.unread(joined(pieces));
    return trial.names && { columns: trial.names, separator: trial.separator };
  });
}
