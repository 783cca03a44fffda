/**
 * The set of workers: starts them as tasks come, replaces those that are lost, stops those that idle.
 * A worker stands in a position; one that drains has left its position and its successor may stand there.
 *
 * @module
 */

import type { Backend } from "../../backends/backend.ts";
import { defaultWorkers } from "../../backends/default.ts";
import { ModuleLoadError, type WorkerLostError } from "../../errors.ts";
import { outsideContexts } from "../../wire/async_context.ts";
import { packWorkerData } from "../../wire/packed.ts";
import type { LoopUse, WorkerInit } from "../../wire/message.ts";
import type { ExecutorHost } from "../host.ts";
import type { ResolvedOptions } from "../options.ts";
import { IdleWorkers } from "./idle_workers.ts";
import { nestOf, refuseEndlessNest } from "./nesting.ts";
import { isDue, isNearlySpent } from "./recycling.ts";
import { Starts } from "./starts.ts";
import { StuckThreads } from "./stuck_threads.ts";
import { type HandleHost, WorkerHandle } from "./worker_handle.ts";

/** What it takes to make a pool. */
export interface PoolInit {
  backend: Backend;
  /** What starts workers once a thread is stuck, if something else is to. */
  processes: Backend | undefined;
  /** The module, as a URL. */
  module: string | null;
  options: ResolvedOptions;
  host: ExecutorHost;
}

/** How often workers report how late their loops run, in milliseconds. */
const LAG_INTERVAL = 250;

/** The workers of one executor. */
export class Pool implements HandleHost {
  #backend: Backend;
  /** What starts workers once a thread is stuck; undefined where that changes nothing, or has happened. */
  #processes: Backend | undefined;
  readonly #stuckThreads = new StuckThreads((workerId) => {
    this.#goOnInProcesses();
    this.#host.threadStuck(workerId);
  });
  readonly #module: string | null;
  readonly #options: ResolvedOptions;
  readonly #host: ExecutorHost;
  /** Tasks in flight per worker. */
  #concurrency: number;
  readonly #byPosition: (WorkerHandle | undefined)[];
  /** Workers that have left their position and are not gone yet. */
  readonly #leaving = new Set<WorkerHandle>();
  /** Workers that are to take the place of those that are due to be recycled, or soon will be, by position. */
  readonly #successors = new Map<number, WorkerHandle>();
  /** Who waits for a worker to be gone that a fresh one is to replace. */
  readonly #outdated = new Map<WorkerHandle, PromiseWithResolvers<void>>();
  /** Who waits for a position's worker to be ready. */
  readonly #readyWaiters = new Map<number, PromiseWithResolvers<WorkerHandle>>();
  readonly #starts: Starts;
  readonly #idle: IdleWorkers;
  readonly #keySeed = crypto.getRandomValues(new Uint32Array(3)).join(".");
  #lastWorkerId = 0;
  #emptied: PromiseWithResolvers<void> | undefined;
  /** Workers that were stopped with bodies on them, until they are gone. */
  readonly #stopping = new Set<Promise<void>>();
  #closing = false;
  #goneUse: LoopUse = { busy: 0, watched: 0 };

  constructor({ backend, processes, module, options, host }: PoolInit) {
    this.#backend = backend;
    this.#processes = processes;
    this.#module = module;
    this.#options = options;
    this.#concurrency = this.#possible(options.concurrency);
    this.#host = host;
    this.#byPosition = new Array(options.maxWorkers).fill(undefined);
    this.#starts = new Starts(options.startTimeout, () => host.changed());
    this.#idle = new IdleWorkers(options, () => this.workers);
  }

  /** The key that a task's body sees, where its input brings none. */
  keyOf(taskId: number): string {
    return `${this.#keySeed}-${taskId}`;
  }

  /** Whether workers start none of the tasks that wait on them. */
  set paused(paused: boolean) {
    for (const handle of this.all) handle.setPaused(paused);
  }

  /** The workers that stand in slots. */
  get workers(): WorkerHandle[] {
    return this.#byPosition.filter((handle) => handle !== undefined);
  }

  /** Every worker that is not gone, those that drain included. */
  get all(): WorkerHandle[] {
    return [...this.workers, ...this.#leaving, ...this.#successors.values()];
  }

  /** How many tasks the workers hold when all are there: their slots, and what is sent ahead of them. */
  get capacity(): number {
    const ahead = this.workers.reduce((sum, handle) => sum + handle.ahead, 0);
    return this.slots + ahead;
  }

  /** How many slots the workers have when all are there. */
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

  /** A worker that may have few tasks in all has no more of them at once: else there would be a worker for every few. */
  #possible(concurrency: number): number {
    return Math.min(concurrency, this.#options.recycle.tasks ?? Infinity);
  }

  /**
   * How many tasks a worker can be sent now. Those that recycled workers of its position have yet to finish take its slots: to be
   * recycled makes no room.
   */
  room(handle: WorkerHandle, now: number): number {
    const room = handle.room(now);
    return room === 0 || this.#leaving.size === 0
      ? room
      : Math.max(0, room - this.#unfinished(handle.position));
  }

  /** Tasks on all workers. */
  get inFlight(): number {
    // Asked in each round: without an array of all of them.
    let inFlight = 0;
    for (const handle of this.#byPosition) if (handle) inFlight += handle.inFlight;
    for (const handle of this.#leaving) inFlight += handle.inFlight;
    for (const handle of this.#successors.values()) inFlight += handle.inFlight;
    return inFlight;
  }

  /** Whether a worker is being started that will soon take its share. */
  startsSoon(handle: WorkerHandle): boolean {
    return this.#starts.isSoon(handle);
  }

  /**
   * Starts what the waiting tasks need: a worker each, as long as there are slots and no worker is idle,
   * and the workers that some of them ask for.
   */
  scale(pending: number, askedFor: Iterable<number>): void {
    if (!this.#mayStart()) return;
    for (const position of askedFor) this.start(position);
    const workers = this.workers;
    const unused = workers.filter((handle) => handle.inFlight === 0).length;
    const least = this.#options.minWorkers - workers.length;
    let wanted = Math.min(Math.max(pending - unused, least), this.#byPosition.length - workers.length);
    for (let position = 0; position < this.#byPosition.length && wanted > 0; position++) {
      if (this.#byPosition[position]) continue;
      this.start(position);
      if (!this.#mayStart()) return;
      wanted--;
    }
  }

  /** Starts the worker of a position, if there is none. */
  start(position: number): void {
    if (this.#byPosition[position]) return;
    const handle = this.#spawn(position);
    if (!handle) return;
    this.#byPosition[position] = handle;
  }

  /** Nothing if that fails at once; it is seen to. */
  #spawn(position: number): WorkerHandle | undefined {
    const { workerData, console, hooks, schema, stallTimeout, rate, recycle, maxWorkers, isolation, task } =
      this.#options;
    const init: WorkerInit = {
      workerId: ++this.#lastWorkerId,
      position,
      module: this.#module,
      workerData: undefined,
      keySeed: this.#keySeed,
      concurrency: this.#concurrency,
      // Several reports are due within what counts as a stall.
      lagInterval: Math.min(LAG_INTERVAL, stallTimeout / 3),
      announces: rate !== undefined,
      console,
      hooks,
      schema,
      nest: nestOf(this.#module),
    };
    try {
      if (!this.#starts.isProven && isolation !== "none") refuseEndlessNest(this.#module);
      const { value, stands } = packWorkerData(workerData, this.#backend.boundary);
      const handle = outsideContexts(() =>
        new WorkerHandle({
          position,
          backend: this.#backend,
          init: { ...init, workerData: value, stands },
          gracePeriod: task.gracePeriod,
          stallTimeout,
          mostTasks: recycle.tasks ?? Infinity,
          // A task starts when its time has come, not when a slot falls free after that.
          sendsAhead: rate === undefined,
          perCore: maxWorkers / defaultWorkers(),
          pool: this,
          host: this.#host,
        })
      );
      this.#starts.add(handle);
      return handle;
    } catch (error) {
      this.#startFailed(position, new ModuleLoadError(this.#module ?? "", "Cannot start a worker", error));
      return undefined;
    }
  }

  /** Resolves with the position's worker once it is ready. Rejects if it cannot be started. */
  async ready(position: number): Promise<WorkerHandle> {
    const handle = this.#byPosition[position];
    if (handle?.state === "ready") return handle;
    let waiter = this.#readyWaiters.get(position);
    if (!waiter) this.#readyWaiters.set(position, waiter = Promise.withResolvers());
    this.start(position);
    return await waiter.promise;
  }

  /** Lets every worker finish what it has and end. Resolves when all are gone. */
  async close(error: () => unknown): Promise<void> {
    this.#stopStarting();
    for (const [position] of this.#readyWaiters) this.#rejectReady(position, error());
    for (const handle of [...this.workers, ...this.#successors.values()]) handle.close();
    await this.gone();
  }

  /** Stops every worker at once; {@link terminate} follows. Resolves once no body runs on any of them. */
  async halt(): Promise<void> {
    this.#stopStarting();
    await Promise.all([...this.all.map((handle) => handle.halt()), ...this.#stopping]);
  }

  /** Stops every worker at once; what they have in flight fails with an `error` each. */
  terminate(error: () => unknown): void {
    this.#stopStarting();
    for (const handle of this.all) handle.terminate(error);
    for (const [position] of this.#readyWaiters) this.#rejectReady(position, error());
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
    const predecessor = this.#byPosition[handle.position];
    if (predecessor && predecessor !== handle) this.#recycle(predecessor);
    this.#readyWaiters.get(handle.position)?.resolve(handle);
    this.#readyWaiters.delete(handle.position);
    this.#host.workerStarted(handle.id);
    this.#host.changed();
    this.#watchIdle();
  }

  workerFailed(handle: WorkerHandle, error: unknown): void {
    this.#remove(handle);
    this.#startFailed(handle.position, error);
    const predecessor = this.#byPosition[handle.position];
    if (predecessor) this.#recycle(predecessor);
  }

  workerMeasured(handle: WorkerHandle): void {
    this.#recycle(handle);
    this.#host.measured();
  }

  workerSpending(handle: WorkerHandle): void {
    this.#recycle(handle);
  }

  workerFreed(handle: WorkerHandle): void {
    this.#starts.succeeded();
    this.#recycle(handle);
    this.#host.changed();
    if (handle.inFlight === 0) this.#watchIdle();
  }

  workerStopping(gone: Promise<void>): void {
    this.#stopping.add(gone);
    void gone.then(() => this.#stopping.delete(gone));
  }

  workerDraining(handle: WorkerHandle): void {
    this.#leave(handle);
    this.#leaving.add(handle);
    this.#host.changed();
  }

  workerGone(handle: WorkerHandle, error: WorkerLostError | undefined, tasks: number): void {
    this.#remove(handle);
    if (error) this.#host.workerLost(handle.id, error, tasks);
    // One that ended before it was given anything will most likely do so again.
    if (error && !handle.used) this.#startFailed(handle.position, error);
    this.#host.changed();
  }

  /**
   * A worker that could not start is tried again when tasks need it, later each time. If none ever could, or
   * after many in a row, the tasks that wait for it fail: they would wait for ever.
   */
  #startFailed(position: number, error: unknown): void {
    this.#starts.failed();
    this.#rejectReady(position, error);
    this.#stays(this.#byPosition[position], error);
    const { isHopeless } = this.#starts;
    const alone = this.workers.length === 0;
    if (isHopeless && alone) this.#starts.forgetDelay();
    // While there are others, they may run what can run anywhere.
    if (isHopeless && !this.#byPosition[position]) {
      this.#host.cannotStart(error, alone ? undefined : position);
    }
    this.#host.changed();
  }

  /** Whether no start failed just now; if one did, there will be another round when its delay is over. */
  #mayStart(): boolean {
    // What comes after a thread that was given up is decided by whether that has ended.
    if (this.#processes && this.#stuckThreads.unknown > 0) return false;
    if (this.#starts.mayStart) return true;
    this.#starts.awaitNext();
    return false;
  }

  #stopStarting(): void {
    this.#closing = true;
    this.#starts.stop();
  }

  /** Sees to a successor for a worker that has served its time or soon will have, and has it take over when it can. */
  #recycle(handle: WorkerHandle): void {
    const { position } = handle;
    if (this.#closing || this.#byPosition[position] !== handle) return;
    const due = isDue(handle, this.#options.recycle);
    if (!due && !isNearlySpent(handle)) return;
    if (this.#starts.mayStart) this.#startSuccessor(position);
    const successor = this.#successors.get(position);
    // Where there can be none now, one that may be sent nothing more is only in the way.
    const mayGo = due && (successor ? successor.state === "ready" : handle.tasksLeft === 0);
    if (!mayGo || this.#unfinished(position) + handle.inFlight >= this.#concurrency) return;
    handle.isRecycled = true;
    handle.close();
  }

  #startSuccessor(position: number): void {
    if (this.#successors.has(position)) return;
    const successor = this.#spawn(position);
    if (successor) this.#successors.set(position, successor);
  }

  /** Tasks on recycled workers of a position. */
  #unfinished(position: number): number {
    let count = 0;
    for (const other of this.#leaving) {
      if (other.position === position && other.isRecycled) count += other.inFlight;
    }
    return count;
  }

  /** Replaces all workers that there are now by fresh ones. Resolves when they are gone, rejects if there can be no others. */
  async recycleAll(): Promise<void> {
    const waiters: Promise<void>[] = [];
    // None of those that were to take over is fresh any more.
    for (const successor of [...this.#successors.values()]) successor.close();
    for (const handle of this.workers) {
      if (handle.state === "starting") {
        handle.close();
        this.start(handle.position);
        continue;
      }
      const waiter = this.#outdated.get(handle) ?? Promise.withResolvers<void>();
      this.#outdated.set(handle, waiter);
      waiters.push(waiter.promise);
      handle.isOutdated = true;
      this.#startSuccessor(handle.position);
    }
    await Promise.all(waiters);
  }

  /** A worker is not replaced, because no other can be started. */
  #stays(handle: WorkerHandle | undefined, error: unknown): void {
    if (!handle?.isOutdated) return;
    handle.isOutdated = false;
    this.#outdated.get(handle)?.reject(error);
    this.#outdated.delete(handle);
  }

  /** A worker leaves its position to its successor, if it has one. */
  #leave(handle: WorkerHandle): void {
    const { position } = handle;
    const successor = this.#successors.get(position);
    if (successor === handle) this.#successors.delete(position);
    if (this.#byPosition[position] !== handle) return;
    this.#byPosition[position] = successor;
    this.#successors.delete(position);
  }

  #rejectReady(position: number, error: unknown): void {
    this.#readyWaiters.get(position)?.reject(error);
    this.#readyWaiters.delete(position);
  }

  /** How busy the loops of all workers were, those that are gone included. */
  get loopUse(): LoopUse {
    return this.all.reduce((sum, { loopUse }) => added(sum, loopUse), this.#goneUse);
  }

  /** Other threads may be caught in the same input: each is replaced once its successor is ready. */
  #goOnInProcesses(): void {
    if (!this.#processes) return;
    this.#backend = this.#processes;
    this.#processes = undefined;
    // Where none can be started, they stay.
    this.recycleAll().catch(() => {});
  }

  /** Threads that were given up and compute on. */
  get stuckThreads(): number {
    return this.#stuckThreads.size;
  }

  #follow(handle: WorkerHandle): void {
    // A process is killed, whatever it does.
    if (handle.backend.boundary !== "thread" || this.#options.isolation === "none") return;
    if (!handle.mayCompute) return;
    void this.#stuckThreads.follow(handle.id, handle.ended()).then(() => this.#host.changed());
  }

  #remove(handle: WorkerHandle): void {
    this.#follow(handle);
    if (this.all.includes(handle)) this.#goneUse = added(this.#goneUse, handle.loopUse);
    this.#starts.delete(handle);
    this.#leave(handle);
    this.#leaving.delete(handle);
    this.#outdated.get(handle)?.resolve();
    this.#outdated.delete(handle);
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
