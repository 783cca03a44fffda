/**
 * Outcomes → rows, many in one transaction: at most a thousand, or ten milliseconds, behind.
 *
 * @module
 */

import type { StatementSync } from "node:sqlite";
import { ChunkBuilder, type Done, MOST_ENTRIES } from "./rows/segment.ts";
import { failureInsert, type FailureRow } from "./rows/failure_rows.ts";
import type { Journal } from "./file/journal_file.ts";
import { countRows, type SessionProgress, type SessionWriter } from "./rows/sessions.ts";

/** How far the session is, but for what the writer knows. */
export type Progress = Omit<SessionProgress, "at" | "rows">;

/** What a writer works with. */
interface WriterInit {
  journal: Journal;
  session: SessionWriter;
  progress: () => Progress;
  /** Is told once why nothing more can be kept. */
  onFailure: (error: Error) => void;
}

const PATIENCE = 10;

/** More characters of results than these do not wait for others. */
const ENOUGH = 1 << 20;

/** How often it writes how far the session is, and looks whether the file is there, in milliseconds. */
const HEARTBEAT = 1_000;

/** Writes to a journal. After a failure it drops what it is given: those inputs will run again. */
export class JournalWriter {
  readonly #init: WriterInit;
  readonly #insert: StatementSync;
  readonly #fail: (row: FailureRow) => void;
  readonly #remove: StatementSync;
  readonly #done = new ChunkBuilder();
  readonly #heartbeat: ReturnType<typeof setInterval>;
  #rows: SessionProgress["rows"];
  #failures: Omit<FailureRow, "at">[] = [];
  /** Failures of earlier runs that are none any more, or have others in their place. */
  #replaced: number[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failed = false;

  constructor(init: WriterInit) {
    const { journal: { db } } = this.#init = init;
    this.#insert = db.prepare("INSERT INTO chunks (at, count, sum, entries, results) VALUES (?, ?, ?, ?, ?)");
    this.#fail = failureInsert(db);
    this.#remove = db.prepare("DELETE FROM failures WHERE id = ?");
    this.#rows = countRows(db);
    this.#heartbeat = setInterval(() => this.#look(), HEARTBEAT);
  }

  /** Keeps an input that ended well. */
  addDone(done: Done): void {
    if (this.#failed) return;
    this.#done.add(done);
    this.#added();
  }

  /** Keeps an input that failed. */
  addFailure(failure: Omit<FailureRow, "at">): void {
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
    this.#transact(() => {
      if (chunk) this.#insert.run(now, chunk.count, chunk.sum, chunk.entries, chunk.results);
      for (const failure of failures) this.#fail({ ...failure, at: now });
      for (const id of replaced) this.#remove.run(id);
      this.#rows.chunks += chunk ? 1 : 0;
      this.#rows.failures += failures.length - replaced.length;
      this.#writeProgress(now);
    });
  }

  /** Writes what is pending, and with it `change`, which may remove rows. No more will come. */
  finish(change: () => void): void {
    this.commit();
    clearInterval(this.#heartbeat);
    this.#transact(() => {
      this.#checkPlace();
      change();
      this.#rows = countRows(this.#init.journal.db);
      this.#writeProgress(Date.now());
    });
  }

  /** A sign of life while no input ends. */
  #look(): void {
    this.#transact(() => {
      this.#checkPlace();
      this.#writeProgress(Date.now());
    });
  }

  /** What is written to a file that was deleted is lost when the run ends. */
  #checkPlace(): void {
    if (!this.#init.journal.isInPlace()) {
      throw new Error("it was deleted or replaced while the run wrote to it");
    }
  }

  #writeProgress(at: number): void {
    const { session, progress } = this.#init;
    session.write({ at, ...progress(), rows: this.#rows });
  }

  /** Does all of `change`, or nothing and says so to `onFailure`. */
  #transact(change: () => void): void {
    if (this.#failed) return;
    const { journal: { db }, onFailure } = this.#init;
    try {
      db.exec("BEGIN");
      change();
      db.exec("COMMIT");
    } catch (error) {
      this.#failed = true;
      clearInterval(this.#heartbeat);
      try {
        db.exec("ROLLBACK");
      } catch {
        // SQLite has done so already.
      }
      onFailure(error as Error);
    }
  }
}
