/**
 * How the parts of an executor talk to it: its calls by {@link CallHost}, its queue and its pool by {@link ExecutorHost}.
 * No part knows more of the executor than this.
 *
 * @module
 */

import type { OutputStream } from "../backends/backend.ts";
import type { WorkerLostError } from "../errors.ts";
import type { SpanAttributes, TraceContext } from "../wire/telemetry.ts";
import type { OptionsOfInput } from "./calls/input_options.ts";
import type { TaskTarget } from "./calls/target_table.ts";
import type { Task, TaskObserver, TaskWaiter } from "./calls/task.ts";
import type { ResolvedTaskOptions } from "./options.ts";

/** What the inputs of one feed have in common: those of a map, or of neighbouring calls of `run()`. */
export interface FeedSpec {
  target: TaskTarget;
  /** The options of all its tasks, unless `each` says otherwise. */
  shared: ResolvedTaskOptions;
  /** The options of each input, where inputs have some of their own. */
  each?: OptionsOfInput;
  /** Whether every input must be a task from the start, because it has a limit of its own. */
  single: boolean;
  /** Whether all go out before what came after them. */
  keepsPlace: boolean;
  /** Once this aborts, no input of it starts any more. */
  drain?: AbortSignal;
  /** Position of its first input among those of a map, as bodies see it; undefined if they see none. */
  firstInput?: number;
  /** Attributes of the span of an input. */
  spanOf: (index: number) => SpanAttributes;
  /** The trace context in which the call was made, where OpenTelemetry is on. */
  context?: TraceContext;
}

/** What calls need of their executor. */
export interface CallHost extends TaskObserver {
  /** The number of the next task. */
  nextId(): number;
  /** Reserves `count` consecutive numbers of tasks and returns the first. */
  reserveIds(count: number): number;
  /** The time of this turn, in milliseconds of `performance.now()`. */
  now(): number;
  /** Inputs of a feed that waited do so no longer. */
  removed(): void;
  /** Inputs of a feed have returned, after `micros` microseconds each. */
  succeeded(micros: number | number[], count: number): void;
  /** Makes a task of one input and queues it. */
  submit(spec: FeedSpec, index: number, input: unknown, waiter: TaskWaiter): Task;
  /** Makes a task of an input that is on a worker. */
  makeTask(spec: FeedSpec, init: { id: number; input: unknown; submitted: number; waiter: TaskWaiter }): Task;
}

/** What the queue and the pool tell the executor. */
export interface ExecutorHost {
  /** Something has changed that may let tasks go on. */
  changed(): void;
  /** A round of the dispatcher is over: every task has an owner. */
  roundEnded(): void;
  /** A task is on its way to a worker. */
  started(task: Task): void;
  /** `count` inputs of a map, of which the first was handed in at the time `submitted`, are on their way to a worker. */
  startedChunk(submitted: number, count: number): void;
  /** A worker gave back a task that it had not started. */
  returned(task: Task): void;
  /** An attempt failed; the task waits for its next one, which is due in `delay` milliseconds. */
  retried(task: Task, error: unknown, delay: number): void;
  /** A task's error says in no known form when to try again. */
  retryAfterUnknown(task: Task, retryAfter: unknown): void;
  /** The next attempt of a task is due. */
  due(task: Task): void;
  /** A better number of tasks in flight per worker was found. */
  levelFound(concurrency: number): void;
  /** A body has begun, where workers tell of it; `isFirst` says whether it is the first of its worker. */
  begun(isFirst: boolean): void;
  /** A worker has reported how late its loop runs. */
  measured(): void;
  /** A worker is ready. */
  workerStarted(workerId: number): void;
  /** A worker was lost, with this number of tasks on it. */
  workerLost(workerId: number, error: WorkerLostError, tasks: number): void;
  /** A worker that has tasks has been silent for `silence` milliseconds. */
  stalled(workerId: number, silence: number, tasks: { taskId: number; task: string }[]): void;
  /** The module's `teardown` threw on a worker. */
  teardownFailed(workerId: number, error: unknown): void;
  /** A worker has written to one of its streams. */
  output(workerId: number, stream: OutputStream, text: string): void;
  /** A worker was given up, and its thread computes on. */
  threadStuck(workerId: number): void;
  /** No worker can be started: tasks for `position`, or all tasks if it is undefined, cannot run. */
  cannotStart(error: unknown, position: number | undefined): void;
}
