/**
 * Outcomes → rows, many in one transaction: at most a thousand, or ten milliseconds, behind.
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
const PATIENCE = 10;

/** So many rows go in by one statement, which costs less than one each. */
const TOGETHER = 50;

/** Most inputs end well: their rows take fewer values, each of which has its cost. */
const DONE = {
  insert: "INSERT INTO inputs (hash, occurrence, idx, line, ok, attempts, ms, at, result) VALUES ",
  row: "(?,?,?,?,1,?,?,?,?)",
  values: 8,
};
const FAILED = {
  insert: "INSERT INTO inputs (hash, occurrence, idx, line, ok, attempts, ms, at, error, input) VALUES ",
  row: "(?,?,?,?,0,?,?,?,?,?)",
  values: 9,
};

/** Writes to a journal. After a failure it drops what it is given: those inputs will run again. */
export class JournalWriter {
  readonly #db: DatabaseSync;
  readonly #onFailure: (error: Error) => void;
  readonly #one: StatementSync;
  readonly #many: StatementSync;
  readonly #failure: StatementSync;
  readonly #remove: StatementSync;
  /** The values of all rows, one after another: an array for each row would cost more than it says. */
  #done: Value[] = [];
  #failures: Value[] = [];
  #rows = 0;
  #replaced: number[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failed = false;

  /** `onFailure` is told once why nothing more can be kept. */
  constructor(db: DatabaseSync, onFailure: (error: Error) => void) {
    this.#db = db;
    this.#onFailure = onFailure;
    this.#one = db.prepare(DONE.insert + DONE.row);
    this.#many = db.prepare(DONE.insert + Array(TOGETHER).fill(DONE.row).join(","));
    this.#failure = db.prepare(FAILED.insert + FAILED.row);
    this.#remove = db.prepare("DELETE FROM inputs WHERE id = ?");
  }

  /** Keeps an outcome; `replaced` is the row that it takes the place of, if any. */
  add({ hash, occurrence, idx, line, ok, attempts, ms, result, error, input }: InputRow, replaced = 0): void {
    if (this.#failed) return;
    const at = Date.now();
    if (ok) this.#done.push(hash, occurrence, idx, line, attempts, ms, at, result);
    else this.#failures.push(hash, occurrence, idx, line, attempts, ms, at, error, input);
    if (replaced > 0) this.#replaced.push(replaced);
    if (++this.#rows >= MOST_PENDING) return this.commit();
    this.#timer ??= setTimeout(() => this.commit(), PATIENCE);
  }

  /** Writes what is pending. */
  commit(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [done, failures, replaced, count] = [this.#done, this.#failures, this.#replaced, this.#rows];
    [this.#done, this.#failures, this.#replaced, this.#rows] = [[], [], [], 0];
    if (count === 0) return;
    this.transact(() => {
      const many = TOGETHER * DONE.values;
      let at = 0;
      for (; at + many <= done.length; at += many) this.#many.run(...done.slice(at, at + many));
      for (; at < done.length; at += DONE.values) this.#one.run(...done.slice(at, at + DONE.values));
      for (at = 0; at < failures.length; at += FAILED.values) {
        this.#failure.run(...failures.slice(at, at + FAILED.values));
      }
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
