/** What a task gets beside its input, and the hooks of its module. */

import type { Movable } from "../wire/movable.ts";

/** The second argument of a task: facts about its call, and functions to report to its caller. */
export interface TaskContext {
  /** Aborted when the task is cancelled or times out. `reason` says why. Pass it to `fetch` and similar functions. */
  readonly signal: AbortSignal;
  /** The task's number, unique within its executor. */
  readonly taskId: number;
  /** Which attempt this is, from 1. */
  readonly attempt: number;
  /**
   * A text that is the same in every attempt of this task, and different for each task of a run. Use it as an
   * idempotency key for services that must not do the same work twice.
   *
   * With `--journal` it depends on the input's content: 32 hexadecimal digits of the SHA-256 of the input's text, a
   * dot, and the number of that text's occurrence, from 1. So it is the same in every attempt, after every `resume`, on
   * every machine, and at every index of the input. Two runs over the same inputs have the same keys.
   *
   * With `--batch` it depends on all inputs of the call, in their order.
   */
  readonly key: string;
  /** The key of each input of a call with `--batch`, in their order. Without `--batch`, only `key`. */
  readonly keys: readonly string[];
  /** The number of the worker that runs the task. */
  readonly workerId: number;
  /**
   * The worker's position in the pool: 0 … `workers` − 1. A worker that replaces another takes over its position, so a
   * position can stand for a port or a database. While a worker is recycled, it and its successor share a position for
   * a short time. Over a broker, each machine counts its positions separately.
   */
  readonly position: number;
  /** The index of the input in its `map`, from 0, in the order of starts; undefined for other tasks. */
  readonly index: number | undefined;
  /** The executor's `workerData`: one copy per worker. */
  readonly workerData: unknown;
  /**
   * Reports `value` to the caller's `onProgress` at once, even while the body computes. If the caller listens, a value
   * that cannot be cloned fails the task.
   */
  readonly progress: (value: unknown) => void;
  /**
   * Adds `amount` to the sum `name`, such as tokens or cost: `count("tokens", 812)`. Of each task, the attempt that gives the
   * outcome counts; another sum, `spent`, has what all attempts counted. Sums of decimals are exact: 0.1 and 0.2 are 0.3.
   *
   * The name is a text of 1 to 100 characters, and the amount a finite number, which may be negative. Anything else throws a
   * `TypeError`, and so does the 1,001st name on one worker. After the body has ended, nothing is counted.
   */
  readonly count: (name: string, amount: number) => void;
  /**
   * Hands in a further input of the same map, or of the same `polyloop run`: `await add(link)`. If a task is tried again, the
   * inputs that its earlier attempt handed in are dropped. Added inputs run after the inputs that were there, in the order of
   * their tasks. Each distinct one runs once: an input is left out if another one has the same content.
   *
   * Throws a `TypeError` if the task belongs to no map or run, or to a run with `--batch`; if the input is
   * `undefined`; and if the body has ended. Throws a `TaskCloneError` or a `TypeError` if the input cannot be sent.
   */
  readonly add: (input: unknown) => Promise<void>;
  /**
   * Replaces the weight of this attempt in a `rate` with weights: `used("tokens", 812)`. Each later call adds to it. It holds
   * for the rates of this name, and for those without a name; where there are none, it does nothing. The name and the amount
   * are like those of `count`, but the amount is at least 0.
   */
  readonly used: (name: string, amount: number) => void;
  /** Marks values to be moved instead of copied: `return transfer(pixels, [pixels.buffer])`. Returns `value`. */
  readonly transfer: <T>(value: T, transferList: Movable[]) => T;
}

/** The argument of a module's `setup` and `teardown`. */
export interface WorkerContext {
  /** The number of this worker. */
  readonly workerId: number;
  /** The worker's position in the pool: 0 … `workers` − 1. A worker that replaces another takes over its position. */
  readonly position: number;
  /** The executor's `workerData`: one copy per worker. */
  readonly workerData: unknown;
}
