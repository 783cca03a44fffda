/**
 * How many tasks per second one combination of workers and concurrency gets through: a fresh executor runs the
 * sample again and again until its time is over.
 *
 * @module
 */

import type { Executor } from "../../executor/executor.ts";
import type { MapResults } from "../../executor/calls/map.ts";
import type { MapOptions, MapOutcome } from "../../executor/types.ts";
import { InputCounts } from "./input_counts.ts";

/** What is tried. */
export interface Combination {
  workers: number;
  concurrency: number;
}

/** What came of it. */
export interface Measured extends Combination {
  /** Tasks per second. */
  rate: number;
  /** Tasks that ended in the time. */
  tasks: number;
  failed: number;
  /** Of these, those whose input failed with every combination. */
  alwaysFailed?: number;
  /** What one of them failed of. */
  error: unknown;
  /** How long it was measured, in milliseconds. */
  ms?: number;
  /** What became of each input. */
  inputs?: InputCounts;
}

/** What the tasks are. */
interface MeasureInit {
  task: string;
  inputs: unknown[];
  options: Pick<MapOptions, "encoding">;
  /** So many inputs are run at the most. */
  most: number;
}

/** So long a measurement must last at least, in running times of a task: a few rounds. */
export const ROUNDS = 5;

/** A closed executor waits so long for tasks that go on after they were aborted, in milliseconds. */
const PATIENCE = 500;

/** `time` is in milliseconds, without the start of the workers; a task that takes longer than that ends it later. */
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
      // This one kept us waiting; those that run beside it are about to end as well.
      else timers.push(setTimeout(() => abort.abort(), (last - begun) / 10));
    }
  } catch (error) {
    if (!abort.signal.aborted) throw error;
  } finally {
    timers.forEach(clearTimeout);
    await executor.close({ timeout: PATIENCE });
  }
  // Until the last result, not until the end: of tasks that take long, some are under way then.
  const ms = Math.max(1e-3, last - begun);
  return { ...found, ms, rate: found.tasks / ms * 1_000 };
}

/** Two measures of the same combination, as one. */
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

/** About how long one task takes, in milliseconds, and the executor is closed. */
export async function tryOne(
  executor: Executor,
  { task, inputs, options }: MeasureInit,
  limit: number,
): Promise<number> {
  await executor.ready();
  const begun = performance.now();
  const attempt = executor.run(task, inputs[0], { ...options, signal: AbortSignal.timeout(limit) });
  // What it failed of will be seen again.
  await Promise.resolve(attempt).catch(() => {});
  const time = performance.now() - begun;
  await executor.close({ timeout: PATIENCE });
  return time;
}

/** The same items again and again, `most` in all. */
function* again<T>(items: T[], most: number): Generator<T> {
  for (let at = 0; at < most; at++) yield items[at % items.length];
}
