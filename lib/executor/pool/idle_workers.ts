/**
 * Workers that have had nothing to do for too long are stopped. One timer does for all: it looks who has been idle for how long,
 * and is set again as long as anyone is idle.
 *
 * @module
 */

import { after } from "../deadlines.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** Watches the idle workers of one pool. */
export class IdleWorkers {
  readonly #timeout: number;
  /** This number of workers stay. */
  readonly #least: number;
  readonly #workers: () => WorkerHandle[];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    { idleTimeout, minWorkers }: { idleTimeout: number; minWorkers: number },
    workers: () => WorkerHandle[],
  ) {
    this.#timeout = idleTimeout;
    this.#least = minWorkers;
    this.#workers = workers;
  }

  /** A worker may have nothing to do now. */
  watch(): void {
    if (this.#timer !== undefined || this.#timeout === Infinity) return;
    const workers = this.#workers();
    const idle = workers.filter((handle) => handle.state === "ready" && handle.inFlight === 0);
    if (idle.length === 0 || workers.length <= this.#least) return;
    const since = Math.min(...idle.map((handle) => handle.idleSince));
    this.#timer = after(Math.max(1, since + this.#timeout - performance.now()), () => {
      this.#timer = undefined;
      this.#stopIdle();
      this.watch();
    });
  }

  /** No worker is left. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #stopIdle(): void {
    const now = performance.now();
    for (const handle of this.#workers()) {
      if (this.#workers().length <= this.#least) return;
      if (handle.state !== "ready" || handle.inFlight > 0) continue;
      if (now - handle.idleSince >= this.#timeout - 1) handle.close();
    }
  }
}
