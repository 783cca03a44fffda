/**
 * One load of the soak, in its own process: `soak_load.ts LOAD SECONDS CYCLES`. It works half of the time. Prints its
 * memory as JSON, one line per sample. `live` is the memory in use after a garbage collection, if the runtime has
 * `gc()`.
 */

import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import v8 from "node:v8";
import { Executor, type Isolation } from "../../mod.ts";
import type { Input } from "./soak_tasks.ts";

/** The memory at one moment. */
export interface Sample {
  /** Seconds since the start. */
  at: number;
  /** Memory of the process and its child processes, in bytes. */
  rss: number;
  /** Memory in use on the heaps, in bytes; undefined without `gc()`. */
  live: number | undefined;
  /** Number of tasks that have ended, or of executors that were closed. */
  count: number;
}

type Tasks = typeof import("./soak_tasks.ts");

const MODULE = new URL("./soak_tasks.ts", import.meta.url);

/** Time of work, and then of rest, in milliseconds. */
const TURN = 50;

/**
 * Number of samples, and the minimum time between two of them, in milliseconds, because a garbage collection takes
 * time.
 */
const SAMPLES = 80;
const LEAST_INTERVAL = 250;

/** Minimum number of samples. On a busy machine, the load takes longer to reach it. */
const LEAST_SAMPLES = 12;

const [load, seconds, cycles] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const begun = performance.now();
const { gc } = globalThis as { gc?(): void };
let count = 0;
let samples = 0;

/** Executors are opened and closed until there were enough of them, however long that takes. */
const least = load === "executors" ? cycles : 0;

const isOver = () =>
  samples >= LEAST_SAMPLES && count >= least && performance.now() - begun > seconds * 1_000;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const loads: Record<string, () => Promise<void>> = {
  map: () => mapFor("thread"),
  processes: () => mapFor("process"),
  signals,
  functions,
  executors,
};
await loads[load]();
process.exit();

async function mapFor(isolation: Isolation): Promise<void> {
  await using executor = new Executor<Tasks>(MODULE, { workers: 2, isolation });
  const sampling = sample(executor);
  for await (const _ of executor.map("echo", inputs())) count++;
  await sampling;
}

/** Inputs without end, at half of the maximum speed. */
async function* inputs(): AsyncGenerator<Input> {
  for (let n = 0; !isOver(); await pause(TURN)) {
    for (const end = performance.now() + TURN; performance.now() < end; n++) yield { n, text: `input ${n}` };
  }
}

/** Calls with signals: signals of their own, some of which abort, and one signal that all calls share. */
async function signals(): Promise<void> {
  await using executor = new Executor<Tasks>(MODULE, { workers: 2 });
  const sampling = sample(executor);
  const shared = new AbortController();
  const call = (n: number) => {
    const own = new AbortController();
    if (n % 3 === 0) return executor.run("echo", { n, text: "shared" }, { signal: shared.signal });
    const signal = n % 3 === 1 ? own.signal : AbortSignal.any([own.signal, shared.signal]);
    const result = executor.run("wait", n % 5, { signal, timeout: 60_000 });
    if (n % 4 === 0) own.abort();
    else if (n % 4 === 1) setTimeout(() => own.abort(), n % 7);
    return result;
  };
  for (; !isOver(); await pause(TURN)) {
    for (const end = performance.now() + TURN; performance.now() < end;) {
      await Promise.allSettled(Array.from({ length: 64 }, (_, n) => call(n)));
      count += 64;
    }
  }
  await sampling;
}

/** Functions that are created while the program runs, all different. */
async function functions(): Promise<void> {
  await using executor = new Executor<Tasks>(MODULE, { workers: 1 });
  const sampling = sample(executor);
  for (; !isOver(); await pause(TURN)) {
    for (const end = performance.now() + TURN; performance.now() < end; count++) {
      await executor.run(new Function(`return ${count}`) as () => number, undefined);
    }
  }
  await sampling;
}

/** Executors that are opened, used and closed. */
async function executors(): Promise<void> {
  const sampling = sample();
  for (; !isOver(); await pause(TURN)) {
    const isolation = count % 10 === 9 ? "process" : count % 10 === 8 ? "none" : "thread";
    await using executor = new Executor<Tasks>(MODULE, { workers: 1, isolation });
    const texts = ["a", "bc", "def"];
    await executor.map("echo", texts.map((text, n) => ({ n, text }))).toArray();
    count++;
  }
  await sampling;
}

async function sample(executor?: Executor<Tasks>): Promise<void> {
  const interval = Math.max(LEAST_INTERVAL, seconds * 1_000 / SAMPLES);
  while (!isOver()) {
    await pause(interval);
    const line: Sample = {
      at: Math.round(performance.now() - begun) / 1_000,
      rss: rssOf(process.pid),
      live: gc && await liveOf(executor),
      count,
    };
    samples++;
    console.log(JSON.stringify(line));
  }
}

async function liveOf(executor?: Executor<Tasks>): Promise<number> {
  const workers = executor ? await executor.broadcast("live") : [];
  gc!();
  const { used_heap_size, external_memory } = v8.getHeapStatistics();
  return workers.reduce((sum, bytes) => sum + bytes, used_heap_size + external_memory);
}

/** Returns the memory of a process and its child processes, in bytes. */
function rssOf(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter((child) => child.trim())
    );
    return children.reduce((sum, child) => sum + rssOf(Number(child)), pages * 4_096);
  } catch {
    // The process has ended, or this system is not Linux.
    return pid === process.pid ? process.memoryUsage().rss : 0;
  }
}
