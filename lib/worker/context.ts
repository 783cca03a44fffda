/**
 * The context that a task gets beside its input. There is one object per task, so every part that costs something is made
 * when it is first read.
 *
 * @module
 */

import { isArray, uncurried } from "../wire/intrinsics.ts";
import type { Movable } from "../wire/channel.ts";
import { type AsyncContext, contextHere, withinContext } from "../wire/async_context.ts";
import type { TaskRequest } from "../wire/message.ts";
import { keyOfContent, keyOfSeveral, takeContent } from "../wire/content_key.ts";

const { AbortController } = globalThis;
const { getOwnPropertyDescriptor } = Object;
const abort = uncurried(AbortController.prototype.abort);
const signalOf = uncurried(
  getOwnPropertyDescriptor(AbortController.prototype, "signal")!.get as (
    this: AbortController,
  ) => AbortSignal,
);
const isAborted = uncurried(
  getOwnPropertyDescriptor(AbortSignal.prototype, "aborted")!.get as (this: AbortSignal) => boolean,
);

/** The second argument of a task: what it can ask about its call, and tell its caller. */
export interface TaskContext {
  /** Aborted when the task is cancelled or times out; `reason` says why. Hand it on to `fetch` and the like. */
  readonly signal: AbortSignal;
  /** The task's number, unique within its executor. */
  readonly taskId: number;
  /** Which attempt this is, from 1. */
  readonly attempt: number;
  /**
   * A text that is the same in every attempt of this task, and no other task's in the same run. Hand it on to what must
   * not do the same twice, as an idempotency key.
   *
   * With `--journal` it stands for the input's content: 32 hexadecimal digits of the SHA-256 of the input's text, a dot,
   * and which occurrence of that text it is, from 1. So it is the same in every attempt, after every `resume`, wherever
   * the input stands among the others, and on every machine; two runs over the same inputs have the same keys.
   *
   * With `--batch` it stands for all inputs of the call, in their order.
   */
  readonly key: string;
  /** The key of each input of a call with `--batch`, in their order; else `key` alone. */
  readonly keys: readonly string[];
  /** The number of the worker that runs the task. */
  readonly workerId: number;
  /**
   * The worker's place in the pool: 0 … `workers` − 1. A worker that replaces another has its place, so it can stand for a
   * port or a database per worker. While one is recycled, it and its successor share a place for a short time. Over a broker,
   * places are counted on each machine by itself.
   */
  readonly position: number;
  /** Where the input stands among those of a `map`, from 0; undefined for other tasks. */
  readonly index: number | undefined;
  /** The executor's `workerData`: one copy per worker. */
  readonly workerData: unknown;
  /**
   * Reports `value` to the caller's `onProgress`, at once, also while the body computes. With a value that cannot be cloned
   * the task fails, if anyone listens.
   */
  readonly progress: (value: unknown) => void;
  /** Marks what moves instead of being copied: `return transfer(pixels, [pixels.buffer])`. Returns `value`. */
  readonly transfer: <T>(value: T, transferList: Movable[]) => T;
}

/** What a module's `setup` and `teardown` are handed. */
export interface WorkerContext {
  /** The number of this worker. */
  readonly workerId: number;
  /** Its place in the pool: 0 … `workers` − 1. A worker that replaces another has its place. */
  readonly position: number;
  /** The executor's `workerData`: one copy per worker. */
  readonly workerData: unknown;
}

/** The worker, as the bodies that run on it see it. */
export interface ContextHost extends WorkerContext {
  /** The text that keys begin with. */
  readonly keySeed: string;
  /** Whether the caller has given the worker up. */
  isGivenUp(): boolean;
  /** Sends what a body reports. */
  sendProgress(task: RunningTask, value: unknown): void;
}

/** The inputs of a batch. */
export interface BatchInputs {
  /** The place of each input in the batch. Inputs that could not be read are left out. */
  places: number[];
  /** Each input as it came, where keys are made of content. */
  sent: string[] | undefined;
}

/** The controller of a body's signal. */
interface Aborting {
  controller: AbortController;
  /** The context in which the body first read its signal: listeners to the signal run there. */
  context: AsyncContext;
}

/** A task while it runs: the loop's own record of it, and the context that the task's body sees. */
export class RunningTask implements TaskContext {
  readonly taskId: number;
  readonly attempt: number;
  readonly index: number | undefined;
  readonly #host: ContextHost;
  readonly #wireId: number;
  /** Whether anyone listens to its progress. */
  readonly #reports: boolean;
  #key: string | undefined;
  /** The input as it came, where its key is made of its content. */
  #sent: string | undefined;
  #batch: BatchInputs | undefined;
  #keys: string[] | undefined;
  #aborting: Aborting | undefined;
  #transferList: Transferable[] | undefined;

  /** `wireId` is the number of this attempt at the caller. */
  constructor(
    host: ContextHost,
    wireId: number,
    request: Pick<TaskRequest, "taskId" | "attempt" | "progress"> | undefined,
    index: number | undefined,
  ) {
    this.#host = host;
    this.#wireId = wireId;
    this.taskId = request === undefined ? wireId : request.taskId;
    this.attempt = request === undefined ? 1 : request.attempt;
    this.index = index;
    this.#reports = request !== undefined && request.progress;
  }

  get signal(): AbortSignal {
    return signalOf(
      (this.#aborting ??= { controller: new AbortController(), context: contextHere() }).controller,
    );
  }

  get key(): string {
    return this.#key ??= this.#makeKey();
  }

  #makeKey(): string {
    if (this.#sent !== undefined) return keyOfContent(takeContent(this.#sent));
    if (this.#batch?.sent) return keyOfSeveral(this.keys);
    return `${this.#host.keySeed}-${this.taskId}`;
  }

  get keys(): readonly string[] {
    return this.#keys ??= this.#makeKeys();
  }

  #makeKeys(): string[] {
    if (!this.#batch) return [this.key];
    const { places, sent } = this.#batch;
    return sent
      ? sent.map((text) => keyOfContent(takeContent(text)))
      : places.map((place) => `${this.key}.${place}`);
  }

  get workerId(): number {
    return this.#host.workerId;
  }

  get position(): number {
    return this.#host.position;
  }

  get workerData(): unknown {
    return this.#host.workerData;
  }

  get progress(): (value: unknown) => void {
    return this.#reports ? (value) => this.#host.sendProgress(this, value) : reportsToNobody;
  }

  get transfer(): <T>(value: T, transferList: Movable[]) => T {
    return (value, transferList) => {
      if (!isArray(transferList)) throw new TypeError("transfer() needs an array of what to transfer");
      this.#transferList = transferList as Transferable[];
      return value;
    };
  }

  /** The number of this attempt at the caller. */
  static wireId(task: RunningTask): number {
    return task.#wireId;
  }

  /** Sets the key that came with the input. */
  static setKey(task: RunningTask, key: string): void {
    task.#key = key;
  }

  /** Sets the input as it came. The key is made of it when it is first asked for. */
  static setSent(task: RunningTask, sent: string): void {
    task.#sent = sent;
  }

  /** Sets the inputs of a batch. */
  static setBatch(task: RunningTask, batch: BatchInputs): void {
    task.#batch = batch;
  }

  /** Aborts the signal that the body sees. */
  static abort(task: RunningTask, reason: unknown): void {
    // Reading the signal makes it, if the body never read it.
    void task.signal;
    const { controller, context } = task.#aborting!;
    withinContext(context, () => abort(controller, reason));
  }

  /** Whether the signal has aborted. */
  static isAborted(task: RunningTask): boolean {
    return task.#host.isGivenUp() ||
      (task.#aborting !== undefined && isAborted(signalOf(task.#aborting.controller)));
  }

  /** Hands over, once, what the body marked with `transfer`. */
  static takeTransferList(task: RunningTask): Transferable[] | undefined {
    const list = task.#transferList;
    task.#transferList = undefined;
    return list;
  }
}

function reportsToNobody(): void {}
