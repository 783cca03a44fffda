/**
 * The inputs of a run with a journal. Each gets its key; those whose outcome is in the journal go straight to the
 * output, the others to the executor, and what becomes of them is kept.
 *
 * @module
 */

import { contentKey, withOccurrences } from "../../wire/content_key.ts";
import type { Lines } from "../../wire/lines.ts";
import type { LineSource } from "../input/line_source.ts";
import type { Line } from "../input/formats/splitter.ts";
import type { Final } from "../output/outcome_writer.ts";
import { EarlierOutcomes } from "./earlier_outcomes.ts";
import { bytesOf } from "./keys/hash_words.ts";
import { closeJournal, type Journal } from "./file/journal_file.ts";
import { JournalWriter, type Progress } from "./journal_writer.ts";
import { KeyTable } from "./keys/key_table.ts";
import { hashLineOf } from "./keys/line_hash.ts";
import { readRunRow, writeRunRow } from "./rows/run_row.ts";
import { RunningKeys } from "./keys/running_keys.ts";
import type { SessionWriter } from "./rows/sessions.ts";

/** What the keeper works with. */
interface KeeperInit {
  journal: Journal;
  session: SessionWriter;
  source: LineSource;
  /** Whether inputs that failed are run again. */
  retryFailed: boolean;
  /** Whether workers make keys of what they are sent; else they are asked for by `keysOf`. */
  sendsOccurrences: boolean;
  /** Takes an outcome of an earlier run. */
  deliver: (final: Final) => void;
  /** How far the run is. */
  progress: () => Omit<Progress, "kept" | "ended">;
  /** Is told why nothing more can be kept. */
  onFailure: (error: Error) => void;
}

/** What became of the outcomes that had no input, by their number. */
export interface Unclaimed {
  kept: number;
  forgotten: number;
}

/** So much of a failed input is kept to look at. */
const EXCERPT = 200;

/** Picks the lines that have yet to run, and keeps what becomes of them. */
export class Keeper {
  readonly #init: KeeperInit;
  readonly #writer: JournalWriter;
  readonly #occurrences = new KeyTable();
  readonly #earlier: EarlierOutcomes;
  readonly #running = new RunningKeys();
  /** The rows of those that failed before and run again. */
  readonly #replaced = new Map<number, number>();
  /** The executor counts what it is given; this is where that stands among all inputs. */
  readonly #indices = new Map<number, number>();
  #handedOut = 0;
  #kept: Progress["kept"] = null;
  #ended: number | null = null;

  constructor(init: KeeperInit) {
    this.#init = init;
    const { journal, session, progress, onFailure } = init;
    this.#earlier = new EarlierOutcomes(journal.db);
    this.#writer = new JournalWriter({
      journal,
      session,
      progress: () => ({ ...progress(), kept: this.#kept, ended: this.#ended }),
      onFailure,
    });
  }

  /** Whether the executor counts the inputs as they are counted here. */
  get countsAll(): boolean {
    return this.#earlier.isEmpty;
  }

  /** The index of the input that the executor counts as its `count`-th. Called once, when the input has settled. */
  indexOf(count: number): number {
    const index = this.indexNow(count);
    this.#indices.delete(count);
    return index;
  }

  /** The index of the input that the executor counts as its `count`-th, before it has settled. */
  indexNow(count: number): number {
    return this.#indices.get(count) ?? count;
  }

  /** The keys of inputs that run, from the executor's `first`-th on; the same for the same input in each run. */
  keysOf(first: number, count: number): string[] {
    const { words } = this.#running;
    return Array.from({ length: count }, (_, at) => {
      const place = this.#running.find(this.indexNow(first + at));
      return contentKey(words, words[place + 8], place);
    });
  }

  /** Keeps what became of an input. */
  keep({ index, attempts, ms, value, error }: Final): void {
    const { source } = this.#init;
    const line = source.numberOf(index);
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

  /**
   * Writes what is pending and that the session has ended. Once the whole input was read, outcomes without an input are
   * known; they are removed where `forget` says so.
   */
  finish({ complete, forget }: { complete: boolean; forget: boolean }): Unclaimed {
    const { source, journal } = this.#init;
    const isRead = source.exhausted && !source.failure;
    const unseen = isRead ? this.#earlier.unseen : { ok: 0, failed: 0 };
    const forgets = isRead && forget;
    this.#writer.finish(() => {
      this.#ended = Date.now();
      if (forgets) this.#earlier.forgetUnseen();
      if (isRead) this.#kept = forgets ? { ok: 0, failed: 0 } : unseen;
      if (isRead && complete) writeRunRow(journal.db, { ...readRunRow(journal.db), finished: this.#ended });
    });
    closeJournal(journal);
    const count = unseen.ok + unseen.failed;
    return forgets ? { kept: 0, forgotten: count } : { kept: count, forgotten: 0 };
  }

  /** Writes what is pending. */
  commit(): void {
    this.#writer.commit();
  }

  /** Those of these lines that have yet to run, as they are sent; the outcomes of the others are delivered. */
  *toRun(lines: Lines, index: number): Generator<Lines> {
    for (const { some, first } of this.#select(lines, index)) {
      yield this.#init.sendsOccurrences
        ? withOccurrences(some, (at) => this.#running.words[this.#running.find(first + at) + 8])
        : some;
    }
  }

  *#select(lines: Lines, index: number): Generator<{ some: Lines; first: number }> {
    if (this.#earlier.isEmpty) {
      this.#makeKeys(lines, index);
      yield { some: lines, first: index };
      return;
    }
    let start = 0;
    for (let at = 0; at < lines.length; at++) {
      if (this.#mustRun(lines, at, index + at)) continue;
      if (at > start) yield { some: lines.slice(start, at), first: index + start };
      start = at + 1;
    }
    if (lines.length > start) {
      yield { some: start === 0 ? lines : lines.slice(start), first: index + start };
    }
  }

  /** Whether an input has yet to run; else its outcome is delivered. */
  #mustRun(lines: Lines, at: number, index: number): boolean {
    const hash = hashLineOf(lines, at);
    const occurrence = this.#occurrences.count(hash[0], hash[1]);
    const wanted = { hash, occurrence, index };
    const final = this.#earlier.find(wanted);
    if (final && (final.value !== undefined || !this.#init.retryFailed)) {
      this.#init.deliver(final);
      return false;
    }
    if (final) this.#replaced.set(index, this.#earlier.failureOf(wanted));
    if (this.#handedOut !== index) this.#indices.set(this.#handedOut, index);
    this.#handedOut++;
    this.#running.add(index, hash, occurrence);
    return true;
  }

  /** The keys of inputs that follow one another and all run. */
  #makeKeys(lines: Lines, first: number): void {
    const running = this.#running;
    for (let at = 0; at < lines.length; at++) running.add(first + at, hashLineOf(lines, at), 1);
    // Each count waits for memory, and in a loop of their own they wait together: that takes a third of the time.
    for (let index = first; index < first + lines.length; index++) {
      const key = running.find(index);
      running.words[key + 8] = this.#occurrences.count(running.words[key], running.words[key + 1]);
    }
  }
}

function excerptOf(line: Line): string {
  const text = typeof line === "string" ? line : new TextDecoder().decode(line);
  return text.slice(0, EXCERPT).replaceAll("\0", " ");
}
