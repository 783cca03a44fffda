/**
 * Runs one job chunk on a worker: passes its inputs to the worker's executor and collects the outcomes. If one input
 * takes long, the other outcomes are sent in parts.
 */

import { ModuleLoadError } from "../../errors.ts";
import { type Batch, BatchFeed } from "../../executor/calls/batch_feed.ts";
import type { FeedSink, InputFeed, PrintedPiece, TaskFacts } from "../../executor/tasks/feed.ts";
import { isThrown } from "../../executor/tasks/thrown.ts";
import { Lines, type Values } from "../../wire/lines.ts";
import { inTrace } from "../../wire/telemetry.ts";
import { listOf, numberAt, type Numbers } from "../../wire/series_numbers.ts";
import { encodeValue, packResults } from "../broker/encoding.ts";
import { ATTEMPT_ENDED, MOST_BYTES, type Results } from "../broker/protocol.ts";
import { errorOf } from "./error_json.ts";
import { GatheredResults } from "./gathered_results.ts";
import { hasNoOutcome, inTermsOf, type JobRunInit, spanOf, STOPPED } from "./job_run.ts";
import { PrintedPieces } from "./printed_pieces.ts";

/** Length of results that are sent as a part, in characters. A guess: a lower limit means more calls of Redis. */
const ENOUGH = 1024 * 1024;
/** How long results wait for the rest of the job chunk, in milliseconds. A guess. */
const PATIENCE = 2_000;
/** Number of failed attempts that are sent without results. A guess. */
const MOST_RETRIED = 1_000;
/** How long what a body reports waits for more, in milliseconds. A guess: a shorter time means more calls of Redis. */
const SOON = 20;

/** The limit of what an input gives, in words. */
const MOST = `${MOST_BYTES / 1024 / 1024} MB, the limit over a broker`;

/** Takes the inputs: the executor's feed, or what makes batches for it. */
type Taker = Pick<InputFeed, "arrived" | "drain" | "cancel"> & { push(lines: Lines): void };

/** The facts of neighbouring inputs that ran. */
type Ran = Omit<TaskFacts, "micros"> & { micros: Numbers };

const NEVER_RAN: TaskFacts = { attempt: 0, micros: 0, workerId: 0 };

export class ChunkRun {
  /** Resolves when all inputs have ended, with the results that were not sent in parts. */
  readonly ended: Promise<Results>;
  /** Number of inputs without an outcome. */
  left: number;
  readonly #init: JobRunInit;
  readonly #feed: Taker;
  readonly #end = Promise.withResolvers<void>();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #results = new GatheredResults();
  readonly #printed: PrintedPieces;
  /** The inputs whose bodies have printed in their present attempts. */
  readonly #printers = new Set<number>();
  #handing: Promise<void> = Promise.resolve();

  constructor(init: JobRunInit) {
    const { chunk: { trace }, inputs } = init;
    this.#init = init;
    this.left = inputs.length;
    this.#printed = new PrintedPieces((printed) => {
      this.#handing = this.#handing.then(() => init.onPrinted(printed));
    });
    this.#feed = trace ? inTrace(trace, () => this.#open()) : this.#open();
    this.#timer = setInterval(() => this.#handOver(), PATIENCE);
    this.ended = this.#run(inputs);
  }

  #open(): Taker {
    const { executor, chunk, startOf } = this.#init;
    const { task, input, output, options, batch, adds, timed, prints } = chunk;
    const sink: FeedSink = {
      succeeded: (index, micros, values, workerId) => this.#succeeded(index, micros, values, workerId),
      settled: (index, { ok, value, task = NEVER_RAN }) => {
        this.#spend(task);
        if (ok) this.#add(index, [value as string], task);
        else this.#fail(index, value, task);
        this.#settled(1);
      },
      retried: (index, task, error) => {
        this.#spend(task);
        if (chunk.tellsRetries) this.#tellRetry(index, task, error);
        if (this.#printers.delete(index)) {
          this.#printed.add([index, 1, task.workerId, "stdout", ATTEMPT_ENDED]);
        }
      },
      printed: prints ? (...printed) => this.#print(...printed) : undefined,
    };
    const openFeed = (sink: FeedSink, batchOf = (index: number): Batch => ({ first: index, count: 1 })) =>
      executor.feed(task, sink, {
        ...options,
        queueTimeout: this.#init.queueTimeout,
        attempt: chunk.attempt,
        encoding: { input, output, keyed: "sent", batch: batch !== undefined },
        // A job has one result for each input.
        each: chunk.each ? { held: Infinity } : undefined,
        adds,
        timed,
        prints,
        onProgress: chunk.reports ? (value) => this.#reported(value) : undefined,
        firstInput: chunk.indexed ? chunk.first : undefined,
        spanOf: (number) => {
          const { first, count } = batchOf(number);
          return spanOf(chunk, first, count);
        },
        startOf: startOf && ((number) => startOf(batchOf(number).first)),
      });
    if (batch === undefined) return openFeed(sink);
    return new BatchFeed({ size: batch, openFeed, sink });
  }

  /** Starts no more inputs. Inputs that have not started get no outcome. */
  drain(): void {
    this.#feed.drain(STOPPED);
  }

  /** Starts no more inputs, and aborts running ones. */
  abort(): void {
    this.#feed.cancel(STOPPED);
  }

  async #run(inputs: Lines): Promise<Results> {
    try {
      this.#feed.push(inputs);
      this.#feed.arrived();
      await this.#end.promise;
      this.#printed.send();
      await this.#handing;
      return this.#results.take(this.#init.server);
    } finally {
      clearInterval(this.#timer);
    }
  }

  #succeeded(index: number, micros: Numbers, values: Values, workerId: number): void {
    const bytes = values instanceof Lines ? values.bytes.length : lengthOf(values as string[]);
    if (bytes <= MOST_BYTES) this.#add(index, values, { attempt: 1, micros, workerId }, bytes);
    else {
      // A single result may be too large.
      for (let at = 0; at < values.length; at++) {
        const one = numberAt(micros, at);
        this.#add(index + at, [values.at(at) as string], { attempt: 1, micros: one, workerId });
      }
    }
    this.#settled(values.length);
  }

  #add(index: number, values: Values, ran: Ran, bytes = lengthOf(values as string[])): void {
    if (bytes > MOST_BYTES) {
      const error = new RangeError(`The result has more than ${MOST}`);
      return this.#fail(index, error, ran as TaskFacts);
    }
    const { attempt, micros, workerId } = ran;
    if (!this.#tell(index, ran)) return;
    const results = this.#results;
    results.done.push([
      index,
      values.length,
      attempt,
      rounded(micros, values.length),
      packResults(values),
      workerId,
    ]);
    results.length += bytes;
    if (results.length > ENOUGH) this.#handOver();
  }

  #fail(index: number, error: unknown, task: TaskFacts): void {
    const { attempt, micros, workerId } = task;
    if (hasNoOutcome(error)) return;
    if (error instanceof ModuleLoadError && micros === 0 && !isThrown(error)) {
      return this.#init.onBroken(error);
    }
    if (!this.#tell(index, task)) return;
    this.#results.failed.push([
      index,
      attempt,
      Math.round(micros),
      errorOf(inTermsOf(this.#init.chunk, error)),
      workerId,
    ]);
  }

  /** Keeps what the attempt that gives an outcome has told. Fails the input, and returns false, if that is too long. */
  #tell(index: number, { counts, added, began, ...ran }: Ran): boolean {
    const texts = added as string[] | undefined;
    const bytes = texts ? lengthOf(texts) : 0;
    if (bytes > MOST_BYTES) {
      const error = new RangeError(`The inputs that the task has added have more than ${MOST}`);
      this.#fail(index, error, { ...ran, counts, began } as TaskFacts);
      return false;
    }
    const results = this.#results;
    if (counts) results.told.counts.push([index, counts]);
    if (texts) results.told.added.push([index, texts]);
    if (began && this.#init.chunk.timed) results.told.began.push([index, began.at, began.position]);
    results.length += bytes;
    return true;
  }

  /** Counts what an attempt has spent, whether it gave an outcome or not. */
  #spend({ counts }: TaskFacts): void {
    if (counts) this.#results.spent.addAll(counts);
  }

  /** Tells of a failed attempt with the next results, or soon if there are many. */
  #tellRetry(index: number, { attempt, workerId }: TaskFacts, error: unknown): void {
    const { retried } = this.#results;
    if (retried.push([index, attempt, errorOf(error), workerId]) >= MOST_RETRIED) this.#handOver();
  }

  /** Sends what the body reports, together with what it reports soon after. */
  #reported(value: unknown): void {
    const encoded = encodeValue("progress", value);
    if ("error" in encoded) return this.#feed.cancel(encoded.error);
    if (this.#results.progress.push(encoded.text) === 1) setTimeout(() => this.#handOver(), SOON);
  }

  #print(index: number, { workerId, stream, text }: PrintedPiece, count = 1): boolean {
    if (this.left === 0) return false;
    this.#printers.add(index);
    this.#printed.add([index, count, workerId, stream, text]);
    return true;
  }

  #settled(count: number): void {
    this.left -= count;
    if (this.left === 0) this.#end.resolve();
  }

  /** Sends the results so far. If that fails, they are sent with the rest. */
  #handOver(): void {
    if (this.left === 0 || this.#results.isEmpty) return;
    // Before the outcomes: then a line comes with its input while that is known.
    this.#printed.send();
    const results = this.#results.take(this.#init.server);
    this.#handing = this.#handing.then(() => this.#init.onPart(results))
      .catch(() => this.#results.putBack(results));
  }
}

/** Each input of a batch has an equal part of the call's time, which may be a fraction. */
function rounded(micros: Numbers, count: number): number | number[] {
  return typeof micros === "number" ? Math.round(micros) : listOf(micros, count).map(Math.round);
}

function lengthOf(texts: string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}
