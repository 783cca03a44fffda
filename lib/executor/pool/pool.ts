/**
 * The workers of one executor. The pool starts workers as tasks come, replaces lost workers and stops idle ones. Each worker has a
 * position. A worker that drains has left its position, which its successor may have taken.
 */

import { ModuleLoadError, type WorkerLostError } from "../../errors.ts";
import type { LoopUse } from "../../wire/message.ts";
import type { PoolHost } from "./host.ts";
import type { ResolvedOptions } from "../options/resolve.ts";
import { IdleWorkers } from "./idle_workers.ts";
import { Positions } from "./positions.ts";
import { ReadyCalls } from "./ready_calls.ts";
import { Recycling, type RecyclingHost } from "./recycling.ts";
import { Starts } from "./starts.ts";
import { StuckThreads } from "./stuck_threads.ts";
import { type FactoryInit, WorkerFactory } from "./worker_factory.ts";
import type { HandleHost, WorkerHandle } from "./worker_handle.ts";

interface PoolInit extends FactoryInit {
  options: ResolvedOptions;
  host: PoolHost;
}

export class Pool implements HandleHost, RecyclingHost {
  readonly #factory: WorkerFactory;
  readonly #stuckThreads = new StuckThreads((workerId) => {
    this.#goOnInProcesses();
    this.#host.threadStuck(workerId);
  });
  readonly #module: string | null;
  readonly #options: ResolvedOptions;
  readonly #host: PoolHost;
  /** Tasks in flight per worker. */
  #concurrency: number;
  readonly #positions: Positions;
  readonly #recycling: Recycling;
  /** Calls of {@link ready}. */
  readonly #readyCalls = new ReadyCalls();
  readonly #starts: Starts;
  readonly #idle: IdleWorkers;
  #emptied: PromiseWithResolvers<void> | undefined;
  /** Resolves for each worker that was stopped with bodies on it, once it is gone. */
  readonly #stopping = new Set<Promise<void>>();
  #closing = false;
  #goneUse: LoopUse = { busy: 0, watched: 0 };

  constructor(init: PoolInit) {
    const { options, host } = init;
    this.#factory = new WorkerFactory(init, this);
    this.#module = init.module;
    this.#options = options;
    this.#concurrency = this.#possible(options.concurrency);
    this.#host = host;
    this.#positions = new Positions(options.maxWorkers);
    this.#starts = new Starts(options.startTimeout, () => host.changed());
    this.#recycling = new Recycling({
      limits: options.recycle,
      positions: this.#positions,
      starts: this.#starts,
      pool: this,
    });
    this.#idle = new IdleWorkers(options, () => this.workers);
  }

  /** The key that a body sees in its context, if its input has none. */
  keyOf(taskId: number): string {
    return this.#factory.keyOf(taskId);
  }

  /** Whether workers start no tasks, those that were sent already included. */
  set paused(paused: boolean) {
    for (const handle of this.all) handle.setPaused(paused);
  }

  /** Asks all workers for the tasks that have not started. */
  recall(): void {
    for (const { tasks } of this.all) tasks.recall();
  }

  get workers(): WorkerHandle[] {
    return this.#positions.workers;
  }

  /** All workers that are not gone, including those that drain and successors that start. */
  get all(): WorkerHandle[] {
    return this.#positions.all;
  }

  /** Number of tasks that all workers hold: their slots, and the tasks that are sent ahead. */
  get capacity(): number {
    const ahead = this.workers.reduce((sum, handle) => sum + handle.tasks.ahead, 0);
    return this.slots + ahead;
  }

  /** Number of slots of all workers, started or not. */
  get slots(): number {
    return this.#options.maxWorkers * this.#concurrency;
  }

  /** Tasks in flight per worker. */
  get concurrency(): number {
    return this.#concurrency;
  }

  set concurrency(concurrency: number) {
    this.#concurrency = this.#possible(concurrency);
    for (const handle of this.all) handle.setConcurrency(this.#concurrency);
  }

  /** A worker that runs few tasks in all has no more slots than that. Otherwise it would be replaced before they are used. */
  #possible(concurrency: number): number {
    return Math.min(concurrency, this.#options.recycle.tasks ?? Infinity);
  }

  /**
   * Number of tasks that a worker can be sent now. Tasks that recycled workers of its position have not finished take its slots, so
   * that recycling makes no additional slots.
   */
  room(handle: WorkerHandle, now: number): number {
    return Math.max(0, handle.room(now) - this.#positions.unfinished(handle.position));
  }

  get inFlight(): number {
    return this.#positions.inFlight;
  }

  /** Whether a worker starts and is expected to be ready soon. */
  startsSoon(handle: WorkerHandle): boolean {
    return this.#starts.isSoon(handle);
  }

  /**
   * Starts workers for waiting tasks: one per task that has no idle worker, up to the maximum.
   *
   * @param askedFor positions whose worker some task needs
   */
  scale(pending: number, askedFor: Iterable<number>): void {
    if (!this.#mayStart()) return;
    for (const position of askedFor) this.start(position);
    const workers = this.workers;
    const unused = workers.filter((handle) => handle.inFlight === 0).length;
    const least = this.#options.minWorkers - workers.length;
    let wanted = Math.min(Math.max(pending - unused, least), this.#positions.count - workers.length);
    for (let position = 0; position < this.#positions.count && wanted > 0; position++) {
      if (this.#positions.at(position)) continue;
      this.start(position);
      if (!this.#mayStart()) return;
      wanted--;
    }
  }

  start(position: number): void {
    if (this.#positions.at(position)) return;
    const handle = this.spawn(position);
    if (handle) this.#positions.occupy(handle);
  }

  /** Starts a worker for a position, which it does not take yet. Returns undefined if this fails at once; the failure has been handled. */
  spawn(position: number): WorkerHandle | undefined {
    try {
      const handle = this.#factory.make({
        position,
        concurrency: this.#concurrency,
        isFirst: !this.#starts.isProven,
      });
      this.#starts.add(handle);
      return handle;
    } catch (error) {
      this.#startFailed(position, new ModuleLoadError(this.#module ?? "", "Cannot start a worker", error));
      return undefined;
    }
  }

  /** Resolves with the worker of a position once it is ready. Rejects if it cannot be started. */
  async ready(position: number): Promise<WorkerHandle> {
    const handle = this.#positions.at(position);
    if (handle?.state === "ready") return handle;
    const ready = this.#readyCalls.wait(position);
    this.start(position);
    return await ready;
  }

  /** Lets each worker finish its tasks and end. Resolves when all are gone. `error` rejects calls of {@link ready}. */
  async close(error: () => unknown): Promise<void> {
    this.#stopStarting();
    this.#readyCalls.rejectAll(error);
    for (const handle of [...this.workers, ...this.#positions.successors]) handle.close();
    await this.gone();
  }

  /** Stops all workers at once; {@link terminate} follows. Resolves once no body runs on any of them. */
  async halt(): Promise<void> {
    this.#stopStarting();
    await Promise.all([...this.all.map((handle) => handle.halt()), ...this.#stopping]);
  }

  /** Stops all workers at once. Each task on them fails with an error of its own. */
  terminate(error: () => unknown): void {
    this.#stopStarting();
    for (const handle of this.all) handle.terminate(error);
    this.#readyCalls.rejectAll(error);
  }

  /** Resolves once all workers are gone, and no body runs on any of them. */
  async gone(): Promise<void> {
    if (this.all.length > 0) {
      this.#emptied ??= Promise.withResolvers();
      await this.#emptied.promise;
    }
    await Promise.all(this.#stopping);
  }

  workerReady(handle: WorkerHandle): void {
    this.#starts.ready(handle);
    this.#recycling.ready(handle);
    this.#readyCalls.resolve(handle);
    this.#host.workerStarted(handle.id);
    this.#host.changed();
    this.#watchIdle();
  }

  workerFailed(handle: WorkerHandle, error: unknown): void {
    this.#remove(handle);
    this.#startFailed(handle.position, error);
    const predecessor = this.#positions.at(handle.position);
    if (predecessor) this.#recycling.look(predecessor);
  }

  workerMeasured(handle: WorkerHandle): void {
    this.#recycling.look(handle);
    this.#host.measured();
  }

  workerSpending(handle: WorkerHandle): void {
    this.#recycling.look(handle);
  }

  workerFreed(handle: WorkerHandle): void {
    this.#starts.succeeded();
    this.#recycling.look(handle);
    this.#host.changed();
    if (handle.inFlight === 0) this.#watchIdle();
  }

  workerStopping(gone: Promise<void>): void {
    this.#stopping.add(gone);
    void gone.then(() => this.#stopping.delete(gone));
  }

  workerDraining(handle: WorkerHandle): void {
    this.#positions.leave(handle);
    this.#host.changed();
  }

  workerGone(handle: WorkerHandle, error: WorkerLostError | undefined, tasks: number): void {
    this.#remove(handle);
    if (error) this.#host.workerLost(handle.id, error, tasks);
    // A worker that ended before it had a task will most likely do so again.
    if (error && !handle.tasks.used) this.#startFailed(handle.position, error);
    this.#host.changed();
  }

  /**
   * Handles a failed start. The next start is tried when tasks need it, after a delay that grows. If no start ever succeeded, or
   * many in a row have failed, the tasks that wait for it fail, because they might wait for ever.
   */
  #startFailed(position: number, error: unknown): void {
    this.#starts.failed();
    this.#readyCalls.reject(position, error);
    this.#recycling.startFailed(position, error);
    const { isHopeless } = this.#starts;
    const alone = this.workers.length === 0;
    if (isHopeless && alone) this.#starts.forgetDelay();
    // Other workers can run the tasks that need no certain position.
    if (isHopeless && !this.#positions.at(position)) {
      this.#host.cannotStart(error, alone ? undefined : position);
    }
    this.#host.changed();
  }

  /** Whether a worker may be started now. If a failed start has to be waited for, another round follows. */
  #mayStart(): boolean {
    // Whether the next worker is a process depends on whether the thread that was given up ends.
    if (this.#factory.hasProcesses && this.#stuckThreads.unknown > 0) return false;
    if (this.#starts.mayStart) return true;
    this.#starts.awaitNext();
    return false;
  }

  #stopStarting(): void {
    this.#closing = true;
    this.#recycling.stop();
    this.#starts.stop();
  }

  /** Replaces all present workers by fresh ones. Resolves when they are gone. Rejects if no successor can be started. */
  recycleAll(): Promise<void> {
    return this.#recycling.all();
  }

  /** How busy the event loops of all workers were, including workers that are gone. */
  get loopUse(): LoopUse {
    return this.all.reduce((sum, { loopUse }) => added(sum, loopUse), this.#goneUse);
  }

  /** Replaces threads by processes, because other threads may get stuck in the same way. */
  #goOnInProcesses(): void {
    if (!this.#factory.goOnInProcesses()) return;
    // If no process can be started, the threads stay.
    this.recycleAll().catch(() => {});
  }

  /** Number of threads that were given up and go on computing. */
  get stuckThreads(): number {
    return this.#stuckThreads.size;
  }

  /** Watches whether the thread of a worker that is gone ends. */
  #follow(handle: WorkerHandle): void {
    // A process can be killed, whatever it does.
    if (handle.backend.boundary !== "thread" || this.#options.isolation === "none") return;
    if (!handle.mayCompute) return;
    void this.#stuckThreads.follow(handle.id, handle.ended()).then(() => this.#host.changed());
  }

  #remove(handle: WorkerHandle): void {
    this.#follow(handle);
    if (this.all.includes(handle)) this.#goneUse = added(this.#goneUse, handle.loopUse);
    this.#starts.delete(handle);
    this.#positions.remove(handle);
    this.#recycling.gone(handle);
    if (this.all.length > 0) return;
    this.#idle.end();
    this.#emptied?.resolve();
    this.#emptied = undefined;
  }

  #watchIdle(): void {
    if (!this.#closing) this.#idle.watch();
  }
}

function added(one: LoopUse, other: LoopUse): LoopUse {
  return { busy: one.busy + other.busy, watched: one.watched + other.watched };
}
