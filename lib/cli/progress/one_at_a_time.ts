/**
 * Estimates how much longer a run would have taken with one task at a time. The sum of all task times also contains the
 * time that tasks waited for each other, on a busy event loop or for a core. So the estimate exists only for tasks that
 * wait for something else. For other runs, the summary shows how busy event loops and cores were.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { formatPercent, formatRatio, formatTime } from "./format.ts";

/** Loops that are busier than this may hold up a task for longer than it runs. */
const BUSY_LOOPS = 0.5;

/**
 * The same of the cores, in which tasks may compute beside their loops: in a thread pool, or another program. A guess:
 * 2,000 small files that were read and hashed took 0.45 to 0.6 of two cores that other programs used too, and won nothing.
 */
const BUSY_CORES = 0.3;

/** What the start of a process takes of a core, in milliseconds: 60 to 150 were measured. */
const START = 150;

/** Kernel ticks per second, as Linux tells them to programs on every machine. */
const TICKS = 100;

/** What a run took. Times are milliseconds. */
export interface Effort {
  elapsed: number;
  /** The running times of all tasks together. */
  taskTime: number;
  /** How many cores were busy once all workers had started: a start takes more of them than many a task. */
  cores: number;
  workers: number;
  /** How busy the event loops were, from 0 to 1, where that is known. */
  loops: number | undefined;
}

/** `19.1× one at a time (about 61 s)`, or `event loops 98% busy, 1.9 cores used`; nothing where there is nothing to say. */
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

/** How long the tasks take one at a time, at least, in milliseconds; undefined where that is not known. */
export function oneAtATime(effort: Effort): number | undefined {
  const { taskTime, loops, workers, cores } = effort;
  if (loops === undefined || loops > BUSY_LOOPS) return undefined;
  if (cores > BUSY_CORES * Math.min(workers, navigator.hardwareConcurrency)) return undefined;
  // While its loop was busy, a task may have waited for nothing else.
  return taskTime * (1 - loops);
}

/** CPU time until now, in milliseconds. */
export class CpuTime {
  readonly #own: number;
  readonly #children: number;

  /** Of this process, and where the system tells, of those that it has waited for. */
  constructor() {
    const { user, system } = process.cpuUsage();
    this.#own = (user + system) / 1_000;
    this.#children = childrenTime();
  }

  /** What was taken since `begun`, without what `started` processes took to start. */
  since(begun: CpuTime, started: number): number {
    return this.#own - begun.#own + Math.max(0, this.#children - begun.#children - START * started);
  }
}

function childrenTime(): number {
  if (process.platform !== "linux" || !mayRead()) return 0;
  try {
    // The name, in parentheses, may hold anything; fields 16 and 17 are the children's.
    const fields = readFileSync("/proc/self/stat", "utf8").split(") ").at(-1)!.split(" ");
    return (Number(fields[13]) + Number(fields[14])) / TICKS * 1_000;
  } catch {
    return 0;
  }
}

/** Deno would ask on a terminal. */
function mayRead(): boolean {
  const { Deno } = globalThis as {
    Deno?: { permissions: { querySync(what: { name: "read" }): { state: string } } };
  };
  return Deno === undefined || Deno.permissions.querySync({ name: "read" }).state === "granted";
}
