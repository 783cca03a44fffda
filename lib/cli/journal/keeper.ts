/**
 * The inputs of a run with a journal. Each gets its key as it is read; those whose outcome is in the journal
 * go straight to the output, the others to the executor, and what becomes of them is kept.
 *
 * @module
 */

import type { StatementSync } from "node:sqlite";
import { z } from "npm:zod@4.6.7";
import type { LineSource } from "../input/line_source.ts";
import type { Line } from "../input/line_splitter.ts";
import type { Final } from "../output/outcome_writer.ts";
import { closeJournal, type Journal } from "./journal_file.ts";
import { JournalWriter, keepText, keptText } from "./journal_writer.ts";
import { keyOf, KeyTable } from "./key_table.ts";
import { hashLine } from "./line_hash.ts";

type Next = IteratorResult<Line, undefined>;

/** The source's own iterator, as it really answers. */
interface Lines {
  next(): Next | Promise<Next>;
  return(): Promise<Next>;
}

/** What the keeper works with. */
interface KeeperInit {
  journal: Journal;
  source: LineSource;
  /** Whether inputs that failed are run again. */
  retryFailed: boolean;
  /** Takes an outcome of an earlier run. */
  deliver: (final: Final) => Promise<unknown> | undefined;
  /** Is told why nothing more can be kept. */
  onFailure: (error: Error) => void;
}

/** Whose row it should be. */
interface RowKey {
  hash: Uint8Array;
  occurrence: number;
  index: number;
}

/** So much of a failed input is kept to look at. */
const EXCERPT = 200;

const kept = z.object({
  hash: z.instanceof(Uint8Array),
  occurrence: z.number(),
  ok: z.number(),
  attempts: z.number(),
  ms: z.number(),
  result: z.union([z.string(), z.instanceof(Uint8Array)]).nullable(),
  error: z.string().nullable(),
});

const errorRecord = z.object({ name: z.string(), message: z.string(), stack: z.string() });

/** Pulls lines from the source and hands out those that have yet to run. */
export class Keeper implements AsyncIterable<Line> {
  readonly #init: KeeperInit;
  readonly #writer: JournalWriter;
  readonly #occurrences = new KeyTable();
  /** The rows of earlier runs by key. */
  readonly #rows = new KeyTable();
  /** A bit for each of these rows whose input is there; and the last of the rows. */
  #seen = new Uint8Array(0);
  #lastRow = 0;
  /** The hashes of the inputs that run. */
  readonly #running = new Map<number, Uint8Array>();
  /** Their occurrences, but for the first, which most are. */
  readonly #repeated = new Map<number, number>();
  /** The rows of those that failed before and run again. */
  readonly #replaced = new Map<number, number>();
  /** The executor counts what it is given; this is where that stands among all inputs. */
  readonly #indices = new Map<number, number>();
  #handedOut = 0;
  readonly #select: StatementSync;

  constructor(init: KeeperInit) {
    this.#init = init;
    this.#writer = new JournalWriter(init.journal.db, init.onFailure);
    this.#select = init.journal.db.prepare(
      "SELECT hash, occurrence, ok, attempts, ms, result, error FROM inputs WHERE id = ?",
    );
    this.#readRows();
  }

  /** Which input it is that the executor calls its `count`-th; asked once. */
  indexOf(count: number): number {
    const index = this.#indices.get(count);
    if (index === undefined) return count;
    this.#indices.delete(count);
    return index;
  }

  /** Keeps what became of an input. */
  keep(final: Final): void {
    const { index, attempts, ms, value, error } = final;
    const { source } = this.#init;
    const hash = this.#running.get(index)!;
    this.#running.delete(index);
    const occurrence = this.#repeated.size > 0 ? this.#repeated.get(index) ?? 1 : 1;
    this.#repeated.delete(index);
    this.#writer.add({
      hash,
      occurrence,
      idx: index,
      line: source.numberOf(index),
      ok: value !== undefined,
      attempts,
      ms,
      result: value === undefined ? null : keepText(value),
      error: error ? JSON.stringify(error) : null,
      input: value === undefined ? excerptOf(source.originOf(index).line) : null,
    }, this.#replaced.get(index));
    this.#replaced.delete(index);
  }

  /** Writes what is pending; once the whole input was read, rows without an input go. */
  finish({ complete }: { complete: boolean }): void {
    this.#writer.commit();
    if (this.#init.source.exhausted && !this.#init.source.failure) this.#tidy(complete);
    closeJournal(this.#init.journal);
  }

  #tidy(complete: boolean): void {
    const { db } = this.#init.journal;
    this.#writer.transact(() => {
      const remove = db.prepare("DELETE FROM inputs WHERE id = ?");
      for (let id = 1; id <= this.#lastRow; id++) {
        if ((this.#seen[id >> 3] & 1 << (id & 7)) === 0) remove.run(id);
      }
      if (complete) db.prepare("UPDATE run SET finished = ?").run(Date.now());
    });
  }

  /** Writes what is pending. */
  commit(): void {
    this.#writer.commit();
  }

  [Symbol.asyncIterator](): AsyncIterator<Line, undefined> {
    const lines = this.#init.source[Symbol.asyncIterator]() as unknown as Lines;
    return { next: (() => this.#next(lines)) as () => Promise<Next>, return: () => lines.return() };
  }

  /** As the source does it: without a promise where the line is there. */
  #next(lines: Lines): Next | Promise<Next> {
    for (;;) {
      const step = lines.next();
      if (step instanceof Promise) return this.#nextLater(step, lines);
      if (step.done) return step;
      const full = this.#lookUp(step.value);
      if (full === true) return step;
      if (full) return full.then(() => this.#next(lines));
    }
  }

  async #nextLater(step: Promise<Next>, lines: Lines): Promise<Next> {
    const next = await step;
    if (next.done) return next;
    const full = this.#lookUp(next.value);
    if (full === true) return next;
    await full;
    return await this.#next(lines);
  }

  /** True for an input that has yet to run; else its outcome is delivered. */
  #lookUp(line: Line): true | Promise<unknown> | undefined {
    const index = this.#init.source.pulled - 1;
    const hash = hashLine(line);
    const content = keyOf(hash);
    const occurrence = this.#occurrences.count(content.high, content.low);
    if (this.#lastRow > 0) {
      const { high, low } = keyOf(hash, occurrence);
      const id = this.#rows.get(high, low);
      const final = id > 0 ? this.#readRow(id, { hash, occurrence, index }) : undefined;
      if (final) {
        this.#seen[id >> 3] |= 1 << (id & 7);
        if (final.value !== undefined || !this.#init.retryFailed) return this.#init.deliver(final);
        this.#replaced.set(index, id);
      }
    }
    if (this.#handedOut !== index) this.#indices.set(this.#handedOut, index);
    this.#handedOut++;
    this.#running.set(index, hash);
    if (occurrence > 1) this.#repeated.set(index, occurrence);
    return true;
  }

  #readRows(): void {
    const rows = this.#init.journal.db.prepare(
      "SELECT id, substr(hash, 1, 8) AS hash, occurrence FROM inputs",
    );
    for (const row of rows.iterate()) {
      const { id, hash, occurrence } = row as { id: number; hash: Uint8Array; occurrence: number };
      const { high, low } = keyOf(hash, occurrence);
      this.#rows.set(high, low, id);
      this.#lastRow = id;
    }
    this.#seen = new Uint8Array((this.#lastRow >> 3) + 1);
  }

  /** The outcome in a row; none if the row is another input's, whose key begins alike. */
  #readRow(id: number, { hash, occurrence, index }: RowKey) {
    const row = kept.parse(this.#select.get(id));
    if (row.occurrence !== occurrence || row.hash.some((byte, at) => byte !== hash[at])) return undefined;
    const { attempts, ms } = row;
    const value = row.ok === 1 ? keptText(row.result ?? "") : undefined;
    const error = row.error === null ? undefined : errorRecord.parse(JSON.parse(row.error));
    return { index, attempts, ms, value, error } satisfies Final;
  }
}

function excerptOf(line: Line): string {
  const text = typeof line === "string" ? line : new TextDecoder().decode(line);
  return text.slice(0, EXCERPT).replaceAll("\0", " ");
}
