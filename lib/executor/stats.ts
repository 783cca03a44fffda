/** The figures of an executor: counts of tasks by state, their wait and run times, and the state of each worker. */

import { type Distribution, Histogram } from "./basics/histogram.ts";
import type { Task } from "./tasks/task.ts";
import { Sums } from "./basics/sums.ts";
import { eachNumber, type Numbers } from "../wire/series_numbers.ts";

/** One worker's figures. */
export interface WorkerStats {
  /** Its number, from 1, as the task context has it. */
  workerId: number;
  /** `"starting"`: it takes no tasks yet. `"ready"`: it takes tasks. `"draining"`: it takes no more tasks. */
  state: "starting" | "ready" | "draining";
  /** Size of its heap at its last report, in bytes; 0 if the runtime does not tell. */
  heapBytes: number;
  /** Number of tasks on it, including cancelled tasks whose bodies have not ended. */
  inFlight: number;
  /** The lag of its event loop at its last report, in milliseconds. */
  loopLag: number;
}

/** An executor's figures at one moment. */
export interface ExecutorStats {
  /** Number of tasks that wait for a slot, or for their next attempt. */
  pending: number;
  /** Number of tasks that wait for their next attempt. */
  retrying: number;
  /** Time until tasks start again, in milliseconds, if an error's `retryAfter` has paused all tasks; else 0. */
  pausedMs: number;
  /** Number of keys of `limitPer` whose tasks are paused by an error's `retryAfter`. */
  pausedKeys: number;
  /** The amount of each `rate`. With `auto`, the highest amount at which no task was refused for a while. */
  rates: number[];
  /** Number of tasks on workers. */
  inFlight: number;
  /** Number of tasks that returned. */
  succeeded: number;
  /**
   * Number of tasks that threw, timed out, or were lost or cancelled. Tasks that were refused, because the queue was full or the
   * executor was closed, do not count.
   */
  failed: number;
  /** Number of failed attempts that were followed by another. */
  retries: number;
  /** Number of tasks that each worker may have in flight. */
  concurrency: number;
  /** The present workers. */
  workers: WorkerStats[];
  /**
   * Number of threads whose worker was given up and that go on computing, because this runtime cannot stop them (Deno). Each keeps a
   * core busy.
   */
  stuckThreads: number;
  /** The part of the time of all slots in which a task was running, from 0 to 1, since the first worker started. */
  utilization: number;
  /**
   * The part of the time with tasks in which the workers' event loops were busy, from 0 to 1; undefined if the runtime does not tell.
   * On a busy loop, the run time of a body contains its waits for other bodies.
   */
  loopUtilization: number | undefined;
  /** The run times of bodies, in milliseconds. Each attempt counts. */
  runTime: Distribution;
  /** The times that tasks waited before they were sent to a worker, in milliseconds. */
  waitTime: Distribution;
  /**
   * The sums that tasks have counted by `context.count`, by name. Of each task that has settled, only the attempt that gave the
   * outcome counts.
   */
  counts: Record<string, number>;
  /** The sums of all attempts, by name: also of attempts that run, that were followed by another, or whose worker was lost. */
  spent: Record<string, number>;
}

export class Counters {
  readonly runTime: Histogram = new Histogram();
  readonly waitTime: Histogram = new Histogram();
  readonly counts: Sums = new Sums();
  readonly spent: Sums = new Sums();
  succeeded = 0;
  failed = 0;
  retries = 0;

  /** Counts a task that was sent to a worker. */
  started(task: Task, now: number): void {
    if (task.attempt === 1) this.waitTime.record((now - task.submitted) * 1000);
  }

  /** Counts a chunk that was sent to a worker. Its first input was handed in at the time `submitted`. */
  startedChunk(submitted: number, count: number, now: number): void {
    this.waitTime.record((now - submitted) * 1000, count);
  }

  /** Counts tasks that have returned, and their run times in microseconds. */
  succeededMany(micros: Numbers, count: number): void {
    this.succeeded += count;
    eachNumber(micros, count, (micros, count) => this.runTime.record(micros, count));
  }

  /** Counts the run time of an attempt that has failed and is followed by another. */
  attempted(task: Task): void {
    if (task.micros > 0) this.runTime.record(task.micros);
  }

  /** Counts a task that has settled. */
  settled(task: Task, ok: boolean): void {
    if (ok) this.succeeded++;
    else this.failed++;
    const { counts } = task;
    if (counts) this.counts.addAll(counts);
    if (task.micros > 0) this.runTime.record(task.micros);
  }
}

/** The sum of the times of all slots, for `utilization`. */
export class SlotTime {
  #total = 0;
  #until: number | undefined;

  /** Begins to count, at the first task or the first start of a worker. */
  begin(): void {
    this.#until ??= performance.now();
  }

  /** Adds the time since the last call, with this number of slots. Returns the sum, in milliseconds. */
  add(slots: number): number {
    if (this.#until === undefined) return 0;
    const now = performance.now();
    this.#total += (now - this.#until) * slots;
    this.#until = now;
    return this.#total;
  }
}
