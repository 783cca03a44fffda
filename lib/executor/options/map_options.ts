/** The options of `map()` and `flatMap()`. */

import type { Movable } from "../../wire/movable.ts";
import { count, flag, type OptionNames } from "./checks.ts";
import type { ResolvedOptions } from "./resolve.ts";
import { COMMON, type TaskOptions } from "./task_options.ts";

/** The inputs of `map`: a sync or async iterable. Promises among them are awaited, as `for await` does. */
export type MapInputs<I> = Iterable<I | PromiseLike<I>> | AsyncIterable<I | PromiseLike<I>>;

/** Options of {@link TaskExecutor.map}. */
export interface MapOptions<I = unknown> extends Omit<TaskOptions, "timeout" | "transfer" | "onProgress"> {
  /**
   * Whether results come in the order of their inputs. If not, they come as they are ready.
   *
   * @defaultValue true
   */
  ordered?: boolean;
  /**
   * Whether to yield a {@link MapOutcome} for each input instead of throwing at the first failure.
   *
   * @defaultValue false
   */
  settled?: boolean;
  /**
   * Maximum number of inputs that are pulled ahead of the results that were read.
   *
   * @defaultValue twice the number of inputs that the workers hold: their slots, and some hundreds more per worker while tasks
   * take less than a millisecond
   */
  window?: number;
  /**
   * Whether an input that a task hands in by `context.add` runs even if another input has the same content. Without the option,
   * each distinct input runs once, and the map's inputs must be an array. With `false`, they may be any iterable, and the
   * content of each is remembered.
   *
   * @defaultValue inputs are compared, and the first `context.add` ends the map with an error if its inputs are not an array
   */
  revisit?: boolean;
  /**
   * Maximum number of inputs, those that tasks hand in by `context.add` included. The results are those of the first inputs in order.
   *
   * @defaultValue Infinity
   */
  maxInputs?: number;
  /** Stops early but cleanly when it aborts: no more inputs are pulled, no more tasks start, tasks that run yield their results. */
  drain?: AbortSignal;
  /** Returns the parts of an input that move to the worker instead of being copied. */
  transfer?: (input: I) => Movable[];
  /**
   * Maximum run time of each body, in milliseconds, as for a single task; or a function that returns it for an input and its
   * index. Where that returns undefined, the executor's own `timeout` holds.
   *
   * @defaultValue the executor's `timeout`
   */
  timeout?: number | ((input: I, index: number) => number | undefined);
  /**
   * Returns a signal that cancels one input: its outcome is then the signal's reason. Where it returns undefined, only the map's
   * own `signal` cancels that input, together with all others.
   *
   * @example Inputs that are cancelled one by one
   * ```ts
   * import { Executor } from "@polyloop/polyloop";
   *
   * await using executor = new Executor(null, { workers: 1 });
   * const gone = AbortSignal.abort(new Error("nobody waits for this one"));
   * const outcomes = await executor.map((n: number) => n * 2, [1, 2, 3], {
   *   settled: true,
   *   inputSignal: (_, index) => index === 1 ? gone : undefined,
   * }).toArray();
   * if (outcomes.map(({ status }) => status).join() !== "fulfilled,rejected,fulfilled") throw new Error("unexpected");
   * ```
   */
  inputSignal?: (input: I, index: number) => AbortSignal | undefined;
}

export const MAP_OPTIONS: OptionNames<MapOptions> = {
  ...COMMON,
  key: true,
  transfer: true,
  inputSignal: true,
  ordered: true,
  settled: true,
  window: true,
  revisit: true,
  maxInputs: true,
  drain: true,
};

/** Options of `flatMap()`, as {@link MapOptions} has them. */
export type FlatMapOptions<I = unknown> = Omit<MapOptions<I>, "settled">;

const { settled: _, ...flatMapOptions } = MAP_OPTIONS;

export const FLAT_MAP_OPTIONS: OptionNames<FlatMapOptions> = flatMapOptions;

/** Minimum window of a map with `limitPer`, so that it finds tasks that can pass the ones that exceed their limit. A guess. */
const LOOK_AHEAD = 1_024;

/**
 * Resolves `window` of a map. The default is twice the number of tasks that the workers hold, within and beyond their slots, but at
 * most the number of tasks that may be in the executor.
 */
export function resolveWindow(
  window: number | undefined,
  executor: ResolvedOptions,
  pool: { readonly capacity: number; readonly slots: number },
): () => number {
  if (window !== undefined) {
    const fixed = count("window", window, 1);
    return () => fixed;
  }
  const least = executor.limitPer ? LOOK_AHEAD : 0;
  return () => Math.min(Math.max(least, 2 * pool.capacity), pool.slots + executor.maxQueue);
}

/** Resolves the options of a map about inputs that tasks hand in. */
export function resolveAdding(
  { revisit, maxInputs = Infinity }: Pick<MapOptions, "revisit" | "maxInputs">,
): { revisit: boolean | undefined; most: number } {
  return {
    revisit: revisit === undefined ? undefined : flag("revisit", revisit),
    most: maxInputs === Infinity ? maxInputs : count("maxInputs", maxInputs, 1),
  };
}
