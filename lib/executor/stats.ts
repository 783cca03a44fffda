/**
 * The figures of an executor: how many tasks are where, how long they waited and ran, how busy each
 * worker is.
 *
 * @module
 */

import { type Distribution, Histogram } from "./histogram.ts";
import type { Task } from "./calls/task.ts";

/** One worker's figures. */
export interface WorkerStats {
  /** Its number, from 1, as the task context has it. */
  workerId: number;
  /** Whether it takes tasks: not yet, now, or no more. */
  state: "starting" | "ready" | "draining";
  /** The memory of its heap when last looked at, in bytes; 0 where the runtime does not tell. */
  heapBytes: number;
  /** Tasks on it, cancelled ones whose bodies have not ended included. */
  inFlight: number;
  /** How late its event loop ran when it was last looked at, in milliseconds. */
  loopLag: number;
}

/** An executor's figures at one moment. */
export interface ExecutorStats {
  /** Tasks that wait: for a slot, or for their next attempt. */
  pending: number;
  /** Those of them that failed and wait for their next attempt. */
  retrying: number;
  /** Tasks on workers. */
  inFlight: number;
  /** Tasks that returned. */
  succeeded: number;
  /**
   * Tasks that threw, timed out, or were lost or cancelled; not those that were refused, because the queue was full or the
   * executor closed.
   */
  failed: number;
  /** Attempts that failed and were followed by another. */
  retries: number;
  /** How many tasks each worker may have in flight. */
  concurrency: number;
  /** Those that there are now. */
  workers: WorkerStats[];
  /**
   * Threads of workers that were given up which compute on, because this runtime cannot stop a thread before what it
   * computes has come back (Deno). Each keeps a core busy.
   */
  stuckThreads: number;
  /** The part of all slots' time in which a task was running, from 0 to 1, since the first worker started. */
  utilization: number;
  /**
   * How much of the time in which they had tasks the workers' event loops were busy, from 0 to 1; undefined where the
   * runtime does not tell. On a busy loop a body's run time contains its waits for its neighbours.
   */
  loopUtilization: number | undefined;
  /** How long the bodies ran, in milliseconds; each attempt counts. */
  runTime: Distribution;
  /** How long tasks waited before they were sent to a worker, in milliseconds. */
  waitTime: Distribution;
}

/** Counts what settles. */
export class Counters {
  readonly runTime = new Histogram();
  readonly waitTime = new Histogram();
  succeeded = 0;
  failed = 0;
  retries = 0;

  /** A task was sent to a worker. */
  started(task: Task, now: number): void {
    if (task.attempt === 1) this.waitTime.record((now - task.submitted) * 1000);
  }

  /** `count` inputs of a map, of which the first came at the time `submitted`, were sent to a worker. */
  startedChunk(submitted: number, count: number, now: number): void {
    this.waitTime.record((now - submitted) * 1000, count);
  }

  /** So many tasks have returned. */
  succeededMany(micros: number | number[], count: number): void {
    this.succeeded += count;
    if (typeof micros === "number") this.runTime.record(micros, count);
    else this.runTime.recordAll(micros, count);
  }

  /** An attempt failed, and another will follow. */
  attempted(task: Task): void {
    if (task.micros > 0) this.runTime.record(task.micros);
  }

  /** A task has settled. */
  settled(task: Task, ok: boolean): void {
    if (ok) this.succeeded++;
    else this.failed++;
    if (task.micros > 0) this.runTime.record(task.micros);
  }
}

/** How long there were slots, each by itself: what the run time of tasks is compared with. */
export class SlotTime {
  #total = 0;
  #until: number | undefined;

  /** The first task has come, or a worker is to start. */
  begin(): void {
    this.#until ??= performance.now();
  }

  /** There were `slots` slots until now. Returns the time of all slots so far, in milliseconds. */
  add(slots: number): number {
    if (this.#until === undefined) return 0;
    const now = performance.now();
    this.#total += (now - this.#until) * slots;
    this.#until = now;
    return this.#total;
  }
}
