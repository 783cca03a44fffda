/**
 * Writes outcomes to a journal, many in one transaction. A crash loses at most the last 4,000 outcomes, or those of the last
 * ten milliseconds; their inputs run again.
 */

import type { StatementSync } from "node:sqlite";
import { Checkpoints } from "./file/checkpoints.ts";
import type { Journal } from "./file/journal_file.ts";
import { KEY_WORDS } from "./keys/input_key.ts";
import { failureInsert, type FailureRow } from "./rows/failure_rows.ts";
import { type Entries, type Entry, SegmentBuilder, type SegmentRow } from "./rows/segment.ts";
import { segmentInsert } from "./rows/segment_rows.ts";
import { countRows, type SessionProgress, type SessionWriter } from "./rows/sessions.ts";
import { MAX_ENTRIES } from "./schema.ts";

/** How far a session is, without what the writer adds. */
export type Progress = Omit<SessionProgress, "at" | "rows">;

interface WriterInit {
  journal: Journal;
  session: SessionWriter;
  progress: () => Progress;
  onFailure: (error: Error) => void;
}

/**
 * How long an outcome waits for others, in milliseconds. A guess: longer, a crash loses more outcomes; shorter, slow tasks
 * have a transaction each.
 */
const COMMIT_DELAY = 10;

/**
 * Maximum number of segments in a transaction. Measured for a million short lines (Deno 2.9): with 1, SQLite writes 181 MB to its
 * log, which takes 0.29 s of CPU time; with 4, 144 MB and 0.24 s. With more, a crash loses more outcomes.
 */
const MAX_SEGMENTS = 4;

/** Length of all results, in bytes, at which a segment is written at once. A guess; it limits memory. */
const MAX_LENGTH = 1 << 20;

/** How often the session's progress is written, and the file looked for, in milliseconds. `status` shows the progress. */
const HEARTBEAT = 1_000;

/** Writes to a journal. After a failure it drops outcomes; their inputs run again in the next session. */
export class JournalWriter {
  readonly #init: WriterInit;
  readonly #insertSegment: (row: SegmentRow) => void;
  readonly #insertFailure: (row: FailureRow) => void;
  readonly #removeFailure: StatementSync;
  readonly #builders = Array.from({ length: MAX_SEGMENTS }, () => new SegmentBuilder());
  readonly #checkpoints: Checkpoints;
  readonly #heartbeat: ReturnType<typeof setInterval>;
  #rows: SessionProgress["rows"];
  /** Full segments, each of a builder. */
  #segments: SegmentRow[] = [];
  #failures: Omit<FailureRow, "at">[] = [];
  /** Ids of earlier failures whose inputs have new outcomes. */
  #replaced: number[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hasFailed = false;

  constructor(init: WriterInit) {
    const { journal: { db, file } } = this.#init = init;
    this.#checkpoints = new Checkpoints(file);
    this.#insertSegment = segmentInsert(db);
    this.#insertFailure = failureInsert(db);
    this.#removeFailure = db.prepare("DELETE FROM failures WHERE id = ?");
    this.#rows = countRows(db);
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT);
  }

  addSuccess(entry: Entry): void {
    if (this.#hasFailed) return;
    this.#successes.add(entry);
    this.#added();
  }

  addSuccesses({ keys, at, results, lineOf, msOf }: Entries): void {
    for (let from = 0; from < results.length && !this.#hasFailed;) {
      const to = Math.min(results.length, from + MAX_ENTRIES - this.#successes.count);
      const first = from;
      this.#successes.addSeveral({
        keys,
        at: at + first * KEY_WORDS,
        results: results.slice(from, to),
        lineOf: (n) => lineOf(first + n),
        msOf: (n) => msOf(first + n),
      });
      this.#added();
      from = to;
    }
  }

  addFailure(failure: Omit<FailureRow, "at">): void {
    if (this.#hasFailed) return;
    this.#failures.push(failure);
    this.#added();
  }

  /** Removes an earlier failure, in the transaction of the outcome that is added next. */
  replaceFailure(id: number): void {
    this.#replaced.push(id);
  }

  #added(): void {
    const { count, length } = this.#successes;
    const isFull = count >= MAX_ENTRIES || length >= MAX_LENGTH;
    const isLast = this.#segments.length === MAX_SEGMENTS - 1;
    if (isFull && isLast || this.#failures.length >= MAX_ENTRIES) return this.commit();
    if (isFull) this.#endSegment();
    this.#timer ??= setTimeout(() => this.commit(), COMMIT_DELAY);
  }

  get #successes(): SegmentBuilder {
    return this.#builders[this.#segments.length];
  }

  #endSegment(): void {
    if (this.#successes.count > 0) this.#segments.push(this.#successes.take(Date.now()));
  }

  commit(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#endSegment();
    const now = Date.now();
    const [segments, failures, replaced] = [this.#segments, this.#failures, this.#replaced];
    [this.#segments, this.#failures, this.#replaced] = [[], [], []];
    if (segments.length + failures.length === 0) return;
    this.#transact(() => {
      for (const segment of segments) this.#insertSegment(segment);
      for (const failure of failures) this.#insertFailure({ ...failure, at: now });
      for (const id of replaced) this.#removeFailure.run(id);
      this.#rows.segments += segments.length;
      this.#rows.failures += failures.length - replaced.length;
      this.#writeProgress(now);
    });
    for (const { entries, results } of segments) this.#checkpoints.wrote(entries.length + results.length);
  }

  /** Writes the outcomes that wait, calls `change`, which may remove rows, and ends the session's row. */
  finish(change: () => void): void {
    this.commit();
    clearInterval(this.#heartbeat);
    this.#checkpoints.stop();
    this.#transact(() => {
      this.#checkPlace();
      change();
      this.#rows = countRows(this.#init.journal.db);
      this.#writeProgress(Date.now());
    });
  }

  saveProgress(): void {
    this.#transact(() => this.#writeProgress(Date.now()));
  }

  /** Shows `status` that the session is alive, also while no input ends. */
  #beat(): void {
    this.#transact(() => {
      this.#checkPlace();
      this.#writeProgress(Date.now());
    });
  }

  /** Outcomes that are written to a deleted file are lost when the run ends. */
  #checkPlace(): void {
    if (!this.#init.journal.isInPlace()) {
      throw new Error("it was deleted or replaced while the run wrote to it");
    }
  }

  #writeProgress(at: number): void {
    const { session, progress } = this.#init;
    session.write({ at, ...progress(), rows: this.#rows });
  }

  /** Calls `change` in a transaction. If that fails, nothing of it is written, and nothing more will be. */
  #transact(change: () => void): void {
    if (this.#hasFailed) return;
    const { journal: { db }, onFailure } = this.#init;
    try {
      db.exec("BEGIN");
      change();
      db.exec("COMMIT");
    } catch (error) {
      this.#hasFailed = true;
      clearInterval(this.#heartbeat);
      try {
        db.exec("ROLLBACK");
      } catch {
        // SQLite has rolled back by itself.
      }
      onFailure(error as Error);
    }
  }
}
