/**
 * The journal's part in a run. It gives each input its key, takes out the inputs whose outcome is in the journal, and writes
 * the outcomes of the others.
 */

import { contentKey, withOccurrences } from "../../wire/content_key.ts";
import type { Lines } from "../../wire/lines.ts";
import type { Line } from "../input/formats/splitter.ts";
import type { LineSource } from "../input/line_source.ts";
import type { Final } from "../output/outcome_writer.ts";
import { EarlierOutcomes, type UnclaimedOutcomes } from "./earlier_outcomes.ts";
import { closeJournal, type Journal } from "./file/journal_file.ts";
import { JournalWriter, type Progress } from "./journal_writer.ts";
import { bytesOf, KEY_WORDS, OCCURRENCE } from "./keys/input_key.ts";
import { LineKeys } from "./keys/line_keys.ts";
import { RunningKeys } from "./keys/running_keys.ts";
import { readRunRow, writeRunRow } from "./rows/run_row.ts";
import type { SessionWriter } from "./rows/sessions.ts";
import { NOWHERE, type Whereabouts } from "../output/record.ts";

interface KeeperInit {
  journal: Journal;
  session: SessionWriter;
  source: LineSource;
  retryFailed: boolean;
  /** Whether the journal keeps when and where inputs ran. */
  keepsWhereabouts?: boolean;
  /** Whether workers make the key of an input by themselves. If not, the executor asks for keys by `keysOf`. */
  sendsOccurrences: boolean;
  /** Takes an outcome of an earlier session. */
  deliver: (final: Final) => void;
  progress: () => Omit<Progress, "kept" | "ended">;
  onFailure: (error: Error) => void;
}

/** Numbers of outcomes without an input: `kept` in the journal, or removed (`forgotten`). */
export interface Unclaimed {
  kept: number;
  forgotten: number;
}

/** Length of the beginning of a failed input that the journal keeps, in characters. A guess: enough to recognize it. */
const EXCERPT = 200;

const NOTHING: UnclaimedOutcomes = { ok: 0, failed: 0, counts: {} };

export class Keeper {
  readonly #init: KeeperInit;
  readonly #writer: JournalWriter;
  readonly #earlier: EarlierOutcomes;
  readonly #keys = new LineKeys();
  /** The keys of the lines that come next, from {@link prepare}. */
  #next: Uint32Array = new Uint32Array();
  readonly #running = new RunningKeys();
  /** Ids of earlier failures, by the index of the input that runs again. */
  readonly #replaced = new Map<number, number>();
  /** The executor counts only the inputs that it is given: its count → the index among all inputs, where they differ. */
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

  /** Whether the executor's counts are the indices of inputs: there are no earlier outcomes. */
  get countsAll(): boolean {
    return this.#earlier.isEmpty;
  }

  /** The index of the executor's `count`-th input, from 0. Called once for each input, when it has settled. */
  indexOf(count: number): number {
    const index = this.indexNow(count);
    this.#indices.delete(count);
    return index;
  }

  /** The index of the executor's `count`-th input, before it has settled. */
  indexNow(count: number): number {
    return this.#indices.get(count) ?? count;
  }

  /** The keys of inputs that run, from the executor's `first`-th on. An input has the same key in each session. */
  keysOf(first: number, count: number): string[] {
    return Array.from({ length: count }, (_, at) => {
      const { words, start } = this.#running.find(this.indexNow(first + at));
      return contentKey(words, words[start + OCCURRENCE], start);
    });
  }

  /**
   * Writes the results of neighbouring inputs that succeeded at their first attempts, where {@link countsAll}.
   *
   * @param first the index of the first input
   * @param msOf the running time of the `n`-th of them
   */
  keepResults(first: number, results: Lines, msOf: (n: number) => number): void {
    const { source } = this.#init;
    for (let from = 0; from < results.length;) {
      const { words: keys, start: at, count } = this.#running.takeSeveral(
        first + from,
        results.length - from,
      );
      const some = from;
      this.#writer.addSuccesses({
        keys,
        at,
        results: results.slice(from, from + count),
        // Keys of one block are those of lines that were handed out together.
        lineOf: source.places.numbersFrom(first + from),
        msOf: (n) => msOf(some + n),
      });
      from += count;
    }
  }

  keep(final: Final): void {
    const { index, attempts, ms, value, error, counts, added } = keepWhereabouts(final);
    const { source } = this.#init;
    const line = source.places.numberOf(index);
    const { words: keys, start: at } = this.#running.take(index);
    const replaced = this.#replaced.size > 0 ? this.#replaced.get(index) : undefined;
    if (replaced !== undefined) {
      this.#writer.replaceFailure(replaced);
      this.#replaced.delete(index);
    }
    if (value !== undefined) {
      return this.#writer.addSuccess({ keys, at, line, attempts, ms, result: value, counts, added });
    }
    this.#writer.addFailure({
      hash: bytesOf(keys.subarray(at, at + OCCURRENCE)),
      occurrence: keys[at + OCCURRENCE],
      line,
      attempts,
      ms,
      error: error ? JSON.stringify(error) : null,
      input: excerptOf(source.places.originOf(index).line),
      counts,
      added,
    });
  }

  saveProgress(): void {
    this.#writer.saveProgress();
  }

  /**
   * Writes what waits, ends the session's row, and closes the journal. If the whole input was read, the outcomes without an
   * input are known.
   *
   * @param options `complete`: every input has an outcome. `forget`: remove the outcomes without an input.
   */
  finish({ complete, forget }: { complete: boolean; forget: boolean }): Unclaimed {
    const { source, journal } = this.#init;
    this.#keys.stop();
    const isRead = source.exhausted && !source.failure;
    // Beyond --first there may be the inputs of the other outcomes.
    const isWhole = isRead && !source.isCut;
    const unclaimed = isWhole ? this.#earlier.unclaimed : NOTHING;
    const forgets = isWhole && forget;
    this.#writer.finish(() => {
      this.#ended = Date.now();
      if (forgets) this.#earlier.removeUnclaimed();
      if (isWhole) this.#kept = forgets ? NOTHING : unclaimed;
      if (isRead && complete) writeRunRow(journal.db, { ...readRunRow(journal.db), finished: this.#ended });
    });
    closeJournal(journal);
    const count = unclaimed.ok + unclaimed.failed;
    return forgets ? { kept: 0, forgotten: count } : { kept: count, forgotten: 0 };
  }

  commit(): void {
    this.#writer.commit();
  }

  /** Makes the keys of the lines that come next. If this takes a while, returns a promise. */
  prepare(lines: Lines): Promise<void> | undefined {
    const keys = this.#keys.of(lines);
    if (keys instanceof Promise) return keys.then((made) => void (this.#next = made));
    this.#next = keys;
  }

  /**
   * The lines that have to run, in the form in which they are sent. The outcomes of the other lines are delivered. Called after
   * {@link prepare} with the same lines.
   */
  *toRun(lines: Lines, first: number): Generator<Lines> {
    const keys = this.#next;
    for (const { start, end } of this.#select(keys, first)) {
      const some = end - start === lines.length ? lines : lines.slice(start, end);
      yield this.#init.sendsOccurrences
        ? withOccurrences(some, (at) => keys[(start + at) * KEY_WORDS + OCCURRENCE])
        : some;
    }
  }

  /** The lines that have to run, as ranges. The outcomes of the others are delivered. */
  #select(keys: Uint32Array, first: number): { start: number; end: number }[] {
    const length = keys.length / KEY_WORDS;
    if (this.#earlier.isEmpty) {
      this.#running.add(first, keys, length);
      return [{ start: 0, end: length }];
    }
    const ranges: { start: number; end: number }[] = [];
    let left = 0;
    for (let at = 0; at < length; at++) {
      if (!this.#mustRun(keys.subarray(at * KEY_WORDS, (at + 1) * KEY_WORDS), first + at)) continue;
      left++;
      const last = ranges.at(-1);
      if (last?.end === at) last.end++;
      else ranges.push({ start: at, end: at + 1 });
    }
    this.#running.add(first, keys, left);
    return ranges;
  }

  /** Whether an input has to run. If not, its outcome is delivered. */
  #mustRun(key: Uint32Array, index: number): boolean {
    const wanted = { hash: key.subarray(0, OCCURRENCE), occurrence: key[OCCURRENCE], index };
    const final = this.#earlier.find(wanted);
    if (final && (final.value !== undefined || !this.#init.retryFailed)) {
      this.#init.deliver(this.#init.keepsWhereabouts ? keptWhereabouts(final) : final);
      return false;
    }
    if (final) this.#replaced.set(index, this.#earlier.failureOf(wanted));
    if (this.#handedOut !== index) this.#indices.set(this.#handedOut, index);
    this.#handedOut++;
    return true;
  }
}

function excerptOf(line: Line): string {
  const text = typeof line === "string" ? line : new TextDecoder().decode(line);
  return text.slice(0, EXCERPT).replaceAll("\0", " ");
}

/**
 * Returns an outcome in the form in which the journal keeps it. With `--envelope=full`, when and where the input ran is before each
 * result, and in each error, so that a resumed run writes the same envelopes again.
 */
function keepWhereabouts<F extends Pick<Final, "value" | "error" | "where">>(final: F): F {
  const { value, error, where } = final;
  if (!where) return final;
  if (value !== undefined) return { ...final, value: `${JSON.stringify(where)}\t${value}` };
  return { ...final, error: error && { ...error, where } };
}

/** Returns an outcome of a journal with `--envelope=full`. */
function keptWhereabouts(final: Final): Final {
  const { value, error } = final;
  if (value !== undefined) {
    const tab = value.indexOf("\t");
    return { ...final, value: value.slice(tab + 1), where: JSON.parse(value.slice(0, tab)) as Whereabouts };
  }
  if (!error) return final;
  const { where = NOWHERE, ...own } = error as typeof error & { where?: Whereabouts };
  return { ...final, error: own, where };
}
