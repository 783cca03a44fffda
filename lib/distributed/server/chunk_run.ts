/**
 * Runs one job chunk on a worker: passes its inputs to the worker's executor and collects the outcomes. If one input
 * takes long, the other outcomes are sent in parts.
 */

import { ExecutorClosedError, ModuleLoadError, TaskTimeoutError } from "../../errors.ts";
import type { Executor } from "../../executor/executor.ts";
import { isThrown } from "../../executor/tasks/thrown.ts";
import { type Batch, BatchFeed } from "../../executor/calls/batch_feed.ts";
import type { FeedSink, InputFeed, PrintedPiece, TaskFacts } from "../../executor/tasks/feed.ts";
import type { OuterStart } from "../../executor/options/feed_options.ts";
import { Sums } from "../../executor/basics/sums.ts";
import { Lines, type Values } from "../../wire/lines.ts";
import { inTrace, type SpanAttributes } from "../../wire/telemetry.ts";
import { encodeValue, packResults } from "../broker/encoding.ts";
import { errorOf } from "./error_json.ts";
import {
  ATTEMPT_ENDED,
  type ChunkData,
  MOST_BYTES,
  type PrintedRecord,
  type Results,
} from "../broker/protocol.ts";

export interface ChunkRunInit {
  executor: Executor;
  /** The worker's id. */
  server: string;
  chunk: ChunkData;
  inputs: Lines;
  /** How long the inputs may still wait, in milliseconds. */
  queueTimeout?: number;
  /** Makes what decides when an input starts, by its place; undefined if nothing limits the run. */
  startOf?: (at: number) => OuterStart;
  /** Sends partial results, before the job chunk has ended. */
  onPart(results: Results): Promise<void>;
  /** Sends what bodies have printed. Does not reject. */
  onPrinted(printed: PrintedRecord): Promise<void>;
  /** Called when the executor can start no more threads or processes. */
  onBroken(error: ModuleLoadError): void;
}

/** Length of results that are sent as a part, in characters. A guess: a lower limit means more calls of Redis. */
const ENOUGH = 1024 * 1024;
/** How long results wait for the rest of the job chunk, in milliseconds. A guess. */
const PATIENCE = 2_000;
/** Number of failed attempts that are sent without results. A guess. */
const MOST_RETRIED = 1_000;
/** Length of what bodies have printed that is sent at once, in characters. A guess: less means more calls of Redis. */
const MUCH_PRINTED = 64 * 1024;
/** How long what a body reports or prints waits for more, in milliseconds. A guess: a lower limit means more calls of Redis. */
const SOON = 20;

/** The limit of what an input gives, in words. */
const MOST = `${MOST_BYTES / 1024 / 1024} MB, the limit over a broker`;

/** The reason of inputs that were stopped. They have no outcome. */
export const STOPPED = new DOMException("The run was stopped", "AbortError");

/** Takes the inputs: the executor's feed, or what makes batches for it. */
type Taker = Pick<InputFeed, "arrived" | "drain" | "cancel"> & { push(lines: Lines): void };

/** The facts of neighbouring inputs that ran. */
type Ran = Omit<TaskFacts, "micros"> & { micros: number | number[] };

/** The facts of an input that never ran. */
const NEVER_RAN: TaskFacts = { attempt: 0, micros: 0, workerId: 0 };

export class ChunkRun {
  /** Resolves when all inputs have ended, with the results that were not sent in parts. */
  readonly ended: Promise<Results>;
  /** Number of inputs without an outcome. */
  left: number;
  readonly #init: ChunkRunInit;
  readonly #feed: Taker;
  readonly #end = Promise.withResolvers<void>();
  readonly #timer: ReturnType<typeof setInterval>;
  #done: Results["done"] = [];
  #failed: Results["failed"] = [];
  /** What the attempts that gave these outcomes have told, and what all attempts have counted. */
  #told = nothingTold();
  #spent = new Sums();
  /** Failed attempts that others follow. */
  #retried: NonNullable<Results["retried"]> = [];
  /** What the body of the single input has reported. */
  #progress: string[] = [];
  /** What bodies have printed, and its length. */
  #printed: PrintedRecord["pieces"] = [];
  #printedLength = 0;
  /** The inputs whose bodies have printed in their present attempts. */
  readonly #printers = new Set<number>();
  #bytes = 0;
  #handing: Promise<void> = Promise.resolve();

  constructor(init: ChunkRunInit) {
    const { chunk: { trace }, inputs } = init;
    this.#init = init;
    this.left = inputs.length;
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
          this.#addPrinted([index, 1, task.workerId, "stdout", ATTEMPT_ENDED]);
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
      this.#handOverPrinted();
      await this.#handing;
      return this.#take();
    } finally {
      clearInterval(this.#timer);
    }
  }

  #succeeded(index: number, micros: number | number[], values: Values, workerId: number): void {
    const bytes = values instanceof Lines ? values.bytes.length : lengthOf(values as string[]);
    if (bytes <= MOST_BYTES) this.#add(index, values, { attempt: 1, micros, workerId }, bytes);
    else {
      // A single result may be too large.
      for (let at = 0; at < values.length; at++) {
        const one = typeof micros === "number" ? micros : micros[at];
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
    this.#done.push([index, values.length, attempt, rounded(micros), packResults(values), workerId]);
    this.#bytes += bytes;
    if (this.#bytes > ENOUGH) this.#handOver();
  }

  #fail(index: number, error: unknown, task: TaskFacts): void {
    const { attempt, micros, workerId } = task;
    if (hasNoOutcome(error)) return;
    if (error instanceof ModuleLoadError && micros === 0 && !isThrown(error)) {
      return this.#init.onBroken(error);
    }
    if (!this.#tell(index, task)) return;
    this.#failed.push([
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
    if (counts) this.#told.counts.push([index, counts]);
    if (texts) this.#told.added.push([index, texts]);
    if (began && this.#init.chunk.timed) this.#told.began.push([index, began.at, began.position]);
    this.#bytes += bytes;
    return true;
  }

  /** Counts what an attempt has spent, whether it gave an outcome or not. */
  #spend({ counts }: TaskFacts): void {
    if (counts) this.#spent.addAll(counts);
  }

  /** Tells of a failed attempt with the next results, or soon if there are many. */
  #tellRetry(index: number, { attempt, workerId }: TaskFacts, error: unknown): void {
    if (this.#retried.push([index, attempt, errorOf(error), workerId]) >= MOST_RETRIED) this.#handOver();
  }

  /** Sends what the body reports, together with what it reports soon after. */
  #reported(value: unknown): void {
    const encoded = encodeValue("progress", value);
    if ("error" in encoded) return this.#feed.cancel(encoded.error);
    if (this.#progress.push(encoded.text) === 1) setTimeout(() => this.#handOver(), SOON);
  }

  /** Sends what a body prints, together with what is printed soon after. */
  #print(index: number, { workerId, stream, text }: PrintedPiece, count = 1): boolean {
    if (this.left === 0) return false;
    this.#printers.add(index);
    for (let from = 0; from < text.length; from += MUCH_PRINTED) {
      this.#addPrinted([index, count, workerId, stream, text.slice(from, from + MUCH_PRINTED)]);
    }
    return true;
  }

  #addPrinted(piece: PrintedRecord["pieces"][number]): void {
    if (this.#printed.push(piece) === 1) setTimeout(() => this.#handOverPrinted(), SOON);
    this.#printedLength += piece[4].length;
    if (this.#printedLength >= MUCH_PRINTED) this.#handOverPrinted();
  }

  #handOverPrinted(): void {
    const pieces = this.#printed;
    if (pieces.length === 0) return;
    [this.#printed, this.#printedLength] = [[], 0];
    this.#handing = this.#handing.then(() => this.#init.onPrinted({ v: 1, pieces }));
  }

  #settled(count: number): void {
    this.left -= count;
    if (this.left === 0) this.#end.resolve();
  }

  /** Sends the results so far. If that fails, they are sent with the rest. */
  #handOver(): void {
    if (
      this.left === 0 ||
      this.#done.length + this.#failed.length + this.#progress.length + this.#retried.length === 0
    ) return;
    // Before the outcomes: then a line comes with its input while that is known.
    this.#handOverPrinted();
    const results = this.#take();
    this.#handing = this.#handing.then(() => this.#init.onPart(results)).catch(() => {
      this.#done.push(...results.done);
      this.#failed.push(...results.failed);
      for (const kind of TOLD) this.#told[kind].push(...results[kind] as [] ?? []);
      this.#spent.addAll(results.spent ?? {});
      this.#progress.unshift(...results.progress ?? []);
      this.#retried.unshift(...results.retried ?? []);
    });
  }

  #take(): Results {
    const spent = this.#spent.toRecord();
    const results: Results = {
      v: 1,
      server: this.#init.server,
      done: this.#done,
      failed: this.#failed,
      ...Object.fromEntries(
        TOLD.filter((kind) => this.#told[kind].length > 0).map((kind) => [kind, this.#told[kind]]),
      ),
      ...(Object.keys(spent).length > 0 && { spent }),
      ...(this.#progress.length > 0 && { progress: this.#progress }),
      ...(this.#retried.length > 0 && { retried: this.#retried }),
    };
    [this.#done, this.#failed, this.#bytes] = [[], [], 0];
    [this.#told, this.#spent, this.#progress, this.#retried] = [nothingTold(), new Sums(), [], []];
    return results;
  }
}

/** Whether an input with this error has no outcome: it was stopped, or the worker closes. It runs again on another worker. */
export function hasNoOutcome(error: unknown): boolean {
  return error === STOPPED || error instanceof ExecutorClosedError && !isThrown(error);
}

/** Returns the error of an input as its caller knows it: with the whole time that it was allowed to wait. */
export function inTermsOf({ task, options: { queueTimeout } }: ChunkData, error: unknown): unknown {
  const isWait = error instanceof TaskTimeoutError && error.phase === "queue" && !isThrown(error);
  return isWait && queueTimeout !== undefined ? new TaskTimeoutError(task, queueTimeout, "queue") : error;
}

/** Returns the span attributes of an input, or of a batch, by its index in the producer's feed. */
export function spanOf({ run, first, spans, batch }: ChunkData, index: number, count = 1): SpanAttributes {
  return {
    "polyloop.run.id": run,
    "polyloop.task.id": first + index + 1,
    "polyloop.input.index": first + index,
    ...spans?.[index],
    ...(batch && { "polyloop.batch.size": count }),
  };
}

/** The parts of results that attempts have told of themselves. */
const TOLD = ["counts", "added", "began"] as const;

function nothingTold(): Required<Pick<Results, typeof TOLD[number]>> {
  return { counts: [], added: [], began: [] };
}

/** Each input of a batch has an equal part of the call's time, which may be a fraction. */
function rounded(micros: number | number[]): number | number[] {
  return typeof micros === "number" ? Math.round(micros) : micros.map(Math.round);
}

function lengthOf(texts: string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}
