/**
 * The intake of calls: makes a numbered task of each call, refuses it or adds it to the queue. It also observes the end of each
 * task, before its caller.
 */

import { ExecutorClosedError, QueueFullError } from "../errors.ts";
import { keyOf } from "./options/checks.ts";
import type { SpanAttributes } from "../wire/telemetry.ts";
import type { Numbers } from "../wire/series_numbers.ts";
import type { Ending } from "./ending.ts";
import type { Events } from "./events.ts";
import type { FeedHost, FeedSpec } from "./tasks/feed_host.ts";
import type { ResolvedOptions } from "./options/resolve.ts";
import type { ResolvedTaskOptions } from "./options/task_options.ts";
import type { Pool } from "./pool/pool.ts";
import { positionOf } from "./pool/positions.ts";
import type { Dispatcher } from "./queue/dispatcher.ts";
import type { LevelFinder } from "./queue/level_finder.ts";
import type { Limits } from "./queue/limits.ts";
import type { Retries } from "./queue/retry.ts";
import { weightsOf } from "./tasks/weights.ts";
import type { TaskQueue } from "./queue/task_queue.ts";
import type { Counters, SlotTime } from "./stats.ts";
import { boundToCall } from "./calls/call_context.ts";
import { Feed } from "./tasks/feed.ts";
import type { FeedSink } from "./tasks/feed_tasks.ts";
import { Series } from "./calls/series.ts";
import type { TaskTarget } from "./tasks/target_table.ts";
import { Task, type TaskWaiter } from "./tasks/task.ts";
import type { Tracing } from "./tasks/tracing.ts";

interface IntakeInit {
  options: ResolvedOptions;
  queue: TaskQueue;
  pool: Pool;
  dispatcher: Dispatcher;
  limits: Limits;
  retries: Retries;
  counters: Counters;
  slotTime: SlotTime;
  events: Events;
  ending: Ending;
  level: LevelFinder | undefined;
  tracing: Tracing | undefined;
}

interface Call {
  target: TaskTarget;
  input: unknown;
  options: ResolvedTaskOptions;
  waiter: TaskWaiter;
  particulars?: Parameters<Task["set"]>[0];
  /** Returns further attributes of the task's span. */
  spanOf?: () => SpanAttributes;
}

interface Refusal {
  reason: unknown;
  /** Whether it counts as a failed task. */
  isFailure: boolean;
}

export class Intake implements FeedHost {
  /**
   * Whether a listener of `taskfailed` was ever added. Otherwise no such events are made, because they would take longer than the
   * failures themselves where thousands of tasks fail.
   */
  hearsFailures = false;
  readonly #parts: IntakeInit;
  /** Whether a rate counts tasks by their weights. */
  readonly #areWeighted: boolean;
  /** Whether calls of `run()` without options may form a series. */
  readonly #mayGather: boolean;
  /** The series to which the next call may be added. */
  #series: Series | undefined;
  /** The target of the last call that was not added to a series. */
  #lastTarget: TaskTarget | undefined;
  #lastTaskId = 0;

  constructor(parts: IntakeInit) {
    this.#parts = parts;
    const { task, rates } = parts.options;
    this.#areWeighted = rates.some(({ weight }) => weight !== undefined);
    // Calls in a series share their options, and a function among the options has the context of its own call.
    this.#mayGather = !this.isSingle(task) && boundToCall(task) === task;
  }

  /** The series that a call of `run()` without options joins; undefined unless the call before it was for the same task. */
  seriesOf(target: TaskTarget): Series | undefined {
    if (this.#parts.ending.isClosed || !this.#mayGather) return undefined;
    if (this.#series?.target === target) return this.#series;
    // From the second call in a row on, because alternating tasks gain nothing.
    if (this.#lastTarget !== target) return void (this.#lastTarget = target);
    const { task: shared } = this.#parts.options;
    const spec = { target, shared, single: false, keepsPlace: true, spanOf: indexOnly };
    return this.#series = new Series(target, (sink) => this.openFeed(spec, sink));
  }

  /** Makes a task and adds it to the queue, or settles it at once if it is refused. */
  take(call: Call): Task {
    return this.#take(call, this.#parts.ending.isClosed);
  }

  #take({ target, input, options, waiter, particulars, spanOf }: Call, isClosed: boolean): Task {
    const { tracing, slotTime, limits, queue, dispatcher } = this.#parts;
    const task = new Task({
      id: ++this.#lastTaskId,
      target,
      input,
      options,
      submitted: dispatcher.now(),
      observer: this,
      waiter,
    });
    const { key, signal } = options;
    if (key !== undefined) task.set({ position: positionOf(key, this.#parts.options.maxWorkers) });
    if (tracing) task.set({ trace: tracing.of(tracing.here(), spanOf) });
    if (particulars) task.set(particulars);
    const refusal = this.#refusal(isClosed, signal) ?? this.#setLimits(task);
    if (refusal) {
      if (!refusal.isFailure) task.set({ refused: true });
      task.settle(false, refusal.reason);
      return task;
    }
    slotTime.begin();
    limits.submitted(task);
    queue.add(task);
    // Later calls stay behind this task.
    this.#series = undefined;
    dispatcher.schedule();
    return task;
  }

  openFeed(spec: FeedSpec, sink: FeedSink): Feed {
    const { tracing, slotTime, ending, queue, dispatcher } = this.#parts;
    return new Feed({
      host: this,
      spec: { ...spec, context: tracing?.here() },
      sink,
      filled: (feed) => {
        slotTime.begin();
        if (!spec.keepsPlace) this.#series = undefined;
        if (ending.isOver) return feed.failWaiting(() => new ExecutorClosedError());
        if (!feed.queued) queue.addFeed(feed);
        dispatcher.schedule();
      },
    });
  }

  nextId(): number {
    return this.#lastTaskId + 1;
  }

  reserveIds(count: number): number {
    return (this.#lastTaskId += count) - count + 1;
  }

  now(): number {
    return this.#parts.dispatcher.now();
  }

  removed(): void {
    this.#parts.dispatcher.schedule();
  }

  succeeded(micros: Numbers, count: number): void {
    this.#parts.counters.succeededMany(micros, count);
    this.#parts.level?.ended();
  }

  submit(spec: FeedSpec, index: number, input: unknown, waiter: TaskWaiter): Task {
    const { target, shared, each, drain, context, spanOf, startOf, attempt = 1 } = spec;
    const trace = this.#parts.tracing?.of(context!, () => spanOf(index));
    const options = each ? each(input, index) : shared;
    const particulars = drain || trace || startOf || attempt > 1
      ? { drain, trace, start: startOf?.(index), attempt }
      : undefined;
    // Not `isClosed`, because `close()` finishes the maps that are being read.
    return this.#take({ target, input, options, waiter, particulars }, this.#parts.ending.isOver);
  }

  makeTask(
    { target, shared, drain }: FeedSpec,
    init: { id: number; input: unknown; submitted: number; waiter: TaskWaiter },
  ): Task {
    const task = new Task({ ...init, target, options: shared, observer: this });
    if (drain) task.set({ drain });
    this.#parts.limits.submitted(task);
    return task;
  }

  /** Whether tasks with these options cannot travel in chunks, because each has a limit or span of its own. */
  isSingle({ key, timeout, queueTimeout }: ResolvedTaskOptions): boolean {
    const { options, tracing } = this.#parts;
    return key !== undefined || Math.min(timeout, queueTimeout) < Infinity ||
      options.maxQueue < Infinity || options.limitPer !== undefined || this.#areWeighted ||
      tracing !== undefined;
  }

  retries(task: Task, error: unknown): boolean {
    this.#parts.level?.failed();
    const { drain } = task.particulars;
    if (!this.#parts.retries.take(task, error)) return false;
    if (drain?.aborted) task.cancel(drain.reason);
    return true;
  }

  settled(task: Task, ok: boolean, value: unknown): void {
    const { limits, counters, level } = this.#parts;
    task.particulars.trace?.settled(task, ok, value);
    limits.settled(task);
    if (task.particulars.refused) return;
    counters.settled(task, ok);
    if (ok) level?.ended();
    else if (this.hearsFailures) this.#tellFailed(task, value);
  }

  #tellFailed({ id: taskId, index, attempt: attempts, target: { spec } }: Task, error: unknown): void {
    this.#parts.events.emit("taskfailed", { taskId, task: spec.name, index, error, attempts });
  }

  /** Why a task is refused; undefined if it is not. A full queue or a closed executor is no failure of the task. */
  #refusal(isClosed: boolean, signal: AbortSignal | undefined): Refusal | undefined {
    if (isClosed) return { reason: new ExecutorClosedError(), isFailure: false };
    if (signal?.aborted) return { reason: signal.reason, isFailure: true };
    const { options: { onFull, maxQueue }, queue, pool } = this.#parts;
    if (onFull === "wait" || queue.size + pool.inFlight < pool.slots + maxQueue) return undefined;
    return { reason: new QueueFullError(maxQueue), isFailure: false };
  }

  /** Sets the key of a task for `limitPer`, and its weights for `rate`. Returns a refusal if the user's function fails. */
  #setLimits(task: Task): Refusal | undefined {
    const { limitPer, rates } = this.#parts.options;
    if (!limitPer && !this.#areWeighted) return undefined;
    try {
      const limitKey = limitPer && keyOf("What limitPer.key returns", limitPer.key(task.input));
      if (limitKey !== undefined) task.set({ limitKey });
      if (this.#areWeighted) task.set({ weights: weightsOf(task.input, rates) });
    } catch (reason) {
      return { reason, isFailure: true };
    }
  }
}

/** The default attributes of an input's span. */
export function indexOnly(index: number): SpanAttributes {
  return { "polyloop.input.index": index };
}
