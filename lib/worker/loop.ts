/**
 * The async task loop: receives tasks, runs up to `concurrency` of them at once, and replies. Each worker has one,
 * whether it is a thread or a process. The worker's entry (`entries/`) gives it the channel.
 *
 * ```text
 *    messages from the caller
 *             │
 *        ┌────▼─────┐ inputs ┌──────────────┐ next ┌─────────┐ call ┌─────────────────────────────┐
 *        │ TaskLoop ├───────▶│ WaitingTasks │─────▶│ Starter ├─────▶│ Bodies: a slot for each task│
 *        └────┬─────┘        └──────┬───────┘      └────▲────┘      │   decode → function → encode│
 *             │ specs               │ waited            │ slot free └──────┬──────────────────────┘
 *        ┌────▼─────┐               │ too long          └──────────────────┤
 *        │ Targets  │               │                                      │ results, errors, yields
 *        └──────────┘               ▼                                      ▼
 *    messages to the caller ◀── Replies: what is ready in one turn leaves together
 * ```
 */

import { ModuleLoadError, TaskCloneError } from "../errors.ts";
import type { Channel } from "../wire/channel.ts";
import { type ErrorData, fromErrorData, toErrorData } from "../wire/error_data.ts";
import { flushSoon, flushTelemetry } from "../wire/flush_telemetry.ts";
import { eachRecord } from "../wire/inbox.ts";
import { Lines, TextReader, type Values } from "../wire/lines.ts";
import {
  type LastWords,
  ToCaller,
  type ToCallerRecord,
  ToWorker,
  type ToWorkerRecord,
} from "../wire/message.ts";
import type { WorkerInit } from "../wire/worker_init.ts";
import { Orders } from "../wire/orders.ts";
import { listOf, type Numbers } from "../wire/series_numbers.ts";
import { unpackValue } from "../wire/unpacked.ts";
import { Amounts } from "./amounts.ts";
import { Bodies } from "./bodies.ts";
import { BodyClock } from "./body_clock.ts";
import { bodyContexts } from "./body_context.ts";
import { type ContextHost, RunningTask, type Told } from "./running_task.ts";
import { findCheck, loadModule, runSetup, runTeardown } from "./hooks.ts";
import { LagMeter } from "./lag_meter.ts";
import { LoopClock } from "./loop_clock.ts";
import { Replies, type ReplyHost } from "./replies.ts";
import type { InputCheck } from "./schema.ts";
import { Starter } from "./starter.ts";
import { type ModuleExports, taskNames } from "./target.ts";
import { Targets } from "./targets.ts";
import { type TakeOutput, TaskOutput } from "./task_output.ts";
import { threadTurn, type Turn } from "./turns.ts";
import { WaitingTasks } from "./waiting_tasks.ts";

/** The thread or process in which a loop runs. Each entry makes one. */
export interface LoopHost {
  exit(): void;
  /** The exit code of {@link exit}, if the worker has exit codes. */
  exitCode?: number;
  /** Resolves once the output of tasks to stdout and stderr has left the worker. Undefined if output leaves at once. */
  hasWritten?(): Promise<void>;
  /** Whether code that does not belong to a task runs in this thread, too. Default: false. */
  sharesThread?: boolean;
  /** How to turn the event loop while a generator computes. Default: as in a thread. */
  turn?: Turn;
  /** Returns the memory through which the second thread of a process learns which body holds the loop. */
  pulse?(): SharedArrayBuffer | undefined;
}

export class TaskLoop implements ContextHost, ReplyHost {
  readonly workerId: number;
  readonly position: number;
  readonly workerData: unknown;
  readonly keySeed: string;
  readonly amounts: Amounts = new Amounts();
  readonly #init: WorkerInit;
  readonly #host: LoopHost;
  readonly #channel: Channel;
  readonly #orders: Orders | undefined;
  readonly #clock = new LoopClock();
  readonly #replies: Replies;
  readonly #lag: LagMeter;
  readonly #targets = new Targets();
  readonly #waiting: WaitingTasks;
  readonly #bodies: Bodies;
  readonly #starter: Starter;
  #exports: ModuleExports = {};
  #check: InputCheck | undefined;
  /**
   * The index of a new task's input in its map is the task's id plus this number; undefined if the task does not belong
   * to a map.
   */
  #offset: number | undefined;
  /** The input that a body hands in at this moment, and why it cannot be sent. */
  #adding: { refusal: TaskCloneError | undefined } | undefined;
  #closing = false;
  #stopped = false;

  constructor(channel: Channel, init: WorkerInit, host: LoopHost) {
    this.#channel = channel;
    this.#init = init;
    this.#host = host;
    this.workerId = init.workerId;
    this.position = init.position;
    this.workerData = unpackValue({ value: init.workerData, stands: init.stands ?? [] });
    this.keySeed = init.keySeed;
    this.#orders = init.memory && new Orders(init.memory);
    const clock = this.#clock;
    const replies = this.#replies = new Replies(channel, clock, this, init.perCore);
    const lag = this.#lag = new LagMeter(
      init.lagInterval,
      (micros, figures) => replies.add(ToCaller.lag, 0, micros, figures),
    );
    const waiting = this.#waiting = new WaitingTasks((id) =>
      replies.add(ToCaller.returned, id, 0, undefined)
    );
    const bodies = this.#bodies = new Bodies({
      worker: this,
      targets: this.#targets,
      replies,
      clock,
      lag,
      turn: host.turn ?? threadTurn,
      announces: init.announces,
      output: init.console === "task" || init.console === "asked"
        ? new TaskOutput(this.#printed, { takesAll: init.console === "task" })
        : undefined,
      onFree: () => {
        if (waiting.size > 0) this.#starter.start();
      },
    });
    this.#starter = new Starter({
      worker: this,
      waiting,
      bodies,
      clock,
      contexts: bodyContexts(host.sharesThread ?? false),
      replies,
      orders: this.#orders,
      concurrency: init.concurrency,
    });
  }

  /** Loads the module, runs `setup`, reports that the worker is ready, and serves until told to close. */
  async start(): Promise<void> {
    this.#channel.listen(
      (message) => this.#receive(message),
      () => this.die(new Error("A message from the caller could not be rebuilt in the worker")),
    );
    try {
      if (this.isGivenUp()) return;
      this.#exports = await loadModule(this.#init);
      if (this.isGivenUp()) return;
      this.#check = findCheck(this.#exports, this.#init);
      await runSetup(this.#exports, this.#init, this);
    } catch (error) {
      this.#replies.add(ToCaller.startFailed, 0, 0, toErrorData(error));
      this.#replies.flush();
      return;
    }
    this.#replies.add(ToCaller.ready, 0, 0, taskNames(this.#exports));
    this.#replies.flush();
  }

  get isBusy(): boolean {
    return this.#bodies.size > 0;
  }

  /** Reports the error and ends the worker, because a task that threw outside its promise may never settle. */
  die(error: unknown): void {
    const cause = toErrorData(error);
    const reason = cause.kind === "error" ? `uncaught ${cause.name}: ${cause.message}` : "uncaught error";
    this.leave({ reason, cause, exitCode: this.#host.exitCode, signal: undefined });
    this.#host.exit();
  }

  /** Sends finished results, returns tasks that have not started, and reports why the worker ends. */
  leave(words: LastWords): void {
    if (this.#stopped) return;
    this.#waiting.giveBack();
    this.#replies.add(ToCaller.lastWords, 0, 0, words);
    this.#replies.flush();
    this.stop();
  }

  /**
   * Whether the caller has given this worker up. If so, ends the worker, because the caller cannot stop some threads.
   */
  isGivenUp(): boolean {
    if (this.#stopped || !this.#orders?.isGivenUp) return this.#stopped;
    void this.stop();
    this.#host.exit();
    return true;
  }

  /** Starts no more tasks, aborts running bodies, and sends nothing more. Resolves once no body runs. */
  stop(): Promise<void> {
    this.#stopped = true;
    this.#starter.stop();
    this.#waiting.clear();
    this.#replies.stop();
    this.#lag.stop();
    return this.#bodies.stop();
  }

  /** Sends what a body has printed, at once. Nothing more is taken once nothing is sent any more. */
  readonly #printed: TakeOutput = (task, stream, text) => {
    if (this.#replies.isStopped || this.#orders?.isGivenUp) return false;
    this.#replies.send(ToCaller.printed, task ? RunningTask.wireId(task) : -1, { stream, text });
    return true;
  };

  /** Sends the value that a body reports to `context.progress`. */
  sendProgress(task: RunningTask, value: unknown): void {
    if (this.#bodies.has(task)) this.#replies.send(ToCaller.progress, RunningTask.wireId(task), value);
  }

  /** Sends what a body tells its caller. A body that has ended has no attempt any more. */
  tell(task: RunningTask, kind: Told[0], number: Told[1], value: Told[2]): void {
    if (this.#bodies.has(task)) this.#replies.tell(kind, RunningTask.wireId(task), number, value);
  }

  /** Sends an input that a body hands in. */
  add(task: RunningTask, input: unknown): void {
    const slot = this.#bodies.has(task) ? this.#bodies.find(RunningTask.wireId(task)) : undefined;
    if (!slot) {
      throw new TypeError("context.add() was called after its task had ended: await it in the task");
    }
    const value = slot.target.added(input);
    this.#replies.add(ToCaller.add, RunningTask.wireId(task), 0, value);
    const kind = typeof value;
    if (kind !== "object" && kind !== "function" && kind !== "symbol") return;
    // At once, because the body may change the object, and gets the error if the input cannot be sent.
    // The property is set, because another task may have added one of its name to all objects.
    const adding: { refusal: TaskCloneError | undefined } = this.#adding = { refusal: undefined };
    this.#replies.flush();
    this.#adding = undefined;
    if (adding.refusal) throw adding.refusal;
  }

  #receive(message: unknown[]): void {
    if (this.isGivenUp()) return;
    this.#starter.beginTurn();
    // Takes in all tasks before the first starts. If that one ends the worker, the others can be returned to the
    // caller.
    const onRecord = this.#onRecord as (kind: number, id: number, number: number, value: unknown) => void;
    eachRecord(message, onRecord, this.#onSeries);
    this.#starter.start();
  }

  // An arrow function, so that `kind` tells the compiler the type of `value`.
  readonly #onRecord: (...record: ToWorkerRecord) => void = (kind, id, number, value) => {
    const since = this.#clock.time;
    switch (kind) {
      case ToWorker.run:
        return this.#waiting.add(id, {
          target: number,
          inputs: [value],
          request: undefined,
          offset: this.#offset,
          since,
        });
      case ToWorker.runWith:
        return this.#waiting.add(id, {
          target: number,
          inputs: [value.input],
          request: value,
          offset: value.index === undefined ? undefined : value.index - id,
          since,
        });
      case ToWorker.abort:
        return this.#abort(id, value);
      case ToWorker.credit:
        return this.#bodies.find(id)?.room?.grant(number);
      case ToWorker.target: {
        const source = { module: this.#init.module, exports: this.#exports, check: this.#check };
        return this.#targets.set(number, value, source);
      }
      case ToWorker.close:
        return void this.#close();
      case ToWorker.concurrency:
        return this.#starter.setConcurrency(number);
      case ToWorker.watch: {
        const memory = this.#init.memory ?? this.#host.pulse?.();
        return this.#bodies.measure(new BodyClock(memory, () => this.#bodies.size));
      }
      case ToWorker.indexed:
        this.#offset = value ? number : undefined;
        return;
      case ToWorker.ask:
        return this.#bodies.tellAge(id);
      case ToWorker.recall:
        return this.#waiting.giveBack();
      default:
        kind satisfies never;
    }
  };

  readonly #onSeries = (id: number, targets: Numbers, values: Values): void => {
    const offset = this.#offset;
    const since = this.#clock.time;
    const inputs = values instanceof Lines ? new TextReader(values) : values;
    if (typeof targets === "number") {
      return this.#waiting.add(id, { target: targets, inputs, request: undefined, offset, since });
    }
    const list = listOf(targets, inputs.length);
    for (let at = 0; at < list.length; at++) {
      this.#waiting.add(id + at, {
        target: list[at],
        inputs: [inputs instanceof TextReader ? inputs.at(at) : inputs[at]],
        request: undefined,
        offset,
        since,
      });
    }
  };

  #abort(id: number, reason: ErrorData): void {
    this.#orders?.read();
    this.#replies.add(ToCaller.aborted, id, 0, undefined);
    const slot = this.#bodies.find(id);
    if (slot) {
      RunningTask.abort(slot.task, fromErrorData(reason));
      slot.room?.stop();
      // If the body ignores the abort, the worker may be ended, and its spans would be lost.
      flushSoon();
      return;
    }
    if (this.#waiting.delete(id)) this.#replies.add(ToCaller.fail, id, 0, reason);
  }

  /**
   * Returns the substitute for a record whose value cannot be cloned: a result, a yielded value, progress, or an error.
   */
  substituteFor(id: number, kind: number, error: unknown): ToCallerRecord | undefined {
    if (kind === ToCaller.startFailed || kind === ToCaller.closed) {
      // The caller waits for these two records, whatever was thrown.
      const { module } = this.#init;
      const failure = new ModuleLoadError(
        module ?? "",
        "The value that the module threw cannot be sent",
        error,
      );
      return [kind, id, 0, toErrorData(failure)];
    }
    const isAdded = kind === ToCaller.add;
    const isProgress = kind === ToCaller.progress || isAdded;
    const failure = new TaskCloneError(isAdded ? "input" : isProgress ? "progress" : "result", error);
    if (isAdded && this.#adding) {
      this.#adding.refusal = failure;
      return undefined;
    }
    const stream = this.#bodies.find(id)?.room;
    stream?.fail(failure);
    // A body that goes on keeps its slot until it ends.
    if (stream || isProgress) return [ToCaller.broken, id, 0, toErrorData(failure)];
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
    await flushTelemetry();
    await this.#host.hasWritten?.();
    this.#lag.stop();
    this.#replies.add(ToCaller.closed, 0, 0, failure);
    this.#replies.flush();
  }
}
