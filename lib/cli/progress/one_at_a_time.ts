/**
 * Estimates how much longer a run would have taken with one task at a time. The sum of all task times also contains the
 * time that tasks waited for each other, on a busy event loop or for a core. So the estimate exists only for tasks that
 * wait for something else. For other runs, the summary shows how busy event loops and cores were.
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { formatPercent, formatRatio, formatTime } from "./format.ts";

/** Part of the time, from 0 to 1. On loops that are busier, tasks may wait longer than they run. A guess. */
const BUSY_LOOPS = 0.5;

/**
 * Fraction of the cores, from 0 to 1. On busier cores, tasks may compute outside their event loops, in a thread pool or
 * another program. A guess: reading and hashing 2,000 small files used 0.45 to 0.6 of two cores, and one at a time took
 * no longer.
 */
const BUSY_CORES = 0.3;

/** CPU time of starting a process, in milliseconds. Measured: 60 to 150. */
const START = 150;

/** Ticks per second in `/proc`, a constant of Linux. */
const TICKS = 100;

/** The times of a run, in milliseconds. */
export interface Effort {
  elapsed: number;
  taskTime: number;
  /** Number of busy cores after all workers had started. Starts are left out, because they take more than short tasks. */
  cores: number;
  workers: number;
  /** Part of the time in which event loops were busy, from 0 to 1; undefined if unknown. */
  loops: number | undefined;
}

/** `19.1× one at a time (about 61 s)`, or `event loops 98% busy, 1.9 cores used`; empty if neither is known. */
export function effortText(effort: Effort): string {
  const { elapsed, taskTime, loops } = effort;
  if (!(taskTime >= 1.05 * elapsed)) return "";
  const alone = oneAtATime(effort);
  if (alone !== undefined) {
    return alone < 1.05 * elapsed
      ? ""
      : `${formatRatio(alone / elapsed)} one at a time (about ${formatTime(alone)})`;
  }
  const cores = `${effort.cores.toFixed(1)} cores used`;
  return loops === undefined ? cores : `event loops ${formatPercent(loops)} busy, ${cores}`;
}

/** Minimum time of all tasks one at a time, in milliseconds; undefined if unknown. */
export function oneAtATime(effort: Effort): number | undefined {
  const { taskTime, loops, workers, cores } = effort;
  if (loops === undefined || loops > BUSY_LOOPS) return undefined;
  if (cores > BUSY_CORES * Math.min(workers, navigator.hardwareConcurrency)) return undefined;
  // Without the time in which loops were busy, because tasks may only have waited for each other then.
  return taskTime * (1 - loops);
}

export class CpuTime {
  readonly #own: number;
  readonly #children: number;

  /** Reads the CPU time of this process and, on Linux, of its children that have ended. */
  constructor() {
    const { user, system } = process.cpuUsage();
    this.#own = (user + system) / 1_000;
    this.#children = childrenTime();
  }

  /** CPU time since `begun` in milliseconds, without the starts of `started` processes. */
  since(begun: CpuTime, started: number): number {
    return this.#own - begun.#own + Math.max(0, this.#children - begun.#children - START * started);
  }
}

function childrenTime(): number {
  if (process.platform !== "linux" || !mayRead()) return 0;
  try {
    // The name, in parentheses, may contain any characters. Fields 16 and 17 are the times of child processes.
    const fields = readFileSync("/proc/self/stat", "utf8").split(") ").at(-1)!.split(" ");
    return (Number(fields[13]) + Number(fields[14])) / TICKS * 1_000;
  } catch {
    return 0;
  }
}

/** Whether `/proc` can be read without a prompt, which Deno would show on a terminal. */
function mayRead(): boolean {
  const { Deno } = globalThis as {
    Deno?: { permissions: { querySync(what: { name: "read" }): { state: string } } };
  };
  return Deno === undefined || Deno.permissions.querySync({ name: "read" }).state === "granted";
}
