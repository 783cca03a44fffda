/**
 * The inputs of one map, or of calls of `run()` that share job chunks, until each is settled. It is the counterpart of
 * `executor/tasks/feed.ts`, whose chunks go to workers and not to Redis.
 */

import { TaskTimeoutError } from "../../errors.ts";
import type { FeedSink, InputFeed, TaskFacts } from "../../executor/tasks/feed.ts";
import { Lines, type Values } from "../../wire/lines.ts";
import type { Numbers } from "../../wire/series_numbers.ts";
import { encodeValue } from "../broker/encoding.ts";
import { parseRecord, printedSchema } from "../broker/protocol.ts";
import { NO_TERMS, type Terms } from "../limits/input_terms.ts";
import type { Waiting } from "../limits/key_shares.ts";
import { CallerRetries } from "./caller_retries.ts";
import type { FeedSpec } from "./feed_spec.ts";
import type { OpenChunk } from "./open_chunk.ts";
import { WaitLimit } from "./wait_limit.ts";
import { textOf, WaitingInputs } from "./waiting_inputs.ts";

export type Chunk = OpenChunk<ChunkFeed>;

interface ChunkFeedHost {
  /**
   * Reports that `came` inputs were handed in and `settled` inputs got their outcome. Either may be 0. `failed`: whether it is a
   * task that has failed here, and not on a worker.
   */
  counted(feed: ChunkFeed, came: number, settled: number, failed: boolean): void;
  /** Reports that the reader of its stream has room for more values. */
  roomGranted(feed: ChunkFeed): void;
  /** Reports that the feed has waiting inputs. */
  filled(feed: ChunkFeed): void;
  /**
   * Takes back job chunks that no worker has begun. With `force`, gives up the others, too, and workers abort them.
   * Resolves for each with whether it was taken back.
   */
  withdraw(chunks: Chunk[], { force }: { force: boolean }): Promise<boolean[]>;
}

export class ChunkFeed implements InputFeed {
  readonly spec: FeedSpec;
  readonly number: number;
  readonly chunks = new Set<Chunk>();
  readonly #host: ChunkFeedHost;
  readonly #sink: FeedSink;
  readonly #waiting: WaitingInputs;
  readonly #retries: CallerRetries | undefined;
  readonly #waits: WaitLimit | undefined;
  #count = 0;
  /** Why no more inputs start; undefined while they may. */
  #drained: { reason: unknown } | undefined;
  /** Inputs of a feed with a higher priority leave first. */
  priority: number;
  /** Number of inputs without an outcome. */
  left = 0;

  constructor({ spec, number, priority = 0, host, sink }: {
    spec: FeedSpec;
    number: number;
    priority?: number;
    host: ChunkFeedHost;
    sink: FeedSink;
  }) {
    this.spec = spec;
    this.number = number;
    this.priority = priority;
    this.#host = host;
    this.#sink = sink;
    this.#waiting = new WaitingInputs(spec, (index, error) => this.#tell(index, { ok: false, value: error }));
    this.#retries = spec.retry && new CallerRetries(spec.retry, (again) => this.putBack(again));
    const { queueTimeout } = spec.options;
    this.#waits = queueTimeout === undefined
      ? undefined
      : new WaitLimit(queueTimeout, (before) => this.#expire(before));
  }

  /** Whether an input waits for more than its key. */
  get canTake(): boolean {
    return this.#waiting.canTake;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Whether no more inputs start. */
  get isDrained(): boolean {
    return this.#drained !== undefined;
  }

  /** Takes in inputs: lines, or values of any kind. */
  push(values: Values): void {
    const first = this.#count;
    this.#count += values.length;
    this.#counted(values.length, 0);
    const more = { attempt: 1, arrived: performance.now() };
    if (values instanceof Lines) return this.#wait({ first, texts: values, ...more });
    let texts: string[] = [];
    let start = first;
    for (const [at, value] of values.entries()) {
      const encoded = encodeValue("input", value);
      if ("text" in encoded) {
        texts.push(encoded.text);
        continue;
      }
      if (texts.length > 0) this.#wait({ first: start, texts, ...more });
      [texts, start] = [[], first + at + 1];
      this.#tell(first + at, { ok: false, value: encoded.error });
    }
    if (texts.length > 0) this.#wait({ first: start, texts, ...more });
  }

  /** Marks the end of a synchronous run of `push()` calls. */
  arrived(): void {
    if (this.size > 0) this.#host.filled(this);
  }

  /** Hands out the next inputs: at most `most`, and at most as many as fit into a job chunk. Undefined if none can be taken now. */
  take(most: number): Waiting | undefined {
    return this.#waiting.take(most);
  }

  /** What an input of a job chunk counts for. */
  termsAt({ texts }: Chunk, at: number): Terms {
    try {
      return this.spec.termsOf?.(textOf(texts, at)) ?? NO_TERMS;
    } catch {
      return NO_TERMS;
    }
  }

  /** Puts inputs back before all waiting inputs. Their wait begins anew, unless `arrived` says when it began. */
  putBack(
    { first, texts, attempt, arrived = performance.now() }: Omit<Waiting, "arrived"> & Partial<Waiting>,
  ): void {
    if (this.#drained) return this.#fail(first, texts.length, this.#drained.reason);
    this.#waiting.putBack({ first, texts, attempt, arrived });
    this.#waits?.watch(arrived);
    this.#host.filled(this);
  }

  /**
   * Takes a failed attempt. Returns undefined if the input waits for another one, or else the error with which it fails: its own, or that
   * of the user's `retry.when`.
   */
  tryAgain(chunk: Chunk, at: number, task: TaskFacts, error: unknown): { error: unknown } | undefined {
    const first = chunk.first + at;
    const isOfWait = error instanceof TaskTimeoutError && error.phase === "queue";
    if (!this.#retries || isOfWait) return { error };
    try {
      const texts = chunk.texts.slice(at, at + 1);
      if (!this.#retries.take({ first, texts, attempt: task.attempt }, error)) return { error };
    } catch (thrown) {
      return { error: thrown };
    }
    chunk.settle(at);
    this.#sink.retried?.(first, task, error);
    if (this.#drained) this.#failRetries(this.#drained.reason);
    return undefined;
  }

  yielded(chunk: Chunk, values: unknown[]): void {
    for (const value of values) if (chunk.isOpen(0)) this.spec.stream?.take(value);
  }

  /** Lets the stream yield more values. */
  grant(credit: number): void {
    if (this.spec.stream) this.spec.stream.room += credit;
    this.#host.roomGranted(this);
  }

  /** Passes on that an attempt at an input has failed, and another follows. */
  retried(chunk: Chunk, at: number, task: TaskFacts, error: unknown): void {
    if (chunk.isOpen(at)) this.#sink.retried?.(chunk.first + at, task, error);
  }

  /** Passes on what the body of the single input of a job chunk has reported. */
  reported(chunk: Chunk, values: unknown[]): void {
    for (const value of values) if (chunk.isOpen(0)) this.spec.onProgress?.(value);
  }

  /** Passes on what bodies have printed. A message that is not one is left out. */
  printed(chunk: Chunk, message: string): void {
    for (const [at, count, workerId, stream, text] of parseRecord(printedSchema, message)?.pieces ?? []) {
      if (at + count <= chunk.size) this.#sink.printed?.(chunk.first + at, { workerId, stream, text }, count);
    }
  }

  /** Settles inputs of a job chunk with results, from `at` on. */
  succeeded(chunk: Chunk, at: number, { micros, values, workerId }: {
    micros: Numbers;
    values: Values;
    workerId: number;
  }): void {
    chunk.settle(at, values.length);
    this.#sink.succeeded(chunk.first + at, micros, values, workerId);
    this.#counted(0, values.length);
  }

  settled(chunk: Chunk, at: number, outcome: { ok: boolean; value: unknown; task?: TaskFacts }): void {
    chunk.settle(at);
    this.#tell(chunk.first + at, outcome);
  }

  /** Starts no more inputs. Inputs that workers have begun still get their results. */
  drain(reason: unknown): void {
    this.#drained ??= { reason };
    this.#failWaiting(reason);
    this.takeBack();
  }

  /** Takes back the job chunks of a drained feed that no worker has begun. Called again if the broker refused it. */
  takeBack(): void {
    if (!this.#drained || this.chunks.size === 0) return;
    const { reason } = this.#drained;
    const chunks = [...this.chunks];
    this.#host.withdraw(chunks, { force: false }).then((withdrawn) => {
      for (const [at, chunk] of chunks.entries()) if (withdrawn[at]) this.#failOpen(chunk, () => reason);
    });
  }

  /** Settles all inputs with `reason`, including those in flight. */
  cancel(reason: unknown): void {
    this.#drained ??= { reason };
    this.#failWaiting(reason);
    const chunks = [...this.chunks];
    void this.#host.withdraw(chunks, { force: true });
    for (const chunk of chunks) this.#failOpen(chunk, () => reason);
  }

  /** Settles all inputs, like {@link cancel}. On other machines, bodies may run on for a few seconds. */
  stop(reason: unknown): Promise<void> {
    this.cancel(reason);
    return Promise.resolve();
  }

  #counted(came: number, settled: number, failed = false): void {
    this.left += came - settled;
    if (this.left === 0) this.#waits?.stop();
    this.#host.counted(this, came, settled, failed);
  }

  #wait(inputs: Waiting): void {
    if (this.#drained) return this.#fail(inputs.first, inputs.texts.length, this.#drained.reason);
    this.#waiting.add(inputs);
    this.#waits?.watch(inputs.arrived);
  }

  /** Fails inputs that have waited too long. Resolves with the arrival of the first of the others. */
  async #expire(before: number): Promise<number> {
    let { expired, next } = this.#waiting.expire(before);
    const error = () => new TaskTimeoutError(this.spec.task, this.spec.options.queueTimeout!, "queue");
    for (const { first, texts } of expired) {
      for (let at = 0; at < texts.length; at++) this.#tell(first + at, { ok: false, value: error() });
    }
    // A worker may have begun one of these meanwhile: then it decides.
    const late = [...this.chunks].filter(({ arrived }) => arrived <= before);
    const withdrawn = late.length === 0 ? [] : await this.#host.withdraw(late, { force: false });
    for (const [at, chunk] of late.entries()) if (withdrawn[at]) this.#failOpen(chunk, error);
    for (const { arrived } of this.chunks) if (arrived > before) next = Math.min(next, arrived);
    return next;
  }

  #failRetries(reason: unknown): void {
    for (const index of this.#retries?.clear() ?? []) this.#fail(index, 1, reason);
  }

  #failWaiting(reason: unknown): void {
    this.#waits?.stop();
    this.#failRetries(reason);
    for (const { first, texts } of this.#waiting.clear()) this.#fail(first, texts.length, reason);
  }

  #failOpen(chunk: Chunk, reason: () => unknown): void {
    for (let at = 0; at < chunk.size; at++) {
      if (chunk.isOpen(at)) this.settled(chunk, at, { ok: false, value: reason() });
    }
  }

  #fail(first: number, count: number, reason: unknown): void {
    for (let index = first; index < first + count; index++) {
      this.#tell(index, { ok: false, value: reason }, this.spec.areCalls);
    }
  }

  /** Passes on an outcome. `isTask`: whether its input counts as a task, as dropped inputs of a map do not. */
  #tell(index: number, outcome: { ok: boolean; value: unknown; task?: TaskFacts }, isTask = true): void {
    this.#sink.settled(index, outcome);
    this.#counted(0, 1, isTask && !outcome.ok && outcome.task === undefined);
  }
}
