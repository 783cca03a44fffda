/**
 * The pools that `main.ts` compares: polyloop and its peers, each through its public API with its own
 * defaults, but for the number of workers and what the contender's name says.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { Piscina } from "npm:piscina@5.3.2";
import { FixedThreadPool } from "npm:poolifier@5.3.2";
import { Executor } from "../../mod.ts";

/** Workers of every pool. */
export const WORKERS = 2;

/** A pool that can be measured. */
export interface Contender {
  name: string;
  /** Starts the pool, with all of its workers. */
  open(): Contestant;
}

/** A pool that runs. */
export interface Contestant {
  /** One call per input, all at once. */
  run(inputs: number[]): Promise<unknown[]>;
  /** One call for all inputs, where the pool has one. */
  map(inputs: number[]): Promise<unknown[]>;
  close(): Promise<void> | void;
}

/** Ours first. */
export const CONTENDERS: Contender[] = [
  { name: "polyloop", open: openPolyloop },
  { name: "piscina, concurrency 1", open: () => openPiscina(1) },
  { name: "piscina, concurrency 64", open: () => openPiscina(64) },
  { name: "poolifier, fixed", open: () => openPoolifier({}) },
  {
    name: "poolifier, fixed, queue of 64",
    open: () => openPoolifier({ enableTasksQueue: true, tasksQueueOptions: { concurrency: 64 } }),
  },
];

const NOOP = new URL("./noop.ts", import.meta.url);
const POOLIFIER_WORKER = new URL("./peers/poolifier_worker.ts", import.meta.url);

function openPolyloop(): Contestant {
  const executor = new Executor<typeof import("./noop.ts")>(NOOP, { workers: WORKERS });
  return {
    run: (inputs) => Promise.all(inputs.map((input) => executor.run("default", input))),
    map: (inputs) => executor.map("default", inputs).toArray(),
    close: () => executor.close(),
  };
}

function openPiscina(concurrentTasksPerWorker: number): Contestant {
  const pool = new Piscina({
    filename: NOOP.href,
    minThreads: WORKERS,
    maxThreads: WORKERS,
    concurrentTasksPerWorker,
  });
  const run = (inputs: number[]) => Promise.all(inputs.map((input) => pool.run(input)));
  // It has no call for many inputs.
  return { run, map: run, close: () => pool.close() };
}

function openPoolifier(options: ConstructorParameters<typeof FixedThreadPool>[2]): Contestant {
  const pool = new FixedThreadPool<number, void>(WORKERS, fileURLToPath(POOLIFIER_WORKER), options);
  return {
    run: (inputs) => Promise.all(inputs.map((input) => pool.execute(input))),
    map: (inputs) => pool.mapExecute(inputs),
    // Not waited for: with a queue, poolifier 5.3.2 on Deno stops its workers and never says so.
    close: () => void pool.destroy(),
  };
}
