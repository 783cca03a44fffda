/**
 * Shows {@link AutoConcurrency} how an executor's tasks do, whenever a worker has told how late its loop runs, and has
 * the level changed to what comes of it.
 *
 * @module
 */

import { AutoConcurrency } from "./auto_concurrency.ts";
import type { ExecutorHost } from "../host.ts";
import type { Pool } from "../pool/pool.ts";
import type { Counters } from "../stats.ts";
import type { TaskQueue } from "./task_queue.ts";

/** What there is to see. */
interface FinderInit {
  pool: Pool;
  queue: TaskQueue;
  counters: Counters;
  host: ExecutorHost;
}

/** Slots may be empty to this part, as replies come while others wait for them. */
const FULL = 0.9;

/** The level of one executor. */
export class LevelFinder {
  readonly #init: FinderInit;
  readonly #auto = new AutoConcurrency();
  #lastEnded = 0;
  #attemptsFailed = 0;
  #isDue = false;

  constructor(init: FinderInit) {
    this.#init = init;
  }

  /** The level that has proved best so far. */
  get settled(): number {
    return this.#auto.settled;
  }

  /** Goes on from another level. */
  set(level: number): number {
    this.#auto.set(level);
    return this.#auto.level;
  }

  /** Tasks have ended. */
  ended(): void {
    this.#lastEnded = performance.now();
  }

  /** An attempt has failed. */
  failed(): void {
    this.#attemptsFailed++;
    this.ended();
  }

  /** There is something to see, once the slots that have just fallen free are taken again. */
  measured(): void {
    this.#isDue = true;
  }

  /** Looks, if there is something to see. */
  look(): void {
    if (!this.#isDue) return;
    this.#isDue = false;
    const { pool, queue, counters, host } = this.#init;
    const ready = pool.workers.filter(({ state }) => state === "ready");
    const slots = pool.concurrency * ready.length;
    const level = this.#auto.take({
      succeeded: counters.succeeded,
      failed: this.#attemptsFailed,
      lastEnded: this.#lastEnded,
      lag: Math.max(0, ...ready.map(({ loopLag }) => loopLag)),
      workers: ready.length,
      saturated: queue.startable > 0 && pool.inFlight >= FULL * slots,
    });
    if (level !== pool.concurrency) host.levelFound(level);
  }
}
