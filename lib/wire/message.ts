/**
 * What caller and worker say to each other. A message is a *record* of four array slots,
 * `kind, id, number, value`; a batch is many records in one flat array, because posting costs per
 * post and per object, and hardly at all per slot. Neighbours of the commonest kind share one record:
 * see {@link MANY}. Types, and the numbers that stand for them.
 *
 * @module
 */

import type { ErrorData } from "./error_data.ts";
import type { Packed } from "./packed.ts";
import type { TraceCarrier } from "./telemetry.ts";

/** The kind, in both directions, of the records that are most of all. */
export const ONE = 0;

/**
 * Many records of kind {@link ONE} in one: tasks `id`, `id + 1` and so on, of which `value` is the array of their
 * values, or the same as `PackedLines` of `lines.ts`. `number` is the number of each, or an array of them where they differ.
 */
export const MANY = 12;

/**
 * The first record of a message in which values do not cross as they are: its `value` lists the {@link Packed} that stand
 * for them where they were.
 */
export const PACKED = 20;

/** The kinds of record that the caller sends. */
export const ToWorker = {
  /** Run task `id` of target `number` on the input `value`: the common case, in one slot each. */
  run: ONE,
  /** The same for a task that wants more than its input: `value` is a {@link RunRequest}. */
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
  /** From now on, a task that is run stands at its `id` plus `number` among a map's inputs; at none if `value` is false. */
  indexed: 9,
} as const;

/** Where a record that the caller sends has a value of the user's: it is that, or its `input`. */
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
  /** The worker is about to end; `value` is why. */
  lastWords: 6,
  /** Its event loop ran `number` microseconds late; `value` is what else is known of it. */
  lag: 7,
  /** `teardown` is over; `value` is what it threw, if it did. */
  closed: 8,
  /** An abort has arrived: the worker's event loop is alive, whatever the task makes of it. */
  aborted: 9,
  /** Task `id` was sent ahead and has not started, and no slot falls free: someone else may have it. */
  returned: 10,
  /** Task `id` yielded or reported what cannot be cloned: `value` says why. Its body goes on until it is closed. */
  broken: 11,
  /** The body of task `id` begins. Sent before it, by workers that announce each. */
  started: 13,
  /** The body of task `id` has run for `number` microseconds of its own, `value` of the clock's; none if it waits. */
  age: 14,
  /** The body of task `id` has held up the event loop for `number` microseconds; a second thread tells. */
  blocked: 15,
} as const;

/** Where a record that the worker sends has a value of the user's. */
export const RESULTS: UserValues = {
  [ONE]: "value",
  [ToCaller.progress]: "value",
  [ToCaller.yield]: "value",
};

/** Where a record has a value of the user's, by the kind of the record. */
export type UserValues = Partial<Record<number, "value" | "input">>;

/** One record on its way to a worker. */
export type ToWorkerRecord =
  | [kind: typeof ToWorker.run, id: number, target: number, input: unknown]
  | [kind: typeof ToWorker.runWith, id: number, target: number, request: RunRequest]
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

/** What is known of a worker's event loop. */
export interface LoopFigures {
  /** The memory of its heap, in bytes, where the runtime tells. */
  heapBytes: number | undefined;
  use: LoopUse;
}

/** How busy a loop was. Milliseconds; both 0 where the runtime does not tell. */
export interface LoopUse {
  /** How long it was busy, */
  busy: number;
  /** of so much time in which tasks ran. */
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

/** A run that carries more than its input. */
export interface RunRequest {
  input: unknown;
  /** The task's own number: the record's is that of the attempt. */
  taskId: number;
  /** Which attempt this is, from 1. */
  attempt: number;
  /** Whether anyone listens to `context.progress`. */
  progress: boolean;
  /** Whether it may not be returned unstarted: what was transferred with it is gone at the caller's. */
  keep: boolean;
  /** Where its input stands among those of a map. */
  index?: number;
  /** For a stream: how many values may be sent before the reader asks for more. */
  credit?: number;
  /** The span that the body is in, where there is one. */
  trace?: TraceCarrier;
}

/** How a task's input arrives and its result leaves: as values, or as text for the worker to handle. */
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
  /** Whether an input is several, each in that way (`input_batch.ts`). */
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

/** What a worker is told once, before anything else. */
export interface WorkerInit {
  workerId: number;
  /** Its place in the pool, from 0. */
  position: number;
  /** The module with the tasks, as a URL; none where only inline functions run. */
  module: string | null;
  workerData: unknown;
  /** What stands for parts of it that do not cross as they are. */
  stands?: Packed["stands"];
  /** What the keys of tasks begin with that are handed none. */
  keySeed: string;
  /** Tasks that run at once, until it is told otherwise. */
  concurrency: number;
  /** How often to report the loop's lag, in milliseconds. */
  lagInterval: number;
  /** Whether to say when each body begins, before it does. */
  announces: boolean;
  /** Memory that the worker shares with its caller, where that can be. */
  memory?: SharedArrayBuffer;
  /** The Web Lock to hold for as long as the worker lives; none where something else tells of its end. */
  lock?: string;
  /** Where the task's `console.log` and `process.stdout` go; with "event", the caller is told. */
  console: "inherit" | "stderr" | "event";
  /** Whether the module's `setup` and `teardown` run. */
  hooks: boolean;
  /** The export that checks inputs, if there is to be one. */
  schema?: string;
  /** The modules of the executors that the worker is nested in, its own last. */
  nest?: string[];
}
