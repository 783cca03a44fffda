/** Makes and connects the parts of one executor, and passes on what they report. It decides nothing itself. */

import type { Backend, OutputStream } from "../backends/backend.ts";
import { backendFor, resolveModule, type StartWorker } from "../backends/default.ts";
import type { WorkerLostError } from "../errors.ts";
import { Idle } from "./calls/idle.ts";
import { Intake } from "./intake.ts";
import { Readers } from "./calls/readers.ts";
import { TargetTable } from "./tasks/target_table.ts";
import type { Task } from "./tasks/task.ts";
import { Tracing } from "./tasks/tracing.ts";
import type { Start } from "./tasks/weights.ts";
import { Closing } from "./closing.ts";
import { LONGEST } from "./basics/deadlines.ts";
import { Ending } from "./ending.ts";
import type { Events, ExecutorEvents } from "./events.ts";
import type { PoolHost } from "./pool/host.ts";
import type { InFlightInput } from "./pool/in_flight.ts";
import type { QueueHost } from "./queue/host.ts";
import type { ResolvedOptions } from "./options/resolve.ts";
import { Pool } from "./pool/pool.ts";
import { Dispatcher } from "./queue/dispatcher.ts";
import { LevelFinder } from "./queue/level_finder.ts";
import { limitsOf, type LimitState, takeOver } from "./queue/limit_state.ts";
import { Limits } from "./queue/limits.ts";
import { Rates } from "./queue/rates.ts";
import { Retries } from "./queue/retry.ts";
import { type Pressure, pressureOf } from "./queue/start_limit.ts";
import { TaskQueue } from "./queue/task_queue.ts";
import { Counters, type ExecutorStats, SlotTime } from "./stats.ts";

export class Core implements PoolHost, QueueHost {
  readonly options: ResolvedOptions;
  readonly targets: TargetTable = new TargetTable();
  readonly readers: Readers = new Readers(() => this.dispatcher.schedule());
  readonly idle: Idle;
  readonly pool: Pool;
  readonly dispatcher: Dispatcher;
  readonly intake: Intake;
  readonly ending: Ending;
  readonly slotTime: SlotTime = new SlotTime();
  /** Called when what {@link limits} returns has changed by much. */
  onLimits: (() => void) | undefined;
  readonly #closing: Closing;
  readonly #events: Events;
  readonly #limits = new Limits();
  readonly #counters = new Counters();
  readonly #queue: TaskQueue;
  readonly #rates: Rates | undefined;
  readonly #retries: Retries;
  /** Finds the number of tasks in flight per worker, with `concurrency: "auto"`. */
  readonly #level: LevelFinder | undefined;

  constructor(module: URL | string | StartWorker | null, options: ResolvedOptions, events: Events) {
    this.options = options;
    this.#events = events;
    this.idle = new Idle(() => void events.emit("idle", {}));
    this.#rates = options.rates.length > 0 ? new Rates(options.rates) : undefined;
    const queue = this.#queue = new TaskQueue({
      capacity: Math.max(1, options.maxQueue),
      limitPer: options.limitPer,
      changed: () => this.changed(),
    });
    const pool = this.pool = new Pool({
      backend: backendFor(module, options),
      processes: processesFor(module, options),
      module: resolveModule(module),
      options,
      host: this,
    });
    const counters = this.#counters;
    if (options.autoConcurrency) this.#level = new LevelFinder({ pool, queue, counters, host: this });
    const dispatcher = this.dispatcher = new Dispatcher({
      queue,
      pool,
      rates: this.#rates,
      counters,
      host: this,
    });
    const retries = this.#retries = new Retries(this, options.rates.some(({ auto }) => auto));
    const { readers } = this;
    this.#closing = new Closing({ queue, pool, dispatcher, retries, readers });
    const ending = this.ending = new Ending(this.#closing, readers);
    this.intake = new Intake({
      options,
      queue,
      pool,
      dispatcher,
      limits: this.#limits,
      retries,
      counters,
      slotTime: this.slotTime,
      events,
      ending,
      level: this.#level,
      tracing: options.tracing ? Tracing.find((taskId) => pool.keyOf(taskId)) : undefined,
    });
  }

  /** Number of tasks that each worker may have in flight. With `concurrency: "auto"`, the best one so far. */
  get concurrency(): number {
    return this.#level?.settled ?? this.pool.concurrency;
  }

  setConcurrency(concurrency: number): void {
    this.levelFound(this.#level?.set(concurrency) ?? concurrency);
  }

  stats(): ExecutorStats {
    const capacity = this.slotTime.add(this.pool.slots);
    const { succeeded, failed, retries, counts, spent, runTime, waitTime } = this.#counters;
    const loops = this.pool.loopUse;
    const now = performance.now();
    return {
      pending: this.#queue.size + this.#retries.size,
      retrying: this.#retries.size,
      pausedMs: this.dispatcher.closedFor(now),
      pausedKeys: this.#queue.closedKeys(now),
      rates: this.#rates?.found ?? [],
      inFlight: this.pool.inFlight,
      succeeded,
      failed,
      retries,
      concurrency: this.pool.concurrency,
      workers: this.pool.all.map(({ id, state, inFlight, loopLag, heapBytes }) => ({
        workerId: id,
        state: state as "starting" | "ready" | "draining",
        inFlight,
        loopLag,
        heapBytes,
      })),
      stuckThreads: this.pool.stuckThreads,
      utilization: capacity === 0 ? 0 : Math.min(1, runTime.sum / capacity),
      loopUtilization: loops.watched === 0 ? undefined : loops.busy / loops.watched,
      runTime: runTime.distribution(),
      waitTime: waitTime.distribution(),
      counts: counts.toRecord(),
      spent: spent.toRecord(),
    };
  }

  /** What keeps further tasks from starting now, and how busy event loops are. */
  pressure(): Pressure {
    return pressureOf({
      queue: this.#queue,
      pool: this.pool,
      dispatcher: this.dispatcher,
      retries: this.#retries,
    });
  }

  /** The input of a map or a feed that has been on a worker for longest. */
  oldest(): InFlightInput | undefined {
    const all = this.pool.all.map((handle) => handle.tasks.oldest()).filter((oldest) => oldest !== undefined);
    return all.sort((one, other) => one.sent - other.sent)[0];
  }

  /** What a successor must know to keep the limits. */
  limits(): LimitState {
    return limitsOf(this.#limited());
  }

  takeOver(state: LimitState): void {
    takeOver(this.#limited(), state);
    this.changed();
  }

  #limited() {
    return { rates: this.#rates, dispatcher: this.dispatcher, queue: this.#queue, pool: this.pool };
  }

  limitsChanged(): void {
    this.onLimits?.();
  }

  changed(): void {
    this.dispatcher.schedule();
  }

  roundEnded(): void {
    this.#level?.look();
    this.idle.look(this.ending.isBusy);
    this.ending.look();
  }

  started(task: Task): void {
    this.#limits.started(task);
    this.#counters.started(task, this.dispatcher.now());
  }

  startedChunk(submitted: number, count: number): void {
    this.#counters.startedChunk(submitted, count, this.dispatcher.now());
  }

  counted(name: string, amount: number): void {
    this.#counters.spent.add(name, amount);
  }

  returned(task: Task): void {
    // Its body has not begun, so a worker that counted for it has forged that.
    if (task.particulars.told) task.set({ told: undefined });
    this.#limits.stopped(task);
    this.due(task);
  }

  retried(task: Task, error: unknown, delay: number): void {
    task.particulars.trace?.retried(task, error);
    this.#counters.attempted(task);
    task.retried(error);
    this.#limits.stopped(task);
    this.#counters.retries++;
    const { id: taskId, attempt, target: { spec } } = task;
    this.#events.emit("retry", { taskId, task: spec.name, attempt, error, delay });
  }

  refused({ sent, particulars: { start } }: Task, delay?: number): void {
    this.#rates?.refused(sent, performance.now());
    start?.refused(delay);
  }

  retryAfterTold(task: Task, error: unknown, delay: number): void {
    const { id: taskId, index, options: { retry: { pause } }, target: { spec } } = task;
    this.refused(task, delay);
    // Such a time is for no one: the task fails, and so may others, rather than that the run stands still for weeks.
    if (!pause || delay > LONGEST) return;
    const key = pause === "key" ? task.particulars.limitKey : undefined;
    const now = performance.now();
    const hasClosed = key === undefined
      ? this.dispatcher.close(now + delay, now)
      : this.#queue.closeKey(key, now + delay, now);
    if (!hasClosed) return;
    // What was sent ahead waits in the workers.
    this.pool.recall();
    this.limitsChanged();
    this.#events.emit("pause", { taskId, task: spec.name, index, key, error, delay });
  }

  retryAfterUnknown({ id: taskId, target: { spec } }: Task, retryAfter: unknown): void {
    this.#events.retryAfterUnknown({ taskId, task: spec.name, retryAfter });
  }

  due(task: Task): void {
    this.#limits.returned(task);
    this.#queue.putBack(task);
    const { drain } = task.particulars;
    if (drain?.aborted) task.cancel(drain.reason);
    this.#closing.cameBack(task);
    this.changed();
  }

  levelFound(concurrency: number): void {
    this.slotTime.add(this.pool.slots);
    this.pool.concurrency = concurrency;
    this.readers.widened();
    this.changed();
  }

  begun(start: Start): void {
    this.#rates?.begun(start, performance.now());
    this.changed();
  }

  hasUsed(start: Start, name: string, amount: number): void {
    this.#rates?.used(start, { name, amount }, performance.now());
    this.changed();
  }

  measured(): void {
    this.#level?.measured();
    this.changed();
  }

  workerStarted(workerId: number): void {
    this.#events.emit("workerstart", { workerId });
  }

  workerLost(workerId: number, error: WorkerLostError, tasks: number): void {
    this.#events.emit("workerlost", { workerId, error, tasks });
  }

  stalled(workerId: number, silence: number, tasks: { taskId: number; task: string }[]): void {
    this.#events.emit("stall", {
      workerId,
      silence,
      tasks: tasks.map(({ taskId, task }) => ({ taskId, task })),
    });
  }

  teardownFailed(workerId: number, error: unknown): void {
    this.#events.teardownFailed(workerId, error);
  }

  output(workerId: number, stream: OutputStream, text: string): void {
    this.#events.emit("workeroutput", { workerId, stream, text });
  }

  taskOutput(output: ExecutorEvents["taskoutput"]["detail"]): void {
    this.#events.emit("taskoutput", output);
  }

  threadStuck(workerId: number): void {
    this.#events.threadStuck(workerId, this.options.onStuckThread);
  }

  cannotStart(error: unknown, position: number | undefined): void {
    this.#queue.failAll(() => error, position);
  }
}

/** The backend that starts workers after a thread was found stuck; undefined if this changes nothing. */
function processesFor(
  module: URL | string | StartWorker | null,
  options: ResolvedOptions,
): Backend | undefined {
  const { onStuckThread, isolation } = options;
  if (onStuckThread !== "process" || isolation !== "thread") return undefined;
  return backendFor(module, { ...options, isolation: "process" });
}
