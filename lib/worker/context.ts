/**
 * The context that a task gets beside its input. Each task has one object, so every part that costs time is made when
 * it is first read.
 */

import { attempt } from "../wire/attempt.ts";
import { isArray, uncurried } from "../wire/intrinsics.ts";
import type { Movable } from "../wire/movable.ts";
import { type AsyncContext, contextHere, withinContext } from "../wire/async_context.ts";
import { type TaskRequest, ToCaller } from "../wire/message.ts";
import { keyOfContent, keyOfSeveral, takeContent } from "../wire/content_key.ts";
import type { Amounts } from "./amounts.ts";

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

/** The second argument of a task: facts about its call, and functions to report to its caller. */
export interface TaskContext {
  /** Aborted when the task is cancelled or times out. `reason` says why. Pass it to `fetch` and similar functions. */
  readonly signal: AbortSignal;
  /** The task's number, unique within its executor. */
  readonly taskId: number;
  /** Which attempt this is, from 1. */
  readonly attempt: number;
  /**
   * A text that is the same in every attempt of this task, and different for each task of a run. Use it as an
   * idempotency key for services that must not do the same work twice.
   *
   * With `--journal` it depends on the input's content: 32 hexadecimal digits of the SHA-256 of the input's text, a
   * dot, and the number of that text's occurrence, from 1. So it is the same in every attempt, after every `resume`, on
   * every machine, and at every index of the input. Two runs over the same inputs have the same keys.
   *
   * With `--batch` it depends on all inputs of the call, in their order.
   */
  readonly key: string;
  /** The key of each input of a call with `--batch`, in their order. Without `--batch`, only `key`. */
  readonly keys: readonly string[];
  /** The number of the worker that runs the task. */
  readonly workerId: number;
  /**
   * The worker's position in the pool: 0 … `workers` − 1. A worker that replaces another takes over its position, so a
   * position can stand for a port or a database. While a worker is recycled, it and its successor share a position for
   * a short time. Over a broker, each machine counts its positions separately.
   */
  readonly position: number;
  /** The index of the input in its `map`, from 0, in the order of starts; undefined for other tasks. */
  readonly index: number | undefined;
  /** The executor's `workerData`: one copy per worker. */
  readonly workerData: unknown;
  /**
   * Reports `value` to the caller's `onProgress` at once, even while the body computes. If the caller listens, a value
   * that cannot be cloned fails the task.
   */
  readonly progress: (value: unknown) => void;
  /**
   * Adds `amount` to the sum `name`, such as tokens or cost: `count("tokens", 812)`. Of each task, the attempt that gives the
   * outcome counts; another sum, `spent`, has what all attempts counted. Sums of decimals are exact: 0.1 and 0.2 are 0.3.
   *
   * The name is a text of 1 to 100 characters, and the amount a finite number, which may be negative. Anything else throws a
   * `TypeError`, and so does the 1,001st name on one worker. After the body has ended, nothing is counted.
   */
  readonly count: (name: string, amount: number) => void;
  /**
   * Hands in a further input of the same map, or of the same `polyloop run`: `await add(link)`. If a task is tried again, the
   * inputs that its earlier attempt handed in are dropped. Added inputs run after the inputs that were there, in the order of
   * their tasks, and each distinct one runs once: an input is left out if another one has the same content.
   *
   * Throws a `TypeError` if the task belongs to no map or run, or to a run with `--batch` or over a broker; if the input is
   * `undefined`; and if the body has ended. Throws a `TaskCloneError` or a `TypeError` if the input cannot be sent.
   */
  readonly add: (input: unknown) => Promise<void>;
  /**
   * Replaces the weight of this attempt in a `rate` with weights: `used("tokens", 812)`. Each later call adds to it. It holds
   * for the rates of this name, and for those without a name; where there are none, it does nothing. The name and the amount
   * are like those of `count`, but the amount is at least 0.
   */
  readonly used: (name: string, amount: number) => void;
  /** Marks values to be moved instead of copied: `return transfer(pixels, [pixels.buffer])`. Returns `value`. */
  readonly transfer: <T>(value: T, transferList: Movable[]) => T;
}

/** The argument of a module's `setup` and `teardown`. */
export interface WorkerContext {
  /** The number of this worker. */
  readonly workerId: number;
  /** The worker's position in the pool: 0 … `workers` − 1. A worker that replaces another takes over its position. */
  readonly position: number;
  /** The executor's `workerData`: one copy per worker. */
  readonly workerData: unknown;
}

/** The worker of a body, as its context sees it. */
export interface ContextHost extends WorkerContext {
  /** The prefix of keys. */
  readonly keySeed: string;
  /** Checks what bodies pass to `count`. */
  readonly amounts: Amounts;
  /** Whether the caller has given the worker up. */
  isGivenUp(): boolean;
  /** Sends the value that a body reports. */
  sendProgress(task: RunningTask, value: unknown): void;
  /** Sends what a body tells its caller about its attempt. */
  tell(task: RunningTask, ...told: Told): void;
  /** Sends an input that a body hands in. */
  add(task: RunningTask, input: unknown): void;
}

/** What a body tells its caller: the kind, number and value of a record. */
export type Told = [kind: typeof ToCaller.count | typeof ToCaller.used, amount: number, name: string];

/** The inputs of a batch. */
interface BatchInputs {
  /** The index of each input in the batch. Inputs that could not be read are left out. */
  places: number[];
  /** Each input as it was sent. Undefined if keys are not made from content. */
  sent: string[] | undefined;
}

/** The controller of a body's signal. */
interface Aborting {
  controller: AbortController;
  /** The context in which the body first read its signal. Listeners to the signal run in it. */
  context: AsyncContext;
}

/** A running task: the loop's own record of it, and the context that the body sees. */
export class RunningTask implements TaskContext {
  readonly taskId: number;
  readonly attempt: number;
  readonly index: number | undefined;
  readonly #host: ContextHost;
  readonly #wireId: number;
  /** Whether the caller listens to its progress. */
  readonly #reports: boolean;
  #key: string | undefined;
  /** The input as it was sent, if its key is made from its content. */
  #sent: string | undefined;
  #batch: BatchInputs | undefined;
  #keys: string[] | undefined;
  #aborting: Aborting | undefined;
  #transferList: Transferable[] | undefined;

  /** `wireId` is the number of this attempt in messages. */
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

  get count(): (name: string, amount: number) => void {
    return (name, amount) => {
      this.#host.amounts.check("count", name, amount);
      this.#host.tell(this, ToCaller.count, amount, name);
    };
  }

  get used(): (name: string, amount: number) => void {
    return (name, amount) => {
      this.#host.amounts.check("used", name, amount, 0);
      this.#host.tell(this, ToCaller.used, amount, name);
    };
  }

  get add(): (input: unknown) => Promise<void> {
    return (input) => {
      // Not as a rejection: without `await`, it would end the worker.
      this.#host.add(this, input);
      return done();
    };
  }

  get transfer(): <T>(value: T, transferList: Movable[]) => T {
    return (value, transferList) => {
      if (!isArray(transferList)) {
        throw new TypeError("transfer() needs an array of the values to move as its second argument");
      }
      this.#transferList = transferList as Transferable[];
      return value;
    };
  }

  /** Returns the number of this attempt in messages. */
  static wireId(task: RunningTask): number {
    return task.#wireId;
  }

  /** Sets the key that was sent with the input. */
  static setKey(task: RunningTask, key: string): void {
    task.#key = key;
  }

  /** Sets the input as it was sent. The key is made from it when it is first read. */
  static setSent(task: RunningTask, sent: string): void {
    task.#sent = sent;
  }

  /** Sets the inputs of a batch. */
  static setBatch(task: RunningTask, batch: BatchInputs): void {
    task.#batch = batch;
  }

  /** Aborts the signal that the body sees. */
  static abort(task: RunningTask, reason: unknown): void {
    // Reading the signal creates it if the body has never read it.
    void task.signal;
    const { controller, context } = task.#aborting!;
    // A task may have replaced what the runtime dispatches the event with.
    withinContext(context, () => attempt(() => abort(controller, reason)));
  }

  /** Whether the signal is aborted. */
  static isAborted(task: RunningTask): boolean {
    return task.#host.isGivenUp() ||
      (task.#aborting !== undefined && isAborted(signalOf(task.#aborting.controller)));
  }

  /** Returns the transfer list that the body marked with `transfer`, and clears it. */
  static takeTransferList(task: RunningTask): Transferable[] | undefined {
    const list = task.#transferList;
    task.#transferList = undefined;
    return list;
  }
}

function reportsToNobody(): void {}

/** Returns a promise that is resolved. By no function that a task may replace. */
async function done(): Promise<void> {}
