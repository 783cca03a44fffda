/**
 * Stops workers that had no tasks for `idleTimeout`. One timer serves all workers: it is set for the worker that has been idle for longest.
 */

import { after } from "../basics/deadlines.ts";
import type { WorkerHandle } from "./worker_handle.ts";

export class IdleWorkers {
  readonly #timeout: number;
  /** Number of workers that stay. */
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

  /** Sets the timer, if a worker is idle. */
  watch(): void {
    if (this.#timer !== undefined || this.#timeout === Infinity) return;
    const workers = this.#workers();
    const idle = workers.filter((handle) => handle.state === "ready" && handle.inFlight === 0);
    if (idle.length === 0 || workers.length <= this.#least) return;
    const since = Math.min(...idle.map((handle) => handle.tasks.idleSince));
    this.#timer = after(Math.max(1, since + this.#timeout - performance.now()), () => {
      this.#timer = undefined;
      this.#stopIdle();
      this.watch();
    });
  }

  /** Ends the timer, because no worker is left. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #stopIdle(): void {
    const now = performance.now();
    for (const handle of this.#workers()) {
      if (this.#workers().length <= this.#least) return;
      if (handle.state !== "ready" || handle.inFlight > 0) continue;
      if (now - handle.tasks.idleSince >= this.#timeout - 1) handle.close();
    }
  }
}
