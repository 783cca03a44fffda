/**
 * One chunk on a worker: its inputs go into the worker's own executor, and what becomes of them is gathered until it is
 * handed over, in parts where one of them takes its time.
 *
 * @module
 */

import { ExecutorClosedError, ModuleLoadError } from "../../errors.ts";
import type { Executor } from "../../executor/executor.ts";
import { isThrown } from "../../executor/calls/thrown.ts";
import type { FeedSink, InputFeed } from "../../executor/calls/feed.ts";
import { Lines, type Values } from "../../wire/lines.ts";
import { inTrace, type SpanAttributes } from "../../wire/telemetry.ts";
import { packResults } from "../broker/encoding.ts";
import { errorOf } from "./error_json.ts";
import { type ChunkData, MOST_BYTES, type Results } from "../broker/protocol.ts";

/** What a chunk needs of its worker. */
export interface ChunkRunInit {
  executor: Executor;
  /** The worker's id. */
  server: string;
  chunk: ChunkData;
  inputs: Lines;
  /** Takes results that do not wait for the rest. */
  onPart(results: Results): Promise<void>;
  /** The pool can start no worker any more. */
  onBroken(error: ModuleLoadError): void;
}

/** Results of so many bytes do not wait for the rest, */
const ENOUGH = 1024 * 1024;
/** nor any for longer than this, in milliseconds. */
const PATIENCE = 2_000;

/** Why inputs were not run, or not to their end. */
const STOPPED = new DOMException("The run was stopped", "AbortError");

/** A chunk that runs. */
export class ChunkRun {
  /** Resolves with the results that were not handed over before, when no input is on its way. */
  readonly ended: Promise<Results>;
  /** Inputs that have no outcome. */
  left: number;
  readonly #init: ChunkRunInit;
  readonly #feed: InputFeed;
  readonly #end = Promise.withResolvers<void>();
  readonly #timer: ReturnType<typeof setInterval>;
  #done: Results["done"] = [];
  #failed: Results["failed"] = [];
  #bytes = 0;
  #handing: Promise<void> = Promise.resolve();

  constructor(init: ChunkRunInit) {
    const { executor, chunk, inputs } = init;
    const { task, input, output, options, trace } = chunk;
    this.#init = init;
    this.left = inputs.length;
    const sink: FeedSink = {
      succeeded: (index, micros, values, workerId) => this.#succeeded(index, micros, values, workerId),
      settled: (index, { ok, value, task }) => {
        const { attempt = 0, micros = 0, workerId = 0 } = task ?? {};
        if (ok) this.#add(index, attempt, micros, [value as string], workerId);
        else this.#fail(index, attempt, micros, value, workerId);
        this.#settled(1);
      },
    };
    const encoding = { input, output, keyed: "sent" as const };
    const open = () =>
      executor.feed(task, sink, {
        ...options,
        encoding,
        firstInput: chunk.indexed ? chunk.first : undefined,
        spanOf: (index) => spanOf(chunk, index),
      });
    this.#feed = trace ? inTrace(trace, open) : open();
    this.#timer = setInterval(() => this.#handOver(), PATIENCE);
    this.ended = this.#run(inputs);
  }

  /** Starts nothing more; what has not started has no outcome. */
  drain(): void {
    this.#feed.drain(STOPPED);
  }

  /** Aborts what runs. */
  abort(): void {
    this.#feed.cancel(STOPPED);
  }

  async #run(inputs: Lines): Promise<Results> {
    try {
      this.#feed.push(inputs);
      this.#feed.arrived();
      await this.#end.promise;
      await this.#handing;
      return this.#take();
    } finally {
      clearInterval(this.#timer);
    }
  }

  #succeeded(index: number, micros: number | number[], values: Values, workerId: number): void {
    const bytes = values instanceof Lines ? values.bytes.length : lengthOf(values as string[]);
    if (bytes <= MOST_BYTES) this.#add(index, 1, micros, values, workerId, bytes);
    else {
      // One of them may be too large.
      for (let at = 0; at < values.length; at++) {
        const one = typeof micros === "number" ? micros : micros[at];
        this.#add(index + at, 1, one, [values.at(at) as string], workerId);
      }
    }
    this.#settled(values.length);
  }

  #add(
    index: number,
    attempt: number,
    micros: number | number[],
    values: Values,
    workerId: number,
    bytes = lengthOf(values as string[]),
  ): void {
    if (bytes > MOST_BYTES) {
      const most = `${MOST_BYTES / 1024 / 1024} MB`;
      const error = new RangeError(`The result has more than ${most}, which is too much for a broker`);
      return this.#fail(index, attempt, micros as number, error, workerId);
    }
    this.#done.push([index, values.length, attempt, micros, packResults(values), workerId]);
    this.#bytes += bytes;
    if (this.#bytes > ENOUGH) this.#handOver();
  }

  #fail(index: number, attempt: number, micros: number, error: unknown, workerId: number): void {
    // They have no outcome: someone else may run them.
    if (error === STOPPED || (error instanceof ExecutorClosedError && !isThrown(error))) return;
    if (error instanceof ModuleLoadError && micros === 0 && !isThrown(error)) {
      return this.#init.onBroken(error);
    }
    this.#failed.push([index, attempt, micros, errorOf(error), workerId]);
  }

  #settled(count: number): void {
    this.left -= count;
    if (this.left === 0) this.#end.resolve();
  }

  /** What there is goes ahead of the rest. If that fails, it goes with the rest. */
  #handOver(): void {
    if (this.left === 0 || this.#done.length + this.#failed.length === 0) return;
    const results = this.#take();
    this.#handing = this.#handing.then(() => this.#init.onPart(results)).catch(() => {
      this.#done.push(...results.done);
      this.#failed.push(...results.failed);
    });
  }

  #take(): Results {
    const results: Results = { v: 1, server: this.#init.server, done: this.#done, failed: this.#failed };
    [this.#done, this.#failed, this.#bytes] = [[], [], 0];
    return results;
  }
}

/** The executor's own numbers go on from run to run: what counts is what the producer calls an input. */
function spanOf({ run, first, spans }: ChunkData, index: number): SpanAttributes {
  return {
    "polyloop.run.id": run,
    "polyloop.task.id": first + index + 1,
    "polyloop.input.index": first + index,
    ...spans?.[index],
  };
}

function lengthOf(texts: string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}
