/**
 * Measures the tasks per second of one combination of workers and concurrency. A new executor runs the sample again and again
 * until its time is over.
 */

import type { Executor } from "../../executor/executor.ts";
import type { MapResults } from "../../executor/calls/map.ts";
import type { MapOptions } from "../../executor/options/map_options.ts";
import type { MapOutcome } from "../../executor/tasks/task_handle.ts";

/** The two flags that are measured. */
export interface Combination {
  workers: number;
  concurrency: number;
}

export class InputCounts {
  readonly ok: Uint32Array;
  readonly failed: Uint32Array;

  constructor(inputs: number) {
    this.ok = new Uint32Array(inputs);
    this.failed = new Uint32Array(inputs);
  }

  add(others: InputCounts): void {
    for (let at = 0; at < this.ok.length; at++) {
      this.ok[at] += others.ok[at];
      this.failed[at] += others.failed[at];
    }
  }
}

export interface Measured extends Combination {
  /** Tasks per second. */
  rate: number;
  tasks: number;
  failed: number;
  /** Number of failed tasks whose input failed with every combination. */
  alwaysFailed?: number;
  error: unknown;
  /** The time of the measure, in milliseconds. */
  ms?: number;
  inputs?: InputCounts;
}

interface MeasureInit {
  task: string;
  inputs: unknown[];
  options: Pick<MapOptions, "encoding">;
  most: number;
}

/** A measure lasts at least this many times as long as one task. A guess: a few tasks per slot. */
export const ROUNDS = 5;

/** How long aborted tasks may take to end before their workers are stopped, in milliseconds. A guess. */
const PATIENCE = 500;

/**
 * Measures for `time.soft` milliseconds, without the start of the workers, and closes the executor. If no task has ended by
 * then, waits for the first one until `time.hard`.
 */
export async function measure(
  executor: Executor,
  { task, inputs, options, most }: MeasureInit,
  time: { soft: number; hard: number },
): Promise<Omit<Measured, keyof Combination>> {
  await executor.ready();
  const abort = new AbortController();
  const begun = performance.now();
  const found = { tasks: 0, failed: 0, error: undefined as unknown, inputs: new InputCounts(inputs.length) };
  let last = begun;
  const timers = [
    setTimeout(() => found.tasks > 0 && abort.abort(), time.soft),
    setTimeout(() => abort.abort(), Math.max(time.soft, time.hard)),
  ];
  const outcomes = executor.map(task, again(inputs, most), {
    ...options,
    ordered: false,
    settled: true,
    // Only the inputs of the file are measured, and not those that tasks hand in.
    maxInputs: most,
    revisit: true,
    signal: abort.signal,
  }) as MapResults<MapOutcome>;
  try {
    for await (const batch of outcomes.batches()) {
      if (abort.signal.aborted) break;
      const isFirst = found.tasks === 0;
      last = performance.now();
      found.tasks += batch.length;
      for (const outcome of batch) {
        const at = outcome.index % inputs.length;
        if (outcome.status === "fulfilled") {
          found.inputs.ok[at]++;
          continue;
        }
        found.inputs.failed[at]++;
        found.failed++;
        found.error ??= outcome.reason;
      }
      if (last - begun <= time.soft) continue;
      if (!isFirst) abort.abort();
      // The first task ended late. Tasks of the same length are about to end, too.
      else timers.push(setTimeout(() => abort.abort(), (last - begun) / 10));
    }
  } catch (error) {
    if (!abort.signal.aborted) throw error;
  } finally {
    timers.forEach(clearTimeout);
    await executor.close({ timeout: PATIENCE });
  }
  // Until the last result, because long tasks may be in flight at the end.
  const ms = Math.max(1e-3, last - begun);
  return { ...found, ms, rate: found.tasks / ms * 1_000 };
}

export function together(one: Measured, other: Omit<Measured, keyof Combination>): Measured {
  const inputs = one.inputs ?? other.inputs;
  if (one.inputs && other.inputs) one.inputs.add(other.inputs);
  const [tasks, ms] = [one.tasks + other.tasks, (one.ms ?? 0) + (other.ms ?? 0)];
  return {
    ...one,
    tasks,
    ms,
    inputs,
    failed: one.failed + other.failed,
    error: one.error ?? other.error,
    rate: tasks / ms * 1_000,
  };
}

/** Runs one task and closes the executor. Returns the time of the task in milliseconds, or undefined if it was over `limit`. */
export async function tryOne(
  executor: Executor,
  { task, inputs, options }: MeasureInit,
  limit: number,
): Promise<number | undefined> {
  await executor.ready();
  const begun = performance.now();
  const signal = AbortSignal.timeout(limit);
  const attempt = executor.run(task, inputs[0], { ...options, signal });
  // The measures report failures.
  await Promise.resolve(attempt).catch(() => {});
  const time = performance.now() - begun;
  await executor.close({ timeout: PATIENCE });
  return signal.aborted ? undefined : time;
}

function* again<T>(items: T[], most: number): Generator<T> {
  for (let at = 0; at < most; at++) yield items[at % items.length];
}
