/**
 * One worker on the caller's side, from its start to its end. It reads the worker's messages. What they say about tasks goes to the
 * worker's tasks (`worker_tasks.ts`).
 */

import type { Backend, WorkerChannel, WorkerEnd } from "../../backends/backend.ts";
import { ModuleLoadError, WorkerLostError } from "../../errors.ts";
import { fromErrorData } from "../../wire/error_data.ts";
import { eachRecord } from "../../wire/inbox.ts";
import { type LastCall, type LoopUse, ToCaller, type ToCallerRecord } from "../../wire/message.ts";
import type { WorkerInit } from "../../wire/worker_init.ts";
import { faultIn } from "../../wire/record_check.ts";
import type { Task } from "../tasks/task.ts";
import type { PoolHost, TasksHost } from "./host.ts";
import { WorkerEnding } from "./worker_ending.ts";
import { type TaskTerms, WorkerTasks } from "./worker_tasks.ts";

/** State of a worker. `"draining"`: it finishes its tasks and takes no new ones. */
type WorkerState = "starting" | "ready" | "draining" | "gone";

/** What a handle tells its pool. The rest goes to {@link PoolHost}. */
export interface HandleHost {
  workerReady(handle: WorkerHandle): void;
  workerFailed(handle: WorkerHandle, error: unknown): void;
  /** The worker was sent tasks, and it has a maximum number of tasks. */
  workerSpending(handle: WorkerHandle): void;
  /** A message of the worker freed slots. */
  workerFreed(handle: WorkerHandle): void;
  /** The worker has reported `loopLag`, `heapBytes` and `loopUse`. */
  workerMeasured(handle: WorkerHandle): void;
  /** The worker is being stopped with bodies on it. They may run until `gone` resolves. */
  workerStopping(gone: Promise<void>): void;
  /** The worker takes no new tasks from now on. Another one may have its position. */
  workerDraining(handle: WorkerHandle): void;
  /** The worker is gone. `error` is the reason if it was lost; `tasks` is the number of tasks that were on it. */
  workerGone(handle: WorkerHandle, error: WorkerLostError | undefined, tasks: number): void;
}

interface HandleInit extends TaskTerms {
  position: number;
  backend: Backend;
  init: WorkerInit;
  pool: HandleHost;
  host: PoolHost;
}

export class WorkerHandle implements TasksHost {
  readonly id: number;
  /** The worker's position in the pool. Its successor keeps it. */
  readonly position: number;
  state: WorkerState = "starting";
  /** Names of the module's tasks, once the worker is ready. */
  exports: string[] = [];
  /** The lag of the worker's event loop at its last report, in milliseconds. */
  loopLag = 0;
  /** Size of the worker's heap at its last report, in bytes; 0 where the runtime does not tell. */
  heapBytes = 0;
  /** How busy the worker's event loop was until its last report. */
  loopUse: LoopUse = { busy: 0, watched: 0 };
  /** When the worker was started, in milliseconds of `performance.now()`. */
  readonly created: number = performance.now();
  /** When the worker became ready, in milliseconds of `performance.now()`. */
  readySince = 0;
  /** How long the worker took to start, in milliseconds. */
  startedIn = 0;
  /** Whether a fresh worker must replace it, whatever its age. */
  isOutdated = false;
  isRecycled = false;
  /** Whether code of the module may have been running when the worker was stopped. */
  mayCompute = false;
  /** Whether it is kept free for a task that must run alone. */
  reserved = false;
  readonly backend: Backend;
  readonly tasks: WorkerTasks;
  readonly #module: string | null;
  readonly #ending: WorkerEnding;
  readonly #pool: HandleHost;
  readonly #host: PoolHost;
  readonly #channel: WorkerChannel;
  #isHalted = false;
  #isClosed = false;

  /** @throws whatever the platform throws if `workerData` cannot be cloned */
  constructor(options: HandleInit) {
    const { position, backend, init, gracePeriod, pool, host } = options;
    this.id = init.workerId;
    this.position = position;
    this.backend = backend;
    this.#module = init.module;
    this.#pool = pool;
    this.#host = host;
    const channel = backend.spawn(init, (stream, text) => host.output(this.id, stream, text));
    this.#channel = channel;
    this.#ending = new WorkerEnding(channel, backend, gracePeriod);
    this.tasks = new WorkerTasks({ ...options, ...init, channel, worker: this });
    channel.listen(
      (message) => this.#receive(message),
      (fault) =>
        fault === undefined
          ? this.lost({ reason: "a message from it could not be rebuilt" })
          : this.forged(fault),
    );
    channel.ended.then((end) => this.lost(end));
  }

  get inFlight(): number {
    return this.tasks.inFlight;
  }

  /** Whether the worker takes new tasks, as far as it has room. */
  get accepts(): boolean {
    return this.state === "ready" && this.tasks.accepts;
  }

  /** Number of tasks that it can be sent now, within and beyond its slots. */
  room(now: number): number {
    return this.accepts ? this.tasks.room(now) : 0;
  }

  /** Sets the number of slots. Tasks that run may end. */
  setConcurrency(concurrency: number): void {
    this.tasks.setConcurrency(concurrency, { hears: this.state === "ready" });
  }

  /** Sets whether the worker gives back waiting tasks instead of starting them. */
  setPaused(paused: boolean): void {
    this.tasks.setPaused(paused, { hears: this.state !== "starting" });
  }

  /** Sends the tasks that were taken over since the last time. */
  flush(): void {
    this.tasks.flush();
    if (this.tasks.left !== Infinity) this.#pool.workerSpending(this);
  }

  /** Lets the worker finish its tasks, run `teardown` and end. */
  close(): void {
    if (this.state === "starting") return this.#end(undefined);
    this.drain();
    this.#closeWhenEmpty();
  }

  /** Stops the worker at once; {@link terminate} follows. Resolves once no body runs on it. */
  async halt(): Promise<void> {
    this.#isHalted = true;
    this.tasks.limits.giveUp();
    this.#channel.terminate();
    if (this.inFlight > 0) await this.#ending.gone();
  }

  /** Stops the worker at once. Each task on it fails with an error of its own. */
  terminate(error: () => unknown): void {
    this.#end(undefined, error);
  }

  /** Resolves once the thread or process of the stopped worker has ended. */
  ended(): Promise<void> {
    return this.#ending.ended();
  }

  startTimedOut(timeout: number): void {
    if (this.state !== "starting") return;
    const limit = `${timeout} ms (startTimeout)`;
    this.lost({ reason: `its module did not load, or setup() did not end, within ${limit}` });
  }

  drain(): void {
    if (this.state !== "ready") return;
    this.state = "draining";
    this.#pool.workerDraining(this);
  }

  slotsFreed(): void {
    this.tasks.freed();
    this.#closeWhenEmpty();
    this.#pool.workerFreed(this);
  }

  #receive(message: unknown[]): void {
    const fault = faultIn(message);
    if (fault !== undefined) return this.forged(fault);
    const { accepts, inFlight, tasks } = this;
    // Not sent by the loop: it says that the loop does not turn, so the worker is not heard.
    if (message[0] === ToCaller.blocked) {
      return tasks.limits.loop.tell(message[1] as number, message[2] as number, message[3] as LastCall);
    }
    tasks.messageBegins();
    const onRecord = this.#onRecord as (kind: number, id: number, number: number, value: unknown) => void;
    eachRecord(message, onRecord, tasks.succeeded);
    tasks.messageEnds();
    if (this.inFlight < inFlight || this.accepts !== accepts) this.slotsFreed();
  }

  // An arrow function, so that `kind` tells the compiler what `value` is.
  readonly #onRecord: (...record: ToCallerRecord) => void = (kind, id, micros, value) => {
    switch (kind) {
      case ToCaller.done:
        return this.tasks.succeeded(id, micros, [value]);
      case ToCaller.fail:
        return this.tasks.failed(id, micros, value);
      case ToCaller.progress:
        return this.tasks.reports.progressed(id, value);
      case ToCaller.count:
        return this.tasks.reports.counted(id, micros, value);
      case ToCaller.began:
        return this.tasks.reports.began(id, micros, value);
      case ToCaller.printed:
        return this.tasks.reports.printed(id, value);
      case ToCaller.used:
        return this.tasks.reports.hasUsed(id, micros, value);
      case ToCaller.add:
        return this.tasks.reports.added(id, value);
      case ToCaller.yield:
        return this.tasks.reports.yielded(id, value);
      case ToCaller.broken:
        return this.tasks.reports.broke(id, value);
      case ToCaller.returned:
        return this.tasks.returned(id);
      case ToCaller.started:
        return this.tasks.begun(id, value);
      case ToCaller.aborted:
        return this.tasks.limits.aborted();
      case ToCaller.age:
        return this.tasks.limits.aged(id, micros, value);
      case ToCaller.blocked:
        return;
      case ToCaller.ready:
        return this.#ready(value);
      case ToCaller.startFailed:
        return this.#startFailed(fromErrorData(value));
      case ToCaller.lastWords: {
        const { cause } = value;
        return this.lost({ ...value, cause: cause && fromErrorData(cause) });
      }
      case ToCaller.lag:
        this.tasks.limits.loop.turned();
        this.loopLag = micros / 1000;
        this.heapBytes = value.heapBytes ?? 0;
        this.loopUse = value.use;
        return this.#pool.workerMeasured(this);
      case ToCaller.closed:
        if (!this.#ending.isAsked) return this.forged("it said that it is closed, unasked");
        this.#isClosed = true;
        if (value) this.#host.teardownFailed(this.id, fromErrorData(value));
        return this.#end(undefined);
      default:
        kind satisfies never;
    }
  };

  #ready(exports: string[]): void {
    if (this.state !== "starting") return this.forged("it said more than once that it is ready");
    this.state = "ready";
    this.exports = exports;
    this.readySince = performance.now();
    this.startedIn = this.readySince - this.created;
    this.tasks.ready();
    this.#pool.workerReady(this);
  }

  #closeWhenEmpty(): void {
    if (this.state !== "draining" || this.inFlight > 0) return;
    this.tasks.close();
    this.#ending.asked(() => this.#end(undefined));
  }

  #startFailed(error: unknown): void {
    if (this.state !== "starting") return this.forged("it could not start, after it had started");
    this.#end(undefined, undefined, () => this.#pool.workerFailed(this, error));
  }

  /** Gives up the worker, because it sent an invalid message: user code may have written to the channel. */
  forged(what: string): void {
    this.lost({
      reason:
        `it sent a message that is none of polyloop's (${what}): code in it writes to polyloop's own channel`,
    });
  }

  /** Ends a worker that has ended by itself, or has to be given up. */
  lost({ reason, ...end }: WorkerEnd): void {
    // A worker that was stopped is not lost.
    if (this.#isHalted) return;
    const make = (task?: Task) => {
      const blame = task?.alone && task.particulars.losses > 1
        ? "; this task was alone on it, and on two that were lost before"
        : "";
      return new WorkerLostError({ workerId: this.id, reason: reason + blame, ...end });
    };
    if (this.state === "starting") {
      return this.#startFailed(new ModuleLoadError(this.#module ?? "", "A worker could not start", make()));
    }
    // First, so that nothing begins after the next line has looked at what has begun.
    this.tasks.limits.giveUp();
    if (this.state !== "gone") this.tasks.giveBackUnstarted();
    this.#end(make(), make);
  }

  /**
   * Ends the worker. All tasks that are left on it fail.
   *
   * @param lost why the worker was lost; undefined if it was stopped
   * @param error makes the error of each task
   * @param announce tells the pool, with the number of tasks that were left
   */
  #end(
    lost: WorkerLostError | undefined,
    error: (task: Task) => unknown = () =>
      new WorkerLostError({ workerId: this.id, reason: "it was stopped" }),
    announce = (tasks: number) => this.#pool.workerGone(this, lost, tasks),
  ): void {
    if (this.state === "gone") return;
    this.mayCompute = !this.#isClosed && (this.inFlight > 0 || this.state !== "ready");
    this.state = "gone";
    this.#ending.stopped();
    this.tasks.stop();
    this.#channel.terminate();
    const entries = this.tasks.clear();
    if (entries.length > 0) {
      this.#pool.workerStopping(this.#ending.gone());
      this.#ending.followBodies(entries);
    }
    this.tasks.fail(entries, error);
    announce(entries.length);
  }
}
