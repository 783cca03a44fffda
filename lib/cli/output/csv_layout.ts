/**
 * `--to csv` and `--to tsv`: objects → rows under a header of the first one's keys. How a value is quoted,
 * `csv-stringify` knows.
 *
 * @module
 */

import { stringify } from "npm:csv-stringify@6.9.0/sync";
import { inHeaderOrder } from "../../wire/key_order.ts";
import type { Layout } from "./layout.ts";

/** So many columns are named in a message. */
const MOST_SHOWN = 20;

/** How a file is written. */
export interface CsvLayoutOptions {
  separator: string;
  /** The columns of the input, where objects do not keep their order. */
  header: string[] | undefined;
}

/** Lays out one file. */
export class CsvLayout implements Layout {
  readonly #options: CsvLayoutOptions;
  /** The columns, in their order; none before the first result. */
  #columns: Set<string> | undefined;

  constructor(options: CsvLayoutOptions) {
    this.#options = options;
  }

  lay(texts: string[], refused: (at: number, error: Error) => void): string {
    const rows: string[][] = [];
    for (const [at, text] of texts.entries()) {
      try {
        const result = JSON.parse(text) as Record<string, unknown>;
        const columns = this.#columns ?? this.#columnsOf(result);
        const row = this.#row(result, columns);
        if (!this.#columns) rows.push([...columns]);
        this.#columns = columns;
        rows.push(row);
      } catch (error) {
        refused(at, error as Error);
      }
    }
    return stringify(rows, {
      delimiter: this.#options.separator,
      // Readers take a lone carriage return for the end of a row,
      quoted_match: /\r/,
      // and a row that is empty for none.
      quoted_empty: this.#columns?.size === 1,
    });
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

  /** A value without a column would be lost; a column without a value is empty. */
  #row(result: Record<string, unknown>, columns: Set<string>): string[] {
    const unknown = Object.keys(result).find((key) => !columns.has(key));
    if (unknown !== undefined) {
      const known = [...columns];
      const more = known.length > MOST_SHOWN ? `, and ${known.length - MOST_SHOWN} more` : "";
      throw new TypeError(
        `The result cannot be written as a row: there is no column for its key ${JSON.stringify(unknown)}. ` +
          `The columns are the keys of the first result: ${known.slice(0, MOST_SHOWN).join(", ")}${more}.`,
      );
    }
    const row: string[] = [];
    for (const column of columns) {
      row.push(checkText(cell(Object.hasOwn(result, column) ? result[column] : null)));
    }
    return row;
  }
}

/** Texts as they are; what has parts as JSON. */
function cell(value: unknown): string {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The text itself, if a file can hold it. */
function checkText(text: string): string {
  if (text.isWellFormed()) return text;
  throw new TypeError(
    `The result cannot be written as UTF-8: it contains half of a surrogate pair: ${JSON.stringify(text)}`,
  );
}
