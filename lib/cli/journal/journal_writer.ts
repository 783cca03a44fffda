/**
 * Outcomes → rows, many in one transaction: at most a thousand, or ten milliseconds, behind.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { ChunkBuilder, type Done, MOST_ENTRIES } from "./chunk.ts";

/** A row of `failures`, but for the time. */
export interface FailureRow {
  hash: Uint8Array;
  occurrence: number;
  line: number;
  attempts: number;
  ms: number;
  error: string | null;
  input: string;
}

const PATIENCE = 10;

/** More characters of results than these do not wait for others. */
const ENOUGH = 1 << 20;

/** Writes to a journal. After a failure it drops what it is given: those inputs will run again. */
export class JournalWriter {
  readonly #db: DatabaseSync;
  readonly #onFailure: (error: Error) => void;
  readonly #insert: StatementSync;
  readonly #fail: StatementSync;
  readonly #remove: StatementSync;
  readonly #done = new ChunkBuilder();
  #failures: FailureRow[] = [];
  /** Failures of earlier runs that are none any more, or have others in their place. */
  #replaced: number[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failed = false;

  /** `onFailure` is told once why nothing more can be kept. */
  constructor(db: DatabaseSync, onFailure: (error: Error) => void) {
    this.#db = db;
    this.#onFailure = onFailure;
    this.#insert = db.prepare("INSERT INTO chunks (at, count, sum, entries, results) VALUES (?, ?, ?, ?, ?)");
    this.#fail = db.prepare(
      "INSERT INTO failures (at, hash, occurrence, line, attempts, ms, error, input) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#remove = db.prepare("DELETE FROM failures WHERE id = ?");
  }

  /** Keeps an input that ended well. */
  addDone(done: Done): void {
    if (this.#failed) return;
    this.#done.add(done);
    this.#added();
  }

  /** Keeps an input that failed. */
  addFailure(failure: FailureRow): void {
    if (this.#failed) return;
    this.#failures.push(failure);
    this.#added();
  }

  /** Removes an earlier failure, together with what was added before this. */
  replace(id: number): void {
    this.#replaced.push(id);
  }

  #added(): void {
    const { count, length } = this.#done;
    if (count + this.#failures.length >= MOST_ENTRIES || length >= ENOUGH) return this.commit();
    this.#timer ??= setTimeout(() => this.commit(), PATIENCE);
  }

  /** Writes what is pending. */
  commit(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = Date.now();
    const chunk = this.#done.count > 0 ? this.#done.take(now) : undefined;
    const [failures, replaced] = [this.#failures, this.#replaced];
    [this.#failures, this.#replaced] = [[], []];
    if (!chunk && failures.length === 0) return;
    this.transact(() => {
      if (chunk) this.#insert.run(now, chunk.count, chunk.sum, chunk.entries, chunk.results);
      for (const { hash, occurrence, line, attempts, ms, error, input } of failures) {
        this.#fail.run(now, hash, occurrence, line, attempts, ms, error, input);
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
