/** Makes the workers of one pool: what each is told at its start, and the backend that starts it. */

import type { Backend } from "../../backends/backend.ts";
import { defaultWorkers } from "../../backends/default.ts";
import { outsideContexts } from "../../wire/async_context.ts";
import type { WorkerInit } from "../../wire/worker_init.ts";
import { packWorkerData } from "../../wire/packed.ts";
import type { PoolHost } from "./host.ts";
import type { ResolvedOptions } from "../options/resolve.ts";
import { nestOf, refuseEndlessNest } from "./nesting.ts";
import { type HandleHost, WorkerHandle } from "./worker_handle.ts";

export interface FactoryInit {
  backend: Backend;
  /** Starts workers after a thread was found stuck; undefined if `backend` goes on. */
  processes: Backend | undefined;
  module: string | null;
  options: ResolvedOptions;
  host: PoolHost;
}

/** Interval at which workers report the lag of their event loops, in milliseconds. A guess. */
const LAG_INTERVAL = 250;

export class WorkerFactory {
  readonly #init: FactoryInit;
  readonly #pool: HandleHost;
  #backend: Backend;
  /** Starts workers after a thread was found stuck; undefined if `#backend` goes on, or once it is this one. */
  #processes: Backend | undefined;
  readonly #keySeed = crypto.getRandomValues(new Uint32Array(3)).join(".");
  #lastWorkerId = 0;

  constructor(init: FactoryInit, pool: HandleHost) {
    this.#init = init;
    this.#pool = pool;
    this.#backend = init.backend;
    this.#processes = init.processes;
  }

  /** The key that a body sees in its context, if its input has none. */
  keyOf(taskId: number): string {
    return `${this.#keySeed}-${taskId}`;
  }

  /** Whether the next workers are processes once a thread is found stuck. */
  get hasProcesses(): boolean {
    return this.#processes !== undefined;
  }

  /** Makes the next workers processes. Returns whether this changes anything. */
  goOnInProcesses(): boolean {
    if (!this.#processes) return false;
    this.#backend = this.#processes;
    this.#processes = undefined;
    return true;
  }

  /**
   * Makes a worker, which starts.
   *
   * @param place its position, its number of slots, and whether no worker of the pool has been ready yet
   * @throws what the platform throws if the worker cannot be started, or `workerData` cannot be cloned
   */
  make({ position, concurrency, isFirst }: {
    position: number;
    concurrency: number;
    isFirst: boolean;
  }): WorkerHandle {
    const { module, host, options } = this.#init;
    const { workerData, console, hooks, schema, stallTimeout, rates, recycle, maxWorkers, isolation, task } =
      options;
    const workerId = ++this.#lastWorkerId;
    if (isFirst && isolation !== "none") refuseEndlessNest(module);
    const backend = this.#backend;
    const { value, stands } = packWorkerData(workerData, backend.boundary);
    const perCore = maxWorkers / defaultWorkers();
    const init: WorkerInit = {
      workerId,
      position,
      module,
      workerData: value,
      stands,
      keySeed: this.#keySeed,
      concurrency,
      perCore,
      // Several reports are due within `stallTimeout`.
      lagInterval: Math.min(LAG_INTERVAL, stallTimeout / 3),
      announces: rates.length > 0,
      console,
      hooks,
      schema,
      nest: nestOf(module),
    };
    return outsideContexts(() =>
      new WorkerHandle({
        position,
        backend,
        init,
        gracePeriod: task.gracePeriod,
        stallTimeout,
        mostTasks: recycle.tasks ?? Infinity,
        // With a rate, a task is sent when it may start, so it must find a free slot.
        sendsAhead: rates.length === 0,
        perCore,
        pool: this.#pool,
        host,
      })
    );
  }
}
