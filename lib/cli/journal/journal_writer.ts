/**
 * Outcomes → rows, many in one transaction: at most a thousand, or fifty milliseconds, behind.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { DatabaseSync, StatementSync } from "node:sqlite";

/** A row of `inputs`. */
export interface InputRow {
  hash: Uint8Array;
  occurrence: number;
  idx: number;
  line: number;
  ok: boolean;
  attempts: number;
  ms: number;
  result: string | Uint8Array | null;
  error: string | null;
  input: string | null;
}

type Value = Uint8Array | string | number | null;

const MOST_PENDING = 1_000;
const PATIENCE = 50;

/** So many rows go in by one statement, which costs less than one each. */
const TOGETHER = 40;

const COLUMNS = 11;
const INSERT =
  "INSERT INTO inputs (hash, occurrence, idx, line, ok, attempts, ms, at, result, error, input) VALUES ";
const ROW = `(${Array(COLUMNS).fill("?").join(",")})`;

/** Writes to a journal. After a failure it drops what it is given: those inputs will run again. */
export class JournalWriter {
  readonly #db: DatabaseSync;
  readonly #onFailure: (error: Error) => void;
  readonly #one: StatementSync;
  readonly #many: StatementSync;
  readonly #remove: StatementSync;
  /** The values of all rows, one after another: an array for each row would cost more than it says. */
  #pending: Value[] = [];
  #rows = 0;
  #replaced: number[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failed = false;

  /** `onFailure` is told once why nothing more can be kept. */
  constructor(db: DatabaseSync, onFailure: (error: Error) => void) {
    this.#db = db;
    this.#onFailure = onFailure;
    this.#one = db.prepare(INSERT + ROW);
    this.#many = db.prepare(INSERT + Array(TOGETHER).fill(ROW).join(","));
    this.#remove = db.prepare("DELETE FROM inputs WHERE id = ?");
  }

  /** Keeps an outcome; `replaced` is the row that it takes the place of, if any. */
  add({ hash, occurrence, idx, line, ok, attempts, ms, result, error, input }: InputRow, replaced = 0): void {
    if (this.#failed) return;
    const at = Date.now();
    this.#pending.push(hash, occurrence, idx, line, ok ? 1 : 0, attempts, ms, at, result, error, input);
    if (replaced > 0) this.#replaced.push(replaced);
    if (++this.#rows >= MOST_PENDING) return this.commit();
    this.#timer ??= setTimeout(() => this.commit(), PATIENCE);
  }

  /** Writes what is pending. */
  commit(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [values, replaced] = [this.#pending, this.#replaced];
    [this.#pending, this.#replaced, this.#rows] = [[], [], 0];
    if (values.length === 0) return;
    this.transact(() => {
      const many = TOGETHER * COLUMNS;
      let at = 0;
      for (; at + many <= values.length; at += many) this.#many.run(...values.slice(at, at + many));
      for (; at < values.length; at += COLUMNS) this.#one.run(...values.slice(at, at + COLUMNS));
      for (const id of replaced) this.#remove.run(id);
    });
  }

  /** Does all of `change`, or nothing and says so to `onFailure`. */
  transact(change: () => void): void {
    if (this.#failed) return;
    try {
      this.#db.exec("BEGIN");
      change();
      this.#db.exec("COMMIT");
    } catch (error) {
      this.#failed = true;
      try {
        this.#db.exec("ROLLBACK");
      } catch {
        // SQLite has done so already.
      }
      this.#onFailure(error as Error);
    }
  }
}

/** Text as the journal keeps it: as bytes where a column of text would end at a zero. */
export function keepText(text: string): string | Uint8Array {
  return text.includes("\0") ? Buffer.from(text) : text;
}

/** The text that was kept. */
export function keptText(kept: string | Uint8Array): string {
  return typeof kept === "string" ? kept : Buffer.from(kept).toString();
}
