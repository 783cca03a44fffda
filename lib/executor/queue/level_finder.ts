/**
 * Gives {@link AutoConcurrency} the figures of an executor whenever a worker reports the lag of its event loop, and applies the
 * level that it finds.
 */

import { AutoConcurrency } from "./auto_concurrency.ts";
import type { QueueHost } from "./host.ts";
import type { Pool } from "../pool/pool.ts";
import type { TaskQueue } from "./task_queue.ts";

interface FinderInit {
  pool: Pool;
  queue: TaskQueue;
  counters: { readonly succeeded: number };
  host: QueueHost;
}

/** Slots count as full if this part of them is in use: some are free while replies arrive. A guess. */
const FULL = 0.9;

export class LevelFinder {
  readonly #init: FinderInit;
  readonly #auto = new AutoConcurrency();
  #lastEnded = 0;
  #attemptsFailed = 0;
  #isDue = false;

  constructor(init: FinderInit) {
    this.#init = init;
  }

  /** The best level so far. */
  get settled(): number {
    return this.#auto.settled;
  }

  /** Starts anew from a level. Returns it, within its bounds. */
  set(level: number): number {
    this.#auto.set(level);
    return this.#auto.level;
  }

  /** Notes that tasks have ended. */
  ended(): void {
    this.#lastEnded = performance.now();
  }

  failed(): void {
    this.#attemptsFailed++;
    this.ended();
  }

  /** Notes a report. It is used at the end of the round, when slots that have just fallen free are in use again. */
  measured(): void {
    this.#isDue = true;
  }

  /** Takes a sample, if there was a report. */
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
