/**
 * What caller and worker say to each other: types, and the numbers that stand for them.
 *
 * A record is four elements: `kind, id, number, value`. A message is one flat array of records, because the cost of a
 * post is per post and per object, and hardly at all per element. Tasks with consecutive ids share one record, a *series*.
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
 *
 * @module
 */

import type { ErrorData } from "./error_data.ts";
import type { Packed } from "./packed.ts";
import type { TraceCarrier } from "./telemetry.ts";

/** Elements of a record: kind, id, number, value. */
export const RECORD_LENGTH = 4;

/** The commonest kind of record, in both directions: one task with its input, or with its result. */
export const ONE = 0;

/**
 * A series: many records of kind {@link ONE} in one, for the tasks `id`, `id + 1` and so on. `value` is an array of their
 * values, or `PackedLines` of `lines.ts`. `number` is the number of each, or an array where the numbers differ.
 */
export const MANY = 12;

/**
 * The first record of a message in which some values do not cross as they are: its `value` lists each {@link Packed} that
 * stands in the place of such a value.
 */
export const PACKED = 20;

/** The kinds of record that the caller sends. */
export const ToWorker = {
  /** Run task `id` of target `number` on the input `value`: the common case, in one slot each. */
  run: ONE,
  /** Run task `id` of target `number`, which carries more than its input: `value` is a {@link TaskRequest}. */
  runWith: 1,
  /** Abort task `id`: its signal's reason is `value`. */
  abort: 2,
  /** The reader of task `id`'s stream has room for `number` more values. */
  credit: 3,
  /** From now on, `number` stands for the target `value`. */
  target: 4,
  /** Run `teardown`, then say {@link ToCaller.closed}. */
  close: 5,
  /** From now on, up to `number` tasks run at once. */
  concurrency: 6,
  /** From now on, measure the bodies' own times, and show in shared memory which body holds the loop. */
  watch: 7,
  /** Say how long the body of task `id` has run. */
  ask: 8,
  /**
   * From now on, task `id` stands at `id` plus `number` among the inputs of a map. If `value` is false, tasks are none of a
   * map's.
   */
  indexed: 9,
} as const;

/** Which records from the caller have a value of the user's, and whether it is the `value` or the `input` in it. */
export const INPUTS: UserValues = { [ONE]: "value", [ToWorker.runWith]: "input" };

/** The kinds of record that the worker sends. */
export const ToCaller = {
  /** Task `id` returned `value` after `number` microseconds. */
  done: ONE,
  /** Task `id` threw `value` after `number` microseconds. */
  fail: 1,
  /** Task `id` reports progress. */
  progress: 2,
  /** Task `id`, a generator, yields `value`. */
  yield: 3,
  /** The worker is ready; `value` lists the module's tasks. */
  ready: 4,
  /** The worker cannot start: `value` says why. */
  startFailed: 5,
  /** The worker is about to end; `value` says why. */
  lastWords: 6,
  /** The worker's event loop ran `number` microseconds late; `value` is its other figures. */
  lag: 7,
  /** `teardown` has ended; `value` is what it threw, if anything. */
  closed: 8,
  /** An abort has arrived: the worker's event loop turns, also if the task ignores the abort. */
  aborted: 9,
  /** Task `id` was sent ahead, and no slot has become free for it: another worker may run it. */
  returned: 10,
  /** Task `id` yielded or reported a value that cannot be cloned: `value` is the error. Its body goes on until it is closed. */
  broken: 11,
  /** The body of task `id` is about to begin. Only workers with `announces` say so. */
  started: 13,
  /** The body of task `id` has run for `number` microseconds of its own and `value` by the clock; undefined if it has not begun. */
  age: 14,
  /** The body of task `id` has held the event loop for `number` microseconds. A second thread of the process says so. */
  blocked: 15,
} as const;

/** Which records from the worker have a value of the user's. */
export const RESULTS: UserValues = {
  [ONE]: "value",
  [ToCaller.progress]: "value",
  [ToCaller.yield]: "value",
};

/** Where a record has a value of the user's, by the record's kind. */
export type UserValues = Partial<Record<number, "value" | "input">>;

/** One record on its way to a worker. */
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
  | [kind: typeof ToWorker.ask, id: number, unused: number, unused2: undefined];

/** One record on its way to the caller. */
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
  | [kind: typeof ToCaller.started, id: number, unused: number, unused2: undefined]
  | [kind: typeof ToCaller.age, id: number, own: number, wall: number | undefined]
  | [kind: typeof ToCaller.blocked, id: number, micros: number, unused: undefined];

/** Figures of a worker's event loop. */
export interface LoopFigures {
  /** The memory of its heap, in bytes, where the runtime tells. */
  heapBytes: number | undefined;
  use: LoopUse;
}

/** How busy a loop was, in milliseconds. Both figures are 0 where the runtime does not tell. */
export interface LoopUse {
  /** How long the loop was busy while tasks ran. */
  busy: number;
  /** How long tasks ran. */
  watched: number;
}

/** Why a worker ends. */
export interface LastWords {
  /** A phrase that completes "Worker 3 was lost: …". */
  reason: string;
  /** The code that it exits with, where that is known. */
  exitCode: number | undefined;
  /** The signal by which its process ends, where that is known. */
  signal: string | undefined;
  cause: ErrorData | undefined;
}

/** A task that carries more than its input. */
export interface TaskRequest {
  input: unknown;
  /** The task's own number: the id of the record is the number of the attempt. */
  taskId: number;
  /** Which attempt this is, from 1. */
  attempt: number;
  /** Whether anyone listens to `context.progress`. */
  progress: boolean;
  /** Whether it must not be returned unstarted, because what was transferred with it is gone at the caller. */
  keep: boolean;
  /** The place of its input among those of a map, from 0. */
  index?: number;
  /** For a stream: how many values may be sent before the reader asks for more. */
  credit?: number;
  /** The span that the body is in, where there is one. */
  trace?: TraceCarrier;
}

/** How a task's input arrives and how its result leaves: as values, or as text that the worker reads and writes. */
export interface Encoding {
  /**
   * `"json"`: the input is JSON text (or its UTF-8 bytes); `"text"`: text or UTF-8 bytes, handed on as text;
   * `"record"`: JSON text that the caller made, or in its place why it could not (`refusal.ts`).
   */
  input?: "value" | "json" | "text" | "record";
  /**
   * `"json"`: the result returns as JSON text; `"text"`: strings as they are, anything else as JSON text; `"object"`:
   * JSON text of an object, and anything else fails.
   */
  output?: "value" | "json" | "text" | "object";
  /**
   * The columns that inputs have, where objects do not keep their order: JSON text has the keys of results in this order
   * (`key_order.ts`).
   *
   * @internal
   */
  columns?: string[];
  /** Whether an input is a batch: several inputs for one call (`input_batch.ts`). */
  batch?: boolean;
  /**
   * Where the key of each input comes from, if it is not its number. `"sent"`: the key, and a tab, stand before the
   * input; `"content"`: it is made of the input's text (`content_key.ts`).
   *
   * @internal
   */
  keyed?: "sent" | "content";
}

/** Which function to run: an export of the worker's module, or one that travels as source. */
export interface TargetSpec {
  name: string;
  source?: string;
  encoding?: Encoding;
}

/** What a worker is told first, once. */
export interface WorkerInit {
  workerId: number;
  /** Its place in the pool, from 0. */
  position: number;
  /** The module with the tasks, as a URL; none where only inline functions run. */
  module: string | null;
  workerData: unknown;
  /** What stands for the parts of `workerData` that do not cross as they are. */
  stands?: Packed["stands"];
  /** What the keys of tasks begin with, where an input has no key of its own. */
  keySeed: string;
  /** How many tasks run at once, until {@link ToWorker.concurrency} changes it. */
  concurrency: number;
  /** How often to report the loop's lag, in milliseconds. */
  lagInterval: number;
  /** Whether to say {@link ToCaller.started} before each body begins. */
  announces: boolean;
  /** Memory that the worker shares with its caller, where the platform can share any. */
  memory?: SharedArrayBuffer;
  /** The Web Lock to hold while the worker lives; undefined where something else tells of its end. */
  lock?: string;
  /** Where the task's `console.log` and `process.stdout` go. With "event", the caller gets the text. */
  console: "inherit" | "stderr" | "event";
  /** Whether the module's `setup` and `teardown` run. */
  hooks: boolean;
  /** The export with the schema that inputs are checked by, if any. */
  schema?: string;
  /** The modules of the executors that the worker is nested in, its own last. */
  nest?: string[];
}
