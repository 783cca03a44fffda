/**
 * The protocol between caller and worker: the types of messages and the numbers of their kinds.
 *
 * A record is four elements: `kind, id, number, value`. A message is one flat array of records. The cost of a post depends on the
 * number of posts and objects, and hardly on the number of elements. Tasks with consecutive ids share one record, a *series*.
 *
 * ```text
 *     caller                                     │ boundary │                                     worker
 *                                                │          │
 *     record ─▶ Outbox: one message for a turn   │          │
 *                 │ isReady()? a quick look      │          │
 *                 │ no ─▶ makeReady(): what      │          │
 *                 ▼       would change is packed │          │
 *               Channel.post([                   │          │
 *                 PACKED, 0, 0, [stand-ins],     │  clone   │
 *                 MANY, 7, target, [input, …],   ├─────────▶│  eachRecord() ─▶ TaskLoop
 *                 abort, 5, 0, reason            │ or bytes │
 *               ])                               │          │
 *                                                │          │
 *     WorkerHandle ◀─ eachRecord() ◀─ faultIn()  │◀─────────┤  Outbox ◀─ Replies
 * ```
 */

import type { TargetSpec } from "./encoding.ts";
import type { ErrorData } from "./error_data.ts";
import type { TraceCarrier } from "./telemetry.ts";

/** Number of elements in a record: kind, id, number, value. */
export const RECORD_LENGTH = 4;

/** The most frequent kind of record, in both directions: one task with its input, or with its result. */
export const ONE = 0;

/**
 * A series: many records of kind {@link ONE} in one, for the tasks `id`, `id + 1` and so on. `value` is an array of
 * their values, or `PackedLines` of `lines.ts`. `number` applies to each of them, or is a list if they differ (`series_numbers.ts`).
 */
export const MANY = 12;

/**
 * The first record of a message in which some values are sent in another form. Its `value` lists each `Packed`
 * that stands for such a value.
 */
export const PACKED = 20;

/** The kinds of records that the caller sends. */
export const ToWorker = {
  /** Run task `id` of target `number` on the input `value`. This is the common case, without an object per task. */
  run: ONE,
  /** Run task `id` of target `number` with more than its input: `value` is a {@link TaskRequest}. */
  runWith: 1,
  /** Abort task `id`. `value` is the reason of its signal. */
  abort: 2,
  /** The reader of task `id`'s stream has room for `number` more values, or more characters of text. */
  credit: 3,
  /** From now on, `number` stands for the target `value`. */
  target: 4,
  /** Run `teardown`, then send {@link ToCaller.closed}. */
  close: 5,
  /** From now on, run up to `number` tasks at once. */
  concurrency: 6,
  /** From now on, measure the time of bodies, and show in shared memory which body holds the loop. */
  watch: 7,
  /** Report how long the body of task `id` has run. */
  ask: 8,
  /** Return the tasks that have not started. */
  recall: 10,
  /**
   * From now on, the inputs of tasks have the index `id` plus `number` in their map. If `value` is false, later tasks
   * do not belong to a map.
   */
  indexed: 9,
} as const;

/** The records from the caller that contain a value of the user, and where: `value` itself, or its `input`. */
export const INPUTS: UserValues = { [ONE]: "value", [ToWorker.runWith]: "input" };

/** The kinds of records that the worker sends. */
export const ToCaller = {
  /** Task `id` returned `value` after `number` microseconds. */
  done: ONE,
  /** Task `id` threw `value` after `number` microseconds. */
  fail: 1,
  /** Task `id` reports progress. */
  progress: 2,
  /** Task `id`, a generator, yields `value`: one value of a stream, or several outputs of one input (`many.ts`). */
  yield: 3,
  /** The worker is ready; `value` lists the module's tasks. */
  ready: 4,
  /** The worker cannot start. `value` is the error. */
  startFailed: 5,
  /** The worker is about to end. `value` says why. */
  lastWords: 6,
  /** The worker's event loop was late by `number` microseconds. `value` has other figures of the loop. */
  lag: 7,
  /** `teardown` has ended. `value` is its error, if any. */
  closed: 8,
  /** An abort has arrived. It shows that the worker's event loop turns, even if the task ignores the abort. */
  aborted: 9,
  /** Task `id` was sent ahead, and no slot became free for it. Another worker may run it. */
  returned: 10,
  /** Task `id` yielded or reported a value that cannot be cloned; `value` is the error. Its body runs until it is closed. */
  broken: 11,
  /**
   * The body of task `id` is about to begin. Sent by workers with `announces`. Also sent after {@link ToCaller.blocked}, with the
   * number of calls, because the last call is now this one.
   */
  started: 13,
  /**
   * The body of task `id` has run for `number` microseconds by itself, and for `value` microseconds by the clock.
   * `value` is undefined if the body has not begun.
   */
  age: 14,
  /**
   * The event loop does not turn. The body of task `id` has held it for `number` microseconds. `id` is 0 if that body is not known,
   * because it had waited before. Sent by the process's second thread.
   */
  blocked: 15,
  /** The body of task `id` adds the amount `number` to the sum that is named `value`. It belongs to this attempt. */
  count: 16,
  /** The body of task `id` has used the amount `number` of what is named `value`, which a rate counts. */
  used: 21,
  /**
   * The body of task `id` has begun at `number`, in milliseconds since 1970, on the worker with the position `value`. Sent if the
   * target's encoding is `timed`.
   */
  began: 18,
  /** The body of task `id` has printed `value`. If `id` is -1, other code of the module has. */
  printed: 19,
  /** The body of task `id` hands in the input `value`, in the form in which the inputs of its target are sent. */
  add: 17,
} as const;

/** The records from the worker that contain a value of the user. */
export const RESULTS: UserValues = {
  [ONE]: "value",
  [ToCaller.progress]: "value",
  [ToCaller.yield]: "value",
  [ToCaller.add]: "value",
};

/** Where a record contains a value of the user, by the record's kind. */
export type UserValues = Partial<Record<number, "value" | "input">>;

export type ToWorkerRecord =
  | [kind: typeof ToWorker.run, id: number, target: number, input: unknown]
  | [kind: typeof ToWorker.runWith, id: number, target: number, request: TaskRequest]
  | [kind: typeof ToWorker.abort, id: number, unused: number, reason: ErrorData]
  | [kind: typeof ToWorker.credit, id: number, credit: number, unused: undefined]
  | [kind: typeof ToWorker.target, id: number, target: number, spec: TargetSpec]
  | [kind: typeof ToWorker.close, id: number, unused: number, unused: undefined]
  | [kind: typeof ToWorker.concurrency, id: number, concurrency: number, unused: undefined]
  | [kind: typeof ToWorker.watch, id: number, unused: number, unused2: undefined]
  | [kind: typeof ToWorker.indexed, id: number, offset: number, isInput: boolean]
  | [kind: typeof ToWorker.ask, id: number, unused: number, unused2: undefined]
  | [kind: typeof ToWorker.recall, id: number, unused: number, unused2: undefined];

export type ToCallerRecord =
  | [kind: typeof ToCaller.done, id: number, micros: number, result: unknown]
  | [kind: typeof ToCaller.fail, id: number, micros: number, error: ErrorData]
  | [kind: typeof ToCaller.progress, id: number, unused: number, value: unknown]
  | [kind: typeof ToCaller.yield, id: number, unused: number, value: unknown]
  | [kind: typeof ToCaller.ready, id: number, unused: number, exports: string[]]
  | [kind: typeof ToCaller.startFailed, id: number, unused: number, error: ErrorData]
  | [kind: typeof ToCaller.lastWords, id: number, unused: number, words: LastWords]
  | [kind: typeof ToCaller.lag, id: number, micros: number, figures: LoopFigures]
  | [kind: typeof ToCaller.closed, id: number, unused: number, error: ErrorData | undefined]
  | [kind: typeof ToCaller.aborted, id: number, unused: number, unused2: undefined]
  | [kind: typeof ToCaller.broken, id: number, unused: number, error: ErrorData]
  | [kind: typeof ToCaller.returned, id: number, unused: number, unused2: undefined]
  | [kind: typeof ToCaller.started, id: number, unused: number, calls: number | undefined]
  | [kind: typeof ToCaller.began, id: number, at: number, position: number]
  | [kind: typeof ToCaller.printed, id: number, unused: number, printed: Printed]
  | [kind: typeof ToCaller.age, id: number, own: number, wall: number | undefined]
  | [kind: typeof ToCaller.blocked, id: number, micros: number, last: LastCall]
  | [kind: typeof ToCaller.count, id: number, amount: number, name: string]
  | [kind: typeof ToCaller.used, id: number, amount: number, name: string]
  | [kind: typeof ToCaller.add, id: number, unused: number, input: unknown];

/** What a body has printed. It may be part of a line. */
export interface Printed {
  stream: "stdout" | "stderr";
  text: string;
}

/** The last of the first calls of bodies. */
export interface LastCall {
  /** The number of the body's task. */
  id: number;
  /** Number of first calls until then. */
  calls: number;
}

/** Figures of a worker's event loop. */
export interface LoopFigures {
  /** The size of its heap in bytes, if the runtime reports it. */
  heapBytes: number | undefined;
  use: LoopUse;
}

/** How busy a loop was, in milliseconds. Both figures are 0 if the runtime does not report them. */
export interface LoopUse {
  /** Time in which the loop was busy while tasks ran. */
  busy: number;
  /** Time in which tasks ran. */
  watched: number;
}

export interface LastWords {
  /** A phrase that completes "Worker 3 was lost: …". */
  reason: string;
  /** The worker's exit code, if known. */
  exitCode: number | undefined;
  /** The signal that ends its process, if known. */
  signal: string | undefined;
  cause: ErrorData | undefined;
}

/** A task with more than its input. */
export interface TaskRequest {
  input: unknown;
  /** The task's number. It stays the same in every attempt, while each attempt has a record id of its own. */
  taskId: number;
  /** The number of this attempt, from 1. */
  attempt: number;
  /** Whether the caller listens to `context.progress`. */
  progress: boolean;
  /** Whether the worker must not return the task. Set if values were transferred with it, because the caller no longer has them. */
  keep: boolean;
  /** The index of its input in a map, from 0. */
  index?: number;
  /** For a stream: number of values that may be sent before the reader asks for more. */
  credit?: number;
  /** The trace context of the body, if tracing is on. */
  trace?: TraceCarrier;
}
