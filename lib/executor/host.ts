/**
 * The host interfaces of an executor: its calls use {@link CallHost}, its queue and its pool use {@link ExecutorHost}. They know
 * nothing else of the executor. The tasks on a worker talk to its handle by {@link TasksHost}.
 */

import type { ExecutorEvents } from "./events.ts";
import type { OutputStream, WorkerEnd } from "../backends/backend.ts";
import type { WorkerLostError } from "../errors.ts";
import type { SpanAttributes, TraceContext } from "../wire/telemetry.ts";
import type { OptionsOfInput } from "./options/input_options.ts";
import type { TaskTarget } from "./calls/target_table.ts";
import type { Task, TaskObserver, TaskWaiter } from "./calls/task.ts";
import type { ResolvedTaskOptions } from "./options/task_options.ts";
import type { OuterStart } from "./queue/outer_start.ts";
import type { Start } from "./queue/rates.ts";

/** The facts that all inputs of one feed share: the inputs of a map, or of a series of `run()` calls. */
export interface FeedSpec {
  target: TaskTarget;
  /** Returns the target of the inputs that leave now, if it may change: it then differs in how results are written. */
  targetNow?: () => TaskTarget;
  /** The options of its tasks. */
  shared: ResolvedTaskOptions;
  /** Returns the options of one input, if inputs have options of their own. */
  each?: OptionsOfInput;
  /** Whether each input is a task from the start, because it has a limit or options of its own. */
  single: boolean;
  /** Makes what decides from outside when an input starts; undefined if this executor decides it. */
  startOf?: (index: number) => OuterStart;
  /** Whether its inputs keep their place before tasks that came later. */
  keepsPlace: boolean;
  /** When this aborts, no input starts any more. */
  drain?: AbortSignal;
  /** The index of its first input as bodies see it; undefined if bodies see none. */
  firstInput?: number;
  /** Returns the attributes of an input's span. */
  spanOf: (index: number) => SpanAttributes;
  /** The trace context of the call, if OpenTelemetry is on. */
  context?: TraceContext;
}

/** What calls need of the executor. */
export interface CallHost extends TaskObserver {
  /** The number of the next task. */
  nextId(): number;
  /** Reserves `count` consecutive numbers of tasks. Returns the first one. */
  reserveIds(count: number): number;
  /** The time of this turn of the event loop, in milliseconds of `performance.now()`. */
  now(): number;
  /** Inputs were removed from a feed before they started. */
  removed(): void;
  /** `count` inputs of a feed have succeeded. `micros` is the run time of each, in microseconds. */
  succeeded(micros: number | number[], count: number): void;
  /** Makes a task of one input and adds it to the queue. */
  submit(spec: FeedSpec, index: number, input: unknown, waiter: TaskWaiter): Task;
  /** Makes a task of an input that is on a worker. */
  makeTask(spec: FeedSpec, init: { id: number; input: unknown; submitted: number; waiter: TaskWaiter }): Task;
}

/** What the queue and the pool tell the executor. Each method reports an event. */
export interface ExecutorHost {
  /** So much has started, or a pause is so much longer, that a successor of the executor has to know of it. */
  limitsChanged(): void;
  /** Waiting tasks may be able to start now. */
  changed(): void;
  /** A round of the dispatcher has ended. Each task has an owner now. */
  roundEnded(): void;
  /** A task was sent to a worker. */
  started(task: Task): void;
  /** A chunk of `count` inputs was sent to a worker. The first one was handed in at the time `submitted`. */
  startedChunk(submitted: number, count: number): void;
  /** A body has counted an amount. */
  counted(name: string, amount: number): void;
  /** A worker gave back a task that has not begun. */
  returned(task: Task): void;
  /** An attempt has failed. The next one is due in `delay` milliseconds. */
  retried(task: Task, error: unknown, delay: number): void;
  /** A task's error has a `retryAfter`, in `delay` milliseconds, that may hold for other tasks, too. */
  retryAfterTold(task: Task, error: unknown, delay: number): void;
  /** A server has refused a task: with a `retryAfter` in `delay` milliseconds, or without one, with the status 429. */
  refused(task: Task, delay?: number): void;
  /** A task's error has a `retryAfter` in an unknown form. */
  retryAfterUnknown(task: Task, retryAfter: unknown): void;
  /** The next attempt of a task is due. */
  due(task: Task): void;
  /** `concurrency: "auto"` has found another number of tasks in flight per worker. */
  levelFound(concurrency: number): void;
  /** A worker has announced the start of a body. */
  begun(start: Start): void;
  /** A body that has started so has used an amount of what a rate counts by this name. */
  hasUsed(start: Start, name: string, amount: number): void;
  /** A worker has reported the lag of its event loop. */
  measured(): void;
  /** A worker is ready. */
  workerStarted(workerId: number): void;
  /** A worker was lost. `tasks` is the number of tasks that were on it. */
  workerLost(workerId: number, error: WorkerLostError, tasks: number): void;
  /** A worker with tasks has been silent for `silence` milliseconds. */
  stalled(workerId: number, silence: number, tasks: { taskId: number; task: string }[]): void;
  /** The module's `teardown` threw on a worker. */
  teardownFailed(workerId: number, error: unknown): void;
  /** A worker has written to one of its streams. */
  output(workerId: number, stream: OutputStream, text: string): void;
  /** The body of a task has printed something, where the option `console` is "task". */
  taskOutput(output: ExecutorEvents["taskoutput"]["detail"]): void;
  /** A worker was given up, and its thread goes on computing. */
  threadStuck(workerId: number): void;
  /** No worker can be started. The tasks that must run in `position`, or all tasks if it is undefined, cannot run. */
  cannotStart(error: unknown, position: number | undefined): void;
}

/** What the tasks tell the handle of their worker. */
export interface TasksHost {
  /** The worker gets no new tasks from now on. */
  drain(): void;
  /** The worker has to be given up. */
  lost(end: WorkerEnd): void;
  /** The worker sent a message that polyloop's code does not send. */
  forged(what: string): void;
  /** Slots fell free, but by no message of the worker. */
  slotsFreed(): void;
}
