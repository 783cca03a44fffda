/**
 * `--to csv` and `--to tsv`: turns objects into rows under a header of the first object's keys. Once they are known, workers write
 * most rows (`wire/csv_row.ts`), and this file the others, with the same quoting.
 */

import { inQuotes, OBJECT, quotedPattern, type RowForm } from "../../wire/csv_row.ts";
import { inHeaderOrder } from "../../wire/key_order.ts";
import type { Lines } from "../../wire/lines.ts";
import type { Layout } from "./layout.ts";

/** Maximum number of columns in a message. */
const MAX_SHOWN = 20;

interface CsvLayoutOptions {
  separator: string;
  /** The columns of the input, if objects do not keep their order. */
  header: string[] | undefined;
}

export class CsvLayout implements Layout {
  readonly #options: CsvLayoutOptions;
  readonly #quoted: RegExp;
  /** The columns in order; undefined before the first result. */
  #columns: Set<string> | undefined;
  rows: RowForm | undefined;

  constructor(options: CsvLayoutOptions) {
    this.#options = options;
    this.#quoted = quotedPattern(options.separator);
  }

  lay(texts: string[], refused: (at: number, error: Error) => void): string {
    const rows: string[] = [];
    for (const [at, text] of texts.entries()) {
      try {
        rows.push(...this.#rowsOf(text));
      } catch (error) {
        refused(at, error as Error);
      }
    }
    return textOf(rows);
  }

  layAll(texts: string[]): string {
    const before = [this.#columns, this.rows] as const;
    try {
      return textOf(texts.flatMap((text) => this.#rowsOf(text)));
    } catch (error) {
      [this.#columns, this.rows] = before;
      throw error;
    }
  }

  /** The row of a result, below the header if it is the first. Rows of workers stay as they are. */
  #rowsOf(text: string): string[] {
    if (text[0] !== OBJECT) return [text];
    const result = JSON.parse(text) as Record<string, unknown>;
    const columns = this.#columns ?? this.#columnsOf(result);
    const row = this.#row(result, columns);
    return this.#columns ? [row] : [this.#begin(columns), row];
  }

  areLaidOut(lines: Lines): boolean {
    for (let at = 0; at < lines.length; at++) if (lines.byteAt(at) === OBJECT.charCodeAt(0)) return false;
    return true;
  }

  #begin(columns: Set<string>): string {
    this.#columns = columns;
    this.rows = { columns: [...columns], separator: this.#options.separator };
    return this.#joined(this.rows.columns);
  }

  #joined(values: string[]): string {
    // A reader takes an empty line for no row.
    if (values.length === 1 && values[0] === "") return '""';
    return values.map((value) => this.#quoted.test(value) ? inQuotes(value) : value)
      .join(this.#options.separator);
  }

  end(): string {
    return "";
  }

  #columnsOf(result: Record<string, unknown>): Set<string> {
    const keys = Object.keys(result);
    if (keys.length === 0) {
      throw new TypeError("The result cannot be written as a row: the object has no keys.");
    }
    const { header } = this.#options;
    const columns = header ? inHeaderOrder(keys, header) : keys;
    columns.forEach(checkText);
    return new Set(columns);
  }

  /** Makes a row. A value without a column is refused, because it would be lost; a column without a value is empty. */
  #row(result: Record<string, unknown>, columns: Set<string>): string {
    const unknown = Object.keys(result).find((key) => !columns.has(key));
    if (unknown !== undefined) {
      const known = [...columns];
      const more = known.length > MAX_SHOWN ? `, and ${known.length - MAX_SHOWN} more` : "";
      throw new TypeError(
        `The result cannot be written as a row: there is no column for its key ${JSON.stringify(unknown)}. ` +
          `The columns are the keys of the first result: ${known.slice(0, MAX_SHOWN).join(", ")}${more}.`,
      );
    }
    const row: string[] = [];
    for (const column of columns) {
      row.push(checkText(cell(Object.hasOwn(result, column) ? result[column] : null)));
    }
    return this.#joined(row);
  }
}

function textOf(rows: string[]): string {
  return rows.map((row) => `${row}\n`).join("");
}

/** The text of a value: objects and arrays are JSON. */
function cell(value: unknown): string {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** @returns the text itself. @throws {TypeError} if it has no UTF-8 */
function checkText(text: string): string {
  if (text.isWellFormed()) return text;
  throw new TypeError(
    `The result cannot be written as UTF-8: it contains half of a surrogate pair: ${JSON.stringify(text)}`,
  );
}
