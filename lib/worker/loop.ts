/**
 * The async task loop: receives records, runs up to `concurrency` tasks at once, replies. One per
 * worker, on whatever the worker is; the entries give it a channel. Longer than most files, because it is
 * the worker's whole conversation.
 *
 * @module
 */

import { ModuleLoadError, TaskCloneError } from "../errors.ts";
import { eachRecord, Outbox } from "../wire/batch.ts";
import type { Channel } from "../wire/channel.ts";
import { type ErrorData, fromErrorData, toErrorData } from "../wire/error_data.ts";
import { takeContent } from "../wire/content_key.ts";
import { flushSoon, flushTelemetry } from "../wire/flush_telemetry.ts";
import { inTrace } from "../wire/in_trace.ts";
import { min, round } from "../wire/intrinsics.ts";
import { Lines, takeTexts, type Values } from "../wire/lines.ts";
import { Orders } from "../wire/orders.ts";
import {
  type LastWords,
  RESULTS,
  type TargetSpec,
  ToCaller,
  type ToCallerRecord,
  ToWorker,
  type ToWorkerRecord,
  type WorkerInit,
} from "../wire/message.ts";
import { unpackValue } from "../wire/packed.ts";
import { BodyClock } from "./body_clock.ts";
import { type BodyContexts, bodyContexts } from "./body_context.ts";
import { type ContextHost, RunningTask } from "./context.ts";
import { type AnyIterator, type GeneratorRun, StreamPump } from "./generator.ts";
import { findCheck, loadModule, runSetup, runTeardown } from "./hooks.ts";
import { LagMeter } from "./lag_meter.ts";
import { isThenable, outcomeOf } from "./outcome.ts";
import { defer, type Deferred, deferred, now, whenSettled } from "./realm.ts";
import { ReplySchedule } from "./reply_schedule.ts";
import { threadTurn, type Turn } from "./turns.ts";
import { RunningTasks, type Slot } from "./running_tasks.ts";
import type { InputCheck } from "./schema.ts";
import { type ModuleExports, resolveTarget, takeKey, type Target, taskNames } from "./target.ts";
import { type WaitingRun, WaitingRuns } from "./waiting_runs.ts";

/** What the loop needs of the thread or process it lives in. */
export interface LoopHost {
  /** Ends the worker, */
  exit(): void;
  /** with this code, where there are codes. */
  exitCode?: number;
  /** Resolves once what tasks wrote to stdout and stderr has left the worker, where that takes time. */
  hasWritten?(): Promise<void>;
  /** Whether code that is no task's runs in this thread, too. */
  sharesThread?: boolean;
  /** How the loop turns while a generator computes. */
  turn?: Turn;
  /** Memory by which a second thread of a process tells the caller which body holds the loop. */
  pulse?(): SharedArrayBuffer | undefined;
}

const { Promise, DOMException } = globalThis;

/** Work started in one go before timers and messages get their turn, in milliseconds. */
const SLICE = 2;

/** So many tasks start or end without a look at the clock, at the most, */
const MOST_UNREAD = 8;

/** as long as they take no more than this together, in milliseconds. */
const QUICK = 0.05;

/** The task loop of one worker. */
export class TaskLoop implements ContextHost {
  readonly workerId: number;
  readonly position: number;
  readonly workerData: unknown;
  readonly keySeed: string;
  readonly #init: WorkerInit;
  readonly #host: LoopHost;
  readonly #channel: Channel;
  readonly #outbox: Outbox<ToCallerRecord>;
  readonly #replies: ReplySchedule;
  readonly #lag: LagMeter;
  readonly #contexts: BodyContexts;
  readonly #running = new RunningTasks({
    returned: (slot, result) => this.#returned(slot, result),
    failed: (slot, error) => this.#finish(slot, ToCaller.fail, toErrorData(error)),
  });
  readonly #targets: ({ found: Target; error: undefined } | { found: undefined; error: ErrorData })[] = [];
  readonly #waiting = new WaitingRuns((id) => this.#reply(ToCaller.returned, id, 0, undefined));
  /** What the caller says without a message, where memory is shared. */
  readonly #orders: Orders | undefined;
  /** Measures the bodies' own times, once the caller wants to know them. */
  #bodies: BodyClock | undefined;
  #exports: ModuleExports = {};
  #check: InputCheck | undefined;
  /** Where the tasks that come in now stand among a map's inputs: at their ids plus this. */
  #offset: number | undefined;
  /** How many tasks may run at once. */
  #concurrency: number;
  /** The time at which the last piece of work ended, so that the next one need not ask again. */
  #clock = now();
  /** Tasks started and ended since it was read, and at how many of them it is read again. */
  #unread = 0;
  #perReading = 1;
  /** Whether it was read in this turn when a task ended: before that, the last reading may be of any time. */
  #isThisTurn = false;
  #sliceStart = 0;
  #starting = false;
  #deferred = false;
  #closing = false;
  #stopped = false;
  /** Whoever has stopped it waits for the last body to end. */
  #atRest: Deferred | undefined;

  constructor(channel: Channel, init: WorkerInit, host: LoopHost) {
    this.#channel = channel;
    this.#init = init;
    this.#concurrency = init.concurrency;
    this.#host = host;
    this.#contexts = bodyContexts(host.sharesThread ?? false);
    this.workerId = init.workerId;
    this.position = init.position;
    this.workerData = unpackValue({ value: init.workerData, stands: init.stands ?? [] });
    this.keySeed = init.keySeed;
    this.#orders = init.memory && new Orders(init.memory);
    this.#outbox = new Outbox<ToCallerRecord>(
      channel,
      (id, kind, error) => this.#unsendable(id, kind, error),
      RESULTS,
    );
    this.#replies = new ReplySchedule(this.#outbox, () => this.#endTurn());
    this.#lag = new LagMeter(
      init.lagInterval,
      (micros, figures) => this.#reply(ToCaller.lag, 0, micros, figures),
    );
  }

  /** Loads the module, runs `setup`, says that it is ready, and then serves until told to close. */
  async start(): Promise<void> {
    this.#channel.listen(
      (batch) => this.#receive(batch),
      () => this.die(new Error("A message from the caller could not be rebuilt in the worker")),
    );
    try {
      if (this.isGivenUp()) return;
      this.#exports = await loadModule(this.#init);
      if (this.isGivenUp()) return;
      this.#check = findCheck(this.#exports, this.#init);
      await runSetup(this.#exports, this.#init, this);
    } catch (error) {
      this.#reply(ToCaller.startFailed, 0, 0, toErrorData(error));
      this.#flush();
      return;
    }
    this.#reply(ToCaller.ready, 0, 0, taskNames(this.#exports));
    this.#flush();
  }

  /** Whether a task runs. */
  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  /** Says why, and ends the worker: a task that threw outside its own promise may never settle. */
  die(error: unknown): void {
    const cause = toErrorData(error);
    const reason = cause.kind === "error" ? `uncaught ${cause.name}: ${cause.message}` : "uncaught error";
    this.leave({ reason, cause, exitCode: this.#host.exitCode, signal: undefined });
    this.#host.exit();
  }

  /** The worker is about to end: sends what is finished, gives back what has not started, and says why. */
  leave(words: LastWords): void {
    if (this.#stopped) return;
    this.#waiting.giveBack();
    this.#reply(ToCaller.lastWords, 0, 0, words);
    this.#flush();
    this.stop();
  }

  /** Whether the caller has given this worker up. It then ends, by its own hand where the caller cannot stop it. */
  isGivenUp(): boolean {
    if (this.#stopped || !this.#orders?.isGivenUp) return this.#stopped;
    void this.stop();
    this.#host.exit();
    return true;
  }

  /** Starts nothing more and aborts what runs. Nobody listens any longer. Resolves once no body runs. */
  stop(): Promise<void> {
    this.#stopped = true;
    this.#waiting.clear();
    this.#lag.stop();
    const reason = new DOMException("The worker was stopped", "AbortError");
    this.#running.each(({ task, pump }) => {
      RunningTask.abort(task, reason);
      pump?.stop();
    });
    this.#atRest ??= deferred();
    if (this.#running.size === 0) this.#atRest.resolve();
    return this.#atRest.promise;
  }

  sendProgress(task: RunningTask, value: unknown): void {
    if (!this.#running.has(task)) return;
    this.#outbox.add(ToCaller.progress, RunningTask.wireId(task), 0, value);
    // At once: the body may compute for long before this loop turns.
    this.#flush();
  }

  #receive(batch: unknown[]): void {
    if (this.isGivenUp()) return;
    this.#sliceStart = this.#clock = now();
    // All are taken in before the first starts, so that one which ends the worker leaves the rest to others.
    const onRecord = this.#onRecord as (kind: number, id: number, number: number, value: unknown) => void;
    eachRecord(batch, onRecord, this.#onRuns);
    this.#startWaiting();
  }

  // An arrow function, so that `kind` tells the compiler what `value` is.
  readonly #onRecord: (...record: ToWorkerRecord) => void = (kind, id, number, value) => {
    switch (kind) {
      case ToWorker.run:
        return this.#waiting.add(id, {
          target: number,
          inputs: [value],
          offset: this.#offset,
          since: this.#clock,
        });
      case ToWorker.runWith:
        return this.#waiting.add(id, {
          target: number,
          inputs: [value.input],
          request: value,
          offset: value.index === undefined ? undefined : value.index - id,
          since: this.#clock,
        });
      case ToWorker.abort:
        return this.#abort(id, value);
      case ToWorker.credit:
        return this.#running.find(id)?.pump?.grant(number);
      case ToWorker.target:
        return this.#addTarget(number, value);
      case ToWorker.close:
        return void this.#close();
      case ToWorker.concurrency:
        // What waits is looked at when the batch has been read.
        this.#concurrency = number;
        return;
      case ToWorker.watch:
        this.#bodies = new BodyClock(this.#init.memory ?? this.#host.pulse?.(), () => this.#running.size);
        return;
      case ToWorker.indexed:
        this.#offset = value ? number : undefined;
        return;
      case ToWorker.ask:
        return this.#tellAge(id);
      default:
        kind satisfies never;
    }
  };

  readonly #onRuns = (id: number, targets: number | number[], values: Values): void => {
    const since = this.#clock;
    const offset = this.#offset;
    const isLines = values instanceof Lines;
    const { texts: inputs, whole } = isLines ? takeTexts(values) : { texts: values, whole: undefined };
    if (typeof targets === "number") {
      const isExact = whole !== undefined && this.#looksExact(targets, whole);
      return this.#waiting.add(id, { target: targets, inputs, isExact, offset, since });
    }
    for (let at = 0; at < targets.length; at++) {
      this.#waiting.add(id + at, { target: targets[at], inputs: [inputs[at]], offset, since });
    }
  };

  /** Whether inputs that came together, of which this is the text, are known to be exact to whoever reads them. */
  #looksExact(targetNumber: number, whole: string): boolean {
    return this.#targets[targetNumber].found?.looksExact?.(whole) === true;
  }

  #addTarget(number: number, spec: TargetSpec): void {
    try {
      const { module } = this.#init;
      const found = resolveTarget(spec, { module, exports: this.#exports, check: this.#check });
      this.#targets[number] = { found, error: undefined };
    } catch (error) {
      this.#targets[number] = { found: undefined, error: toErrorData(error) };
    }
  }

  #mayStart(): boolean {
    return !this.#stopped && this.#running.size < this.#concurrency &&
      this.#clock - this.#sliceStart <= SLICE && !this.#isHeldUp();
  }

  /** Whether the caller has said without a message that nothing may start now. */
  #isHeldUp(): boolean {
    if (!this.#orders || this.#orders.areRead) return false;
    // If that was no end, a record is on its way, which may cancel what would start now.
    this.isGivenUp();
    return true;
  }

  /** Starts what waits while there are slots, a slice at a time. */
  #startWaiting(): void {
    // A task that returns at once frees its slot from within #start: the loop below goes on by itself.
    if (this.#starting) return;
    this.#starting = true;
    while (this.#mayStart()) {
      const run = this.#waiting.shift();
      if (!run) break;
      if (this.#contexts.isFresh()) this.#start(run);
      else this.#startInFresh(run);
    }
    this.#starting = false;
    // Where the caller has no other way to say it than by a message, these may have been cancelled while a body held the loop.
    if (!this.#orders) this.#waiting.giveBackHeld(this.#clock);
    this.#waiting.watch();
    if (this.#waiting.size > 0 && this.#running.size < this.#concurrency) this.#startLater();
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

  // Not in the loop above: there, each run would be kept in memory of its own for the function that refers to it.
  #startInFresh(run: WaitingRun): void {
    this.#contexts.inFresh(() => this.#start(run));
  }

  #start(run: WaitingRun): void {
    const trace = run.request?.trace;
    if (trace) inTrace(trace, () => this.#run(run));
    else this.#run(run);
  }

  #run({ id, target: targetNumber, input, isExact, request, index }: WaitingRun): void {
    const { found: target, error } = this.#targets[targetNumber];
    if (!target) return this.#reply(ToCaller.fail, id, 0, error);
    const task = new RunningTask(this, id, request, index);
    // A body that is measured begins by the clock itself, and ends by it: the reading of a while ago is before its beginning.
    if (this.#bodies) this.#clock = now();
    const slot = this.#running.add(task, target, this.#clock);
    this.#lag.watch();
    if (request?.credit !== undefined) slot.pump = this.#openStream(id, slot, request.credit);
    if (this.#init.announces) this.#announce(id);
    if (!this.#bodies) return this.#call(slot, task, input, isExact);
    this.#bodies.enter(slot, id);
    // From here on the caller takes it for one that has begun. It does not begin if the caller could not know that.
    if (this.isGivenUp()) return this.#free(slot);
    this.#call(slot, task, input, isExact);
    this.#bodies.leave(slot, slot.begun);
  }

  #call(slot: Slot, task: RunningTask, input: unknown, isExact: boolean): void {
    const { target } = slot;
    let result: unknown;
    let waits: boolean;
    try {
      const bare = target.keyed ? this.#takeKey(task, input, target.keyed) : input;
      // Not as a method: a task has no `this`, and the user's stack no object of ours.
      const { call, decode } = target;
      result = call(decode ? decode(bare, isExact) : bare, task);
      waits = isThenable(result);
    } catch (error) {
      return slot.failed(error);
    }
    if (!waits) return this.#returned(slot, result);
    this.#wait(result as PromiseLike<unknown>, slot, slot.returned);
    this.#readClock();
  }

  /** Waits for what a body returned: what becomes of it is the body's, also where it throws as it is looked at. */
  #wait(result: PromiseLike<unknown>, slot: Slot, onValue: (value: unknown) => void): void {
    try {
      whenSettled(result, onValue, slot.failed);
    } catch (error) {
      slot.failed(error);
    }
  }

  /** Says that a body begins, while its loop still turns. */
  #announce(id: number): void {
    this.#outbox.add(ToCaller.started, id, 0, undefined);
    this.#flush();
  }

  #tellAge(id: number): void {
    const slot = this.#running.find(id);
    const age = slot && this.#bodies?.age(slot);
    this.#reply(ToCaller.age, id, round((age?.own ?? 0) * 1_000), age && round(age.wall * 1_000));
  }

  /** The input without its key, or what its key is made of; the task is told both. */
  #takeKey(task: RunningTask, input: unknown, keyed: Target["keyed"]): unknown {
    if (keyed === "content") {
      // Bytes are no text, and fail for that.
      if (typeof input !== "string") return input;
      RunningTask.setSent(task, input);
      return takeContent(input).text;
    }
    const { key, rest } = takeKey(input as string | Uint8Array);
    RunningTask.setKey(task, key);
    return rest;
  }

  /**
   * Reads the clock now and then, as long as tasks start and end quickly: to read it costs as much as a task that does
   * nothing.
   */
  #readClock(): void {
    if (++this.#unread < this.#perReading) return;
    const time = now();
    const quick = time - this.#clock < QUICK;
    this.#perReading = quick ? min(2 * this.#perReading, MOST_UNREAD) : 1;
    this.#unread = 0;
    this.#clock = time;
  }

  /** A body has returned; a generator's goes on. */
  #returned(slot: Slot, result: unknown): void {
    let outcome: unknown;
    try {
      outcome = outcomeOf(result, slot, this.#runOf);
    } catch (error) {
      return slot.failed(error);
    }
    if (!(outcome instanceof Promise)) return this.#finish(slot, ToCaller.done, outcome);
    this.#wait(outcome, slot, (value) => this.#finish(slot, ToCaller.done, value));
  }

  #openStream(id: number, slot: Slot, credit: number): StreamPump {
    const task = slot.task!;
    const pump = new StreamPump(credit, (value) => {
      this.#outbox.add(ToCaller.yield, id, 0, value, RunningTask.takeTransferList(task));
      this.#flush();
    }, this.#runOf(slot));
    return pump;
  }

  /** How the generator of a slot's task is run: as any call of a body, each step is timed, where bodies are. */
  readonly #runOf = (slot: Slot): GeneratorRun => ({
    turn: this.#host.turn ?? threadTurn,
    next: (generator: AnyIterator) => {
      if (!this.#bodies || !slot.task) return generator.next();
      const since = now();
      this.#bodies.enterAgain(RunningTask.wireId(slot.task), since);
      try {
        return generator.next();
      } finally {
        this.#bodies.leave(slot, since);
      }
    },
  });

  /** The one place where a task that started ends: replies, frees the slot, starts the next. */
  #finish(slot: Slot, kind: typeof ToCaller.done | typeof ToCaller.fail, value: unknown): void {
    const { begun } = slot;
    const task = slot.task!;
    const id = RunningTask.wireId(task);
    if (this.#isThisTurn) this.#readClock();
    else this.#clock = now();
    this.#isThisTurn = true;
    this.#free(slot);
    if (this.#stopped) return;
    const transfer = kind === ToCaller.done ? RunningTask.takeTransferList(task) : undefined;
    this.#outbox.add(kind, id, round((this.#clock - begun) * 1000), value, transfer);
    this.#replies.schedule();
    if (this.#waiting.size > 0) this.#startWaiting();
  }

  /** What was ready in a turn leaves. */
  #endTurn(): void {
    this.#isThisTurn = false;
    this.#flush();
  }

  /** Sends what is in the outbox, unless this worker was given up: nobody wants it any longer. */
  #flush(): void {
    if (!this.isGivenUp()) this.#outbox.flush();
  }

  #free(slot: Slot): void {
    this.#running.free(slot);
    if (this.#running.size > 0) return;
    this.#lag.rest();
    this.#atRest?.resolve();
  }

  #reply(...record: [...ToCallerRecord, transfer?: Transferable[]]): void {
    if (this.#stopped) return;
    // Not by destructuring, which asks an iterator: a task may have replaced it.
    this.#outbox.add(record[0], record[1], record[2], record[3], record[4]);
    this.#replies.schedule();
  }

  #abort(id: number, reason: ErrorData): void {
    this.#orders?.read();
    this.#reply(ToCaller.aborted, id, 0, undefined);
    const slot = this.#running.find(id);
    if (slot) {
      RunningTask.abort(slot.task, fromErrorData(reason));
      slot.pump?.stop();
      // A body that goes on all the same may cost this worker its life.
      flushSoon();
      return;
    }
    if (this.#waiting.delete(id)) this.#reply(ToCaller.fail, id, 0, reason);
  }

  /** A result, a yielded value, a progress report, or what an error has on it cannot be cloned. */
  #unsendable(id: number, kind: number, error: unknown): ToCallerRecord | undefined {
    if (kind === ToCaller.startFailed || kind === ToCaller.closed) {
      // The caller waits for it, whatever was thrown.
      const { module } = this.#init;
      return [
        kind,
        id,
        0,
        toErrorData(new ModuleLoadError(module ?? "", "What it threw cannot be cloned", error)),
      ];
    }
    const isProgress = kind === ToCaller.progress;
    const failure = new TaskCloneError(isProgress ? "progress" : "result", error);
    const stream = this.#running.find(id)?.pump;
    stream?.fail(failure);
    // A body that goes on has its slot until it ends.
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
    this.#reply(ToCaller.closed, 0, 0, failure);
    this.#flush();
  }
}
