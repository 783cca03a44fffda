/**
 * Makes batches for tasks that take several inputs at once (`--batch N`). N neighbouring inputs become one input of the
 * executor, and each of them gets its own outcome. Over a broker, workers make batches of the inputs of a job chunk.
 */

import { isErrorData } from "../../wire/error_check.ts";
import { fromErrorData } from "../../wire/error_data.ts";
import { BATCH_FAILURE, type BatchFailure, type BatchResult } from "../../wire/input_batch.ts";
import { type Lines, unpack } from "../../wire/lines.ts";
import { numberAt } from "../../wire/series_numbers.ts";
import type { FeedSink, InputFeed, TaskFacts } from "../tasks/feed.ts";

export interface BatchFeedInit {
  size: number;
  /** Opens the executor's feed, whose inputs are batches. `batchOf` returns the inputs of batch `number`. */
  openFeed: (sink: FeedSink, batchOf: (number: number) => Batch) => InputFeed;
  /** Takes the outcome of each input. Inputs are numbered in the order of `push()`. */
  sink: FeedSink;
}

/** A batch that has not settled. */
export interface Batch {
  first: number;
  count: number;
}

export class BatchFeed {
  readonly #init: BatchFeedInit;
  readonly #feed: InputFeed;
  #count = 0;
  readonly #batches = new Map<number, Batch>();
  #batchCount = 0;

  constructor(init: BatchFeedInit) {
    this.#init = init;
    this.#feed = init.openFeed({
      succeeded: (index, micros, values, workerId) => {
        for (let at = 0; at < values.length; at++) {
          const one = numberAt(micros, at);
          this.#returned(index + at, values.at(at) as BatchResult, { attempt: 1, micros: one, workerId });
        }
      },
      settled: (index, { ok, value, task }) => {
        if (ok) this.#returned(index, value as BatchResult, task!);
        else this.#failed(index, value, task);
      },
      retried: (index, task, error) => {
        const { first, count } = this.#batches.get(index)!;
        const cause = isBatchFailure(error) ? error.cause : error;
        const share = shareOf(task, count);
        // What the attempt has counted is told with one of the inputs.
        const counted = { ...share, counts: task.counts };
        for (let at = 0; at < count; at++) {
          this.#init.sink.retried?.(first + at, at === 0 ? counted : share, cause);
        }
      },
      printed: init.sink.printed && ((index, piece) => {
        const batch = this.#batches.get(index);
        return batch !== undefined && init.sink.printed!(batch.first, piece, batch.count);
      }),
    }, (number) => this.#batches.get(number)!);
  }

  /** A batch by its number at the executor; undefined if it has settled. */
  batchOf(number: number): Batch | undefined {
    return this.#batches.get(number);
  }

  /** Takes inputs, and sends them as batches at once. The last batch may be smaller than the others. */
  push(lines: Lines): void {
    for (let start = 0; start < lines.length; start += this.#init.size) {
      const batch = lines.slice(start, Math.min(lines.length, start + this.#init.size));
      this.#batches.set(this.#batchCount++, { first: this.#count, count: batch.length });
      this.#count += batch.length;
      this.#feed.push([batch.pack()]);
    }
  }

  /** Marks the end of a synchronous run of `push()` calls. */
  arrived(): void {
    this.#feed.arrived();
  }

  drain(reason: unknown): void {
    this.#feed.drain(reason);
  }

  cancel(reason: unknown): void {
    this.#feed.cancel(reason);
  }

  #returned(index: number, { results, failed }: BatchResult, task: TaskFacts): void {
    const { first, count } = this.#take(index);
    const share = shareOf(task, count);
    const values = unpack(results);
    const { sink } = this.#init;
    if (failed.length === 0 && task.attempt === 1 && !task.counts && !task.began) {
      sink.succeeded(first, share.micros, values, task.workerId);
    } else {
      const errors = new Map(failed);
      const counted = firstWithout(errors, count);
      for (let at = 0, next = 0; at < count; at++) {
        const error = errors.get(at);
        const value = error ? fromErrorData(error) : values.at(next++);
        sink.settled(first + at, {
          ok: !error,
          value,
          task: at === counted ? { ...share, counts: task.counts } : share,
        });
      }
    }
  }

  #failed(index: number, reason: unknown, task: TaskFacts | undefined): void {
    const { first, count } = this.#take(index);
    const own = isBatchFailure(reason) ? reason : undefined;
    const errors = new Map(own?.failed);
    for (let at = 0; at < count; at++) {
      const error = errors.get(at);
      const value = error ? fromErrorData(error) : own ? own.cause : reason;
      const counts = at === 0 ? task?.counts : undefined;
      this.#init.sink.settled(first + at, {
        ok: false,
        value,
        task: task && { ...shareOf(task, count), counts },
      });
    }
  }

  #take(index: number): Batch {
    const batch = this.#batches.get(index)!;
    this.#batches.delete(index);
    return batch;
  }
}

/** Whether this is the failure of a batch, and not a task's own error with the same name. */
function isBatchFailure(reason: unknown): reason is BatchFailure {
  if (!(reason instanceof Error) || reason.name !== BATCH_FAILURE) return false;
  const { failed } = reason as Partial<BatchFailure>;
  return Array.isArray(failed) && failed.every((entry) => Array.isArray(entry) && isErrorData(entry[1]));
}

/**
 * Returns the place of the input that has the sums of a call: the first that succeeded. A failed one may run again alone, and its
 * new outcome would replace these sums.
 */
function firstWithout(errors: Map<number, unknown>, count: number): number {
  for (let at = 0; at < count; at++) if (!errors.has(at)) return at;
  return 0;
}

/** Returns the facts of one input, with an equal part of the call's time. */
function shareOf({ attempt, micros, workerId, began }: TaskFacts, count: number) {
  return { attempt, micros: micros / count, workerId, began };
}
