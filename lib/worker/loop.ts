/**
 * The async task loop: receives records, runs up to `concurrency` tasks at once, replies. One per
 * worker, on whatever the worker is; the entries give it a channel. Longer than most files, because it is
 * the worker's whole conversation.
 *
 * @module
 */

import { TaskCloneError } from "../errors.ts";
import { eachRecord, Outbox } from "../wire/batch.ts";
import type { Channel } from "../wire/channel.ts";
import { type ErrorData, fromErrorData, toErrorData } from "../wire/error_data.ts";
import {
  type RunRequest,
  type TargetSpec,
  ToCaller,
  type ToCallerRecord,
  ToWorker,
  type ToWorkerRecord,
  type WorkerInit,
} from "../wire/message.ts";
import { type ContextHost, RunningTask } from "./context.ts";
import { StreamPump } from "./generator.ts";
import { loadModule, runSetup, runTeardown } from "./hooks.ts";
import { LagMeter } from "./lag_meter.ts";
import { isThenable, outcomeOf } from "./outcome.ts";
import { defer, now } from "./realm.ts";
import { ReplySchedule } from "./reply_schedule.ts";
import { type ModuleExports, resolveTarget, type Target, taskNames } from "./target.ts";
import { WaitingRuns } from "./waiting_runs.ts";

/** What the loop needs of the thread or process it lives in. */
export interface LoopHost {
  /** Ends the worker. */
  exit(): void;
}

/** Work started in one go before timers and messages get their turn, in milliseconds. */
const SLICE = 2;

/** The task loop of one worker. */
export class TaskLoop implements ContextHost {
  readonly workerId: number;
  readonly workerData: unknown;
  readonly #init: WorkerInit;
  readonly #host: LoopHost;
  readonly #channel: Channel;
  readonly #outbox: Outbox<ToCallerRecord>;
  readonly #replies: ReplySchedule;
  readonly #lag: LagMeter;
  readonly #running = new Map<number, RunningTask>();
  readonly #streams = new Map<number, StreamPump>();
  readonly #targets: (Target | ErrorData)[] = [];
  readonly #waiting = new WaitingRuns((id) => this.#reply(ToCaller.returned, id, 0, undefined));
  #exports: ModuleExports = {};
  /** The time at which the last piece of work ended, so that the next one need not ask again. */
  #clock = now();
  #sliceStart = 0;
  #starting = false;
  #deferred = false;
  #closing = false;
  #stopped = false;

  constructor(channel: Channel, init: WorkerInit, host: LoopHost) {
    this.#channel = channel;
    this.#init = init;
    this.#host = host;
    this.workerId = init.workerId;
    this.workerData = init.workerData;
    this.#outbox = new Outbox<ToCallerRecord>(
      channel,
      (id, kind, error) => this.#unsendable(id, kind, error),
    );
    this.#replies = new ReplySchedule(this.#outbox);
    this.#lag = new LagMeter(
      init.lagInterval,
      (micros, heapBytes) => this.#reply(ToCaller.lag, 0, micros, heapBytes),
    );
  }

  /** Loads the module, runs `setup`, says that it is ready, and then serves until told to close. */
  async start(): Promise<void> {
    this.#channel.listen(
      (batch) => this.#receive(batch),
      () => this.die(new Error("A message from the caller could not be rebuilt in the worker")),
    );
    try {
      this.#exports = await loadModule(this.#init);
      await runSetup(this.#exports, this.#init, this);
    } catch (error) {
      this.#reply(ToCaller.startFailed, 0, 0, toErrorData(error));
      this.#outbox.flush();
      return;
    }
    this.#reply(ToCaller.ready, 0, 0, taskNames(this.#exports));
    this.#outbox.flush();
  }

  /** Says why, and ends the worker: a task that threw outside its own promise may never settle. */
  die(error: unknown): void {
    const cause = toErrorData(error);
    this.leave(cause.kind === "error" ? `uncaught ${cause.name}: ${cause.message}` : "uncaught error", cause);
    this.#host.exit();
  }

  /** The worker is about to end: sends what is finished, gives back what has not started, and says why. */
  leave(reason: string, cause?: ErrorData): void {
    if (this.#stopped) return;
    this.#waiting.giveBack();
    this.#reply(ToCaller.lastWords, 0, 0, { reason, cause });
    this.#outbox.flush();
    this.stop();
  }

  /** Starts nothing more and aborts what runs. Nobody listens any longer. */
  stop(): void {
    this.#stopped = true;
    this.#waiting.clear();
    this.#lag.stop();
    const reason = new DOMException("The worker was stopped", "AbortError");
    for (const task of this.#running.values()) RunningTask.abort(task, reason);
    for (const stream of this.#streams.values()) stream.stop();
  }

  sendProgress(task: RunningTask, value: unknown): void {
    const id = RunningTask.wireId(task);
    if (this.#running.get(id) === task) this.#reply(ToCaller.progress, id, 0, value);
  }

  #receive(batch: unknown[]): void {
    if (this.#stopped) return;
    this.#sliceStart = this.#clock = now();
    // All are taken in before the first starts, so that one which ends the worker leaves the rest to others.
    eachRecord(batch, this.#onRecord as (kind: number, id: number, number: number, value: unknown) => void);
    this.#startWaiting();
  }

  // An arrow function, so that `kind` tells the compiler what `value` is.
  readonly #onRecord: (...record: ToWorkerRecord) => void = (kind, id, number, value) => {
    switch (kind) {
      case ToWorker.run:
        return this.#waiting.add(id, {
          target: number,
          input: value,
          request: undefined,
          since: this.#clock,
        });
      case ToWorker.runWith:
        return this.#waiting.add(id, {
          target: number,
          input: value.input,
          request: value,
          since: this.#clock,
        });
      case ToWorker.abort:
        return this.#abort(id, value);
      case ToWorker.credit:
        return this.#streams.get(id)?.grant(number);
      case ToWorker.target:
        return this.#addTarget(number, value);
      case ToWorker.close:
        return void this.#close();
      default:
        kind satisfies never;
    }
  };

  #addTarget(number: number, spec: TargetSpec): void {
    try {
      this.#targets[number] = resolveTarget(spec, this.#init.module, this.#exports);
    } catch (error) {
      this.#targets[number] = toErrorData(error);
    }
  }

  #mayStart(): boolean {
    return !this.#stopped && this.#running.size < this.#init.concurrency &&
      this.#clock - this.#sliceStart <= SLICE;
  }

  /** Starts what waits while there are slots, a slice at a time. */
  #startWaiting(): void {
    // A task that returns at once frees its slot from within #start: the loop below goes on by itself.
    if (this.#starting) return;
    this.#starting = true;
    for (const [id, { target, input, request }] of this.#waiting) {
      if (!this.#mayStart()) break;
      this.#waiting.delete(id);
      this.#start(id, target, input, request);
    }
    this.#starting = false;
    this.#waiting.watch();
    if (this.#waiting.size > 0 && this.#running.size < this.#init.concurrency) this.#startLater();
  }

  /** Lets timers and messages have their turn, then goes on. */
  #startLater(): void {
    if (this.#deferred) return;
    this.#deferred = true;
    defer(() => {
      this.#deferred = false;
      this.#sliceStart = this.#clock = now();
      this.#startWaiting();
    });
  }

  #start(id: number, targetNumber: number, input: unknown, request: RunRequest | undefined): void {
    const target = this.#targets[targetNumber];
    if ("kind" in target) return this.#reply(ToCaller.fail, id, 0, target);
    const task = new RunningTask(this, id, request);
    const begun = this.#clock;
    this.#running.set(id, task);
    this.#lag.watch();
    const pump = request?.credit === undefined ? undefined : this.#openStream(id, task, request.credit);
    const failed = (error: unknown) => this.#finish(task, ToCaller.fail, begun, toErrorData(error));
    const done = (value: unknown) => this.#finish(task, ToCaller.done, begun, value);
    const returned = (result: unknown) => {
      try {
        const outcome = outcomeOf(result, { target, task, pump });
        if (outcome instanceof Promise) outcome.then(done, failed);
        else done(outcome);
      } catch (error) {
        failed(error);
      }
    };
    try {
      const result = target.call(target.decode ? target.decode(input) : input, task);
      if (isThenable(result)) Promise.resolve(result).then(returned, failed);
      else returned(result);
    } catch (error) {
      failed(error);
    }
    this.#clock = now();
  }

  #openStream(id: number, task: RunningTask, credit: number): StreamPump {
    const pump = new StreamPump(credit, (value) => {
      this.#reply(ToCaller.yield, id, 0, value, RunningTask.takeTransferList(task));
    });
    this.#streams.set(id, pump);
    return pump;
  }

  /** The one place where a task that started ends: replies, frees the slot, starts the next. */
  #finish(
    task: RunningTask,
    kind: typeof ToCaller.done | typeof ToCaller.fail,
    begun: number,
    value: unknown,
  ): void {
    const id = RunningTask.wireId(task);
    this.#clock = now();
    this.#running.delete(id);
    this.#streams.delete(id);
    if (this.#running.size === 0) this.#lag.rest();
    const transfer = kind === ToCaller.done ? RunningTask.takeTransferList(task) : undefined;
    this.#outbox.add(kind, id, Math.round((this.#clock - begun) * 1000), value, transfer);
    this.#replies.schedule();
    if (this.#waiting.size > 0) this.#startWaiting();
  }

  #reply(...record: [...ToCallerRecord, transfer?: Transferable[]]): void {
    const [kind, id, number, value, transfer] = record;
    this.#outbox.add(kind, id, number, value, transfer);
    this.#replies.schedule();
  }

  #abort(id: number, reason: ErrorData): void {
    this.#reply(ToCaller.aborted, id, 0, undefined);
    const task = this.#running.get(id);
    if (task) {
      RunningTask.abort(task, fromErrorData(reason));
      this.#streams.get(id)?.stop();
      return;
    }
    if (this.#waiting.delete(id)) this.#reply(ToCaller.fail, id, 0, reason);
  }

  /** A result, a yielded value or a progress report cannot be cloned. */
  #unsendable(id: number, kind: number, error: unknown): ToCallerRecord | undefined {
    if (kind === ToCaller.progress) return undefined;
    const failure = new TaskCloneError("result", error);
    const stream = this.#streams.get(id);
    stream?.fail(failure);
    // A body that goes on has its slot until it ends.
    if (stream) return [ToCaller.broken, id, 0, toErrorData(failure)];
    return [ToCaller.fail, id, 0, toErrorData(failure)];
  }

  async #close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    let failure: ErrorData | undefined;
    try {
      await runTeardown(this.#exports, this.#init, this);
    } catch (error) {
      failure = toErrorData(error);
    }
    this.#reply(ToCaller.closed, 0, 0, failure);
    this.#outbox.flush();
  }
}
