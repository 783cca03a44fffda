/**
 * `--to csv`: objects → rows under a header of the first one's keys. How a value is quoted, `csv-stringify` knows.
 *
 * @module
 */

import { stringify } from "npm:csv-stringify@6.9.0/sync";
import type { Layout } from "./layout.ts";

/** Lays out one file. */
export class CsvLayout implements Layout {
  #columns: string[] | undefined;

  lay(texts: string[], refused: (at: number, error: Error) => void): string {
    const rows: string[][] = [];
    for (const [at, text] of texts.entries()) {
      const result = JSON.parse(text) as Record<string, unknown>;
      const error = this.#misfit(Object.keys(result));
      if (error) {
        refused(at, error);
        continue;
      }
      if (!this.#columns) rows.push(this.#columns = Object.keys(result));
      rows.push(this.#columns.map((column) => cell(Object.hasOwn(result, column) ? result[column] : null)));
    }
    return stringify(rows, {
      // Readers take a lone carriage return for the end of a row,
      quoted_match: /\r/,
      // and a row that is empty for none.
      quoted_empty: this.#columns?.length === 1,
    });
  }

  end(): string {
    return "";
  }

  /** A value without a column would be lost; a column without a value is empty. */
  #misfit(keys: string[]): TypeError | undefined {
    if (!this.#columns) {
      return keys.length > 0
        ? undefined
        : new TypeError("the result is an object without keys: no row of CSV");
    }
    const unknown = keys.find((key) => !this.#columns!.includes(key));
    if (unknown === undefined) return undefined;
    return new TypeError(
      `the result has a key that is no column of the CSV: ${
        JSON.stringify(unknown)
      } (columns are the keys of the ` +
        `first result: ${this.#columns.join(", ")})`,
    );
  }
}

/** Texts as they are; what has parts as JSON. */
function cell(value: unknown): string {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
