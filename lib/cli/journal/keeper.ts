/**
 * The inputs of a run with a journal. Each gets its key as it is read; those whose outcome is in the journal
 * go straight to the output, the others to the executor, and what becomes of them is kept.
 *
 * @module
 */

import type { LineSource } from "../input/line_source.ts";
import type { Line } from "../input/line_splitter.ts";
import type { Final } from "../output/outcome_writer.ts";
import { EarlierOutcomes } from "./earlier_outcomes.ts";
import { bytesOf } from "./hash_words.ts";
import { closeJournal, type Journal } from "./journal_file.ts";
import { JournalWriter } from "./journal_writer.ts";
import { KeyTable } from "./key_table.ts";
import { hashLine } from "./line_hash.ts";
import { RunningKeys } from "./running_keys.ts";

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

/** So much of a failed input is kept to look at. */
const EXCERPT = 200;

/** Pulls lines from the source and hands out those that have yet to run. */
export class Keeper implements AsyncIterable<Line> {
  readonly #init: KeeperInit;
  readonly #writer: JournalWriter;
  readonly #occurrences = new KeyTable();
  readonly #earlier: EarlierOutcomes;
  readonly #running = new RunningKeys();
  /** Inputs that run and have no key yet, and the index of the first. */
  #keyless: Line[] = [];
  #keylessFrom = 0;
  /** The rows of those that failed before and run again. */
  readonly #replaced = new Map<number, number>();
  /** The executor counts what it is given; this is where that stands among all inputs. */
  readonly #indices = new Map<number, number>();
  #handedOut = 0;

  constructor(init: KeeperInit) {
    this.#init = init;
    this.#writer = new JournalWriter(init.journal.db, init.onFailure);
    this.#earlier = new EarlierOutcomes(init.journal.db);
  }

  /** Which input it is that the executor calls its `count`-th; asked once. */
  indexOf(count: number): number {
    const index = this.#indices.size > 0 ? this.#indices.get(count) : undefined;
    if (index === undefined) return count;
    this.#indices.delete(count);
    return index;
  }

  /** Keeps what became of an input. */
  keep({ index, attempts, ms, value, error }: Final): void {
    const { source } = this.#init;
    const line = source.numberOf(index);
    if (this.#keyless.length > 0 && index >= this.#keylessFrom) this.#makeKeys();
    const at = this.#running.take(index);
    const keys = this.#running.words;
    const replaced = this.#replaced.size > 0 ? this.#replaced.get(index) : undefined;
    if (replaced !== undefined) {
      this.#writer.replace(replaced);
      this.#replaced.delete(index);
    }
    if (value !== undefined) return this.#writer.addDone({ keys, at, line, attempts, ms, result: value });
    this.#writer.addFailure({
      hash: bytesOf(keys.subarray(at, at + 8)),
      occurrence: keys[at + 8],
      line,
      attempts,
      ms,
      error: error ? JSON.stringify(error) : null,
      input: excerptOf(source.originOf(index).line),
    });
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
      this.#earlier.tidy();
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
    // Without earlier outcomes a key is not needed before the input's own.
    if (this.#earlier.isEmpty) {
      this.#keyless.push(line);
      return true;
    }
    const index = this.#init.source.pulled - 1;
    const hash = hashLine(line);
    const occurrence = this.#occurrences.count(hash[0], hash[1]);
    const wanted = { hash, occurrence, index };
    const final = this.#earlier.find(wanted);
    if (final && (final.value !== undefined || !this.#init.retryFailed)) return this.#init.deliver(final);
    if (final) this.#replaced.set(index, this.#earlier.failureOf(wanted));
    if (this.#handedOut !== index) this.#indices.set(this.#handedOut, index);
    this.#handedOut++;
    this.#running.add(index, hash, occurrence);
    return true;
  }

  /** The keys of many inputs, in their order. */
  #makeKeys(): void {
    const lines = this.#keyless;
    const first = this.#keylessFrom;
    this.#keyless = [];
    this.#keylessFrom += lines.length;
    const running = this.#running;
    for (let at = 0; at < lines.length; at++) running.add(first + at, hashLine(lines[at]), 1);
    // Each count waits for memory, and in a loop of their own they wait together: that takes a third of the time.
    for (let at = 0; at < lines.length; at++) {
      const key = running.find(first + at);
      running.words[key + 8] = this.#occurrences.count(running.words[key], running.words[key + 1]);
    }
  }
}

function excerptOf(line: Line): string {
  const text = typeof line === "string" ? line : new TextDecoder().decode(line);
  return text.slice(0, EXCERPT).replaceAll("\0", " ");
}
