/**
 * A task that runs: the loop's record of it, which is also the context that its body gets. Each task has one object, so every part
 * that costs time is made when it is first read.
 */

import { attempt } from "../wire/attempt.ts";
import { isArray, uncurried } from "../wire/intrinsics.ts";
import type { Movable } from "../wire/movable.ts";
import { type AsyncContext, contextHere, withinContext } from "../wire/async_context.ts";
import { type TaskRequest, ToCaller } from "../wire/message.ts";
import { keyOfContent, keyOfSeveral, takeContent } from "../wire/content_key.ts";
import type { Amounts } from "./amounts.ts";
import type { TaskContext, WorkerContext } from "./context.ts";

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

interface BatchInputs {
  /** The index of each input in the batch. Inputs that could not be read are left out. */
  places: number[];
  /** Returns the key of each of these inputs. Undefined if keys are made from the task's number. */
  keys: (() => string[]) | undefined;
}

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
    if (this.#batch?.keys) return keyOfSeveral(this.keys);
    return `${this.#host.keySeed}-${this.taskId}`;
  }

  get keys(): readonly string[] {
    return this.#keys ??= this.#makeKeys();
  }

  #makeKeys(): string[] {
    if (!this.#batch) return [this.key];
    const { places, keys } = this.#batch;
    return keys?.() ?? places.map((place) => `${this.key}.${place}`);
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

  static setBatch(task: RunningTask, batch: BatchInputs): void {
    task.#batch = batch;
  }

  static abort(task: RunningTask, reason: unknown): void {
    // Reading the signal creates it if the body has never read it.
    void task.signal;
    const { controller, context } = task.#aborting!;
    // A task may have replaced what the runtime dispatches the event with.
    withinContext(context, () => attempt(() => abort(controller, reason)));
  }

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
