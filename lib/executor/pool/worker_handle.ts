/**
 * One worker on the caller's side. The handle owns the tasks in flight on its worker. A task leaves it by a reply, by coming back
 * unstarted, or by `#end()` when the worker is gone. There is no other way, so no task can hang or settle twice.
 *
 * @module
 */

import type { Backend, WorkerChannel, WorkerEnd } from "../../backends/backend.ts";
import { ModuleLoadError, TaskCloneError, WorkerLostError } from "../../errors.ts";
import { fromErrorData } from "../../wire/error_data.ts";
import { eachRecord } from "../../wire/inbox.ts";
import type { Values } from "../../wire/lines.ts";
import { Orders } from "../../wire/orders.ts";
import { faultIn } from "../../wire/record_check.ts";
import { type LoopUse, ToCaller, type ToCallerRecord, type WorkerInit } from "../../wire/message.ts";
import { Announcements } from "./announcements.ts";
import type { Chunk } from "../calls/chunk.ts";
import { after } from "../deadlines.ts";
import type { ExecutorHost } from "../host.ts";
import { Grace } from "./grace.ts";
import { InFlight, type InFlightInput, MISFIT } from "./in_flight.ts";
import { Leftover } from "./leftover.ts";
import { LoopHolder } from "./loop_holder.ts";
import { Overdue } from "./overdue.ts";
import { Pace } from "./pace.ts";
import { areResults } from "./result_check.ts";
import { Sender } from "./sender.ts";
import { StallWatch } from "./stall_watch.ts";
import type { TaskTarget } from "../calls/target_table.ts";
import type { Task, TaskOwner } from "../calls/task.ts";
import { markThrown } from "../calls/thrown.ts";
import type { TaskInFlight } from "../types.ts";
import { WorkerEnding } from "./worker_ending.ts";

/** Minimum time that `teardown` may take, in milliseconds; `gracePeriod` may be longer. A guess. */
const TEARDOWN_TIME = 5_000;

/**
 * How often that time begins again for output that moves. A guess: a reader of stderr that needs more than a minute loses lines;
 * a teardown that prints for ever ends after that.
 */
const OUTPUT_ROUNDS = 12;

/** A timer that is later than this, in milliseconds, was held up by this thread or a busy machine. A guess. */
const LATE = 100;

/** The fault of a result that is not of its task's encoding. */
const NO_TEXT = "a result is not what its task's encoding makes";

/** State of a worker. `"draining"`: it finishes its tasks and takes no new ones. */
export type WorkerState = "starting" | "ready" | "draining" | "gone";

/** What a handle tells its pool. The rest goes to {@link ExecutorHost}. */
export interface HandleHost {
  /** The worker is ready. */
  workerReady(handle: WorkerHandle): void;
  /** The worker could not start. */
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

/** What it takes to start a worker. */
export interface HandleInit {
  position: number;
  backend: Backend;
  init: WorkerInit;
  gracePeriod: number;
  stallTimeout: number;
  /** Maximum number of tasks that it is sent. */
  mostTasks: number;
  /** Whether it is sent short tasks beyond its slots. */
  sendsAhead: boolean;
  /** Number of workers per core. */
  perCore: number;
  pool: HandleHost;
  host: ExecutorHost;
}

/** One worker, and the tasks it has in flight. */
export class WorkerHandle implements TaskOwner {
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
  /** Whether it was ever sent a task. */
  used = false;
  /** When the worker was started, in milliseconds of `performance.now()`. */
  readonly created = performance.now();
  /** When the worker became ready, in milliseconds of `performance.now()`. */
  readySince = 0;
  /** How long the worker took to start, in milliseconds. */
  startedIn = 0;
  /** Number of tasks that it was sent, without the ones that it gave back. */
  tasksSent = 0;
  /** Number of tasks that it may still be sent. */
  tasksLeft: number;
  /** Whether a fresh worker must replace it, whatever its age. */
  isOutdated = false;
  /** Whether it drains because it was recycled. */
  isRecycled = false;
  /** Whether code of the module may have been running when the worker was stopped. */
  mayCompute = false;
  /** Whether it is kept free for a task that must run alone. */
  reserved = false;
  /** Since when it has had no tasks, in milliseconds of `performance.now()`. */
  idleSince = performance.now();
  /** The backend that started the worker. */
  readonly backend: Backend;
  readonly #module: string | null;
  readonly #startedWith: number;
  readonly #gracePeriod: number;
  readonly #ending: WorkerEnding;
  readonly #pool: HandleHost;
  readonly #host: ExecutorHost;
  readonly #channel: WorkerChannel;
  readonly #sender: Sender;
  readonly #pace: Pace;
  readonly #inFlight = new InFlight(this);
  /** The grace periods of cancelled bodies. */
  readonly #grace = new Grace({
    inFlight: () => this.inFlight,
    condemned: () => this.#drain(),
    kill: () => this.#lost({ reason: "a cancelled task on it did not stop within its grace period" }),
  });
  readonly #stall: StallWatch;
  readonly #overdue = new Overdue({
    ask: (wireId) => this.#sender.ask(wireId),
    heard: () => this.#heard,
    heldBy: () => this.#loop.heldBy(),
    hasBegun: (task) => this.#hasBegun(task),
    find: (wireId) => this.#inFlight.find(wireId),
  });
  /** Starts that the worker has to announce; undefined if there is no rate. */
  readonly #starts: Announcements | undefined;
  /** Whether there is a `stallTimeout`, so that the worker must show which body holds its loop. */
  readonly #mayStall: boolean;
  /** The holder of the worker's event loop while it does not turn. */
  readonly #loop: LoopHolder;
  /** Orders that the worker reads also while its loop does not turn; undefined without shared memory. */
  readonly #orders: Orders | undefined;
  /** When the worker last sent a message, or was sent a task after it had none. */
  #heard = 0;
  #lastRetryId = 0;
  #isHalted = false;
  /** Whether the worker has said that it is closed. */
  #isClosed = false;
  #paused = false;
  #teardownTimer: ReturnType<typeof setTimeout> | undefined;

  /** @throws whatever the platform throws if `workerData` cannot be cloned */
  constructor(
    { position, backend, init, gracePeriod, stallTimeout, mostTasks, sendsAhead, perCore, pool, host }:
      HandleInit,
  ) {
    this.id = init.workerId;
    this.position = position;
    this.backend = backend;
    this.tasksLeft = mostTasks;
    this.#module = init.module;
    this.#startedWith = init.concurrency;
    this.#gracePeriod = gracePeriod;
    this.#starts = init.announces ? new Announcements() : undefined;
    this.#mayStall = stallTimeout !== Infinity;
    this.#pool = pool;
    this.#host = host;
    this.#pace = new Pace(init.concurrency, { sendsAhead, perCore });
    this.#stall = new StallWatch({
      timeout: stallTimeout,
      grace: gracePeriod,
      silentSince: () => this.inFlight === 0 ? undefined : this.#heard,
      stalled: (silence) => host.stalled(this.id, silence, this.running(performance.now())),
      kill: (silence) =>
        this.#lost({ reason: `its event loop was blocked for ${Math.round(silence)} ms (stallTimeout)` }),
    });
    this.#channel = backend.spawn(init, (stream, text) => host.output(this.id, stream, text));
    this.#ending = new WorkerEnding(this.#channel, backend, gracePeriod);
    const { memory } = this.#channel;
    this.#loop = new LoopHolder(memory);
    this.#orders = memory && new Orders(memory);
    this.#sender = new Sender(this.#channel, (id, error) => this.#unsendable(id, error));
    this.#channel.listen(
      (batch) => this.#receive(batch),
      (fault) =>
        fault === undefined
          ? this.#lost({ reason: "a message from it could not be rebuilt" })
          : this.#forged(fault),
    );
    this.#channel.ended.then((end) => this.#lost(end));
  }

  /** Number of tasks on the worker. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Number of tasks that it takes beyond its slots, as long as it replies. */
  get ahead(): number {
    return this.#pace.ahead(0, 0);
  }

  /** Number of tasks that it can be sent now, within and beyond its slots. */
  room(now: number): number {
    if (!this.accepts) return 0;
    // A worker without tasks is silent.
    const { inFlight } = this;
    const heard = inFlight === 0 ? now : this.#heard;
    const ahead = this.#pace.ahead(heard, now);
    const room = this.#pace.concurrency + ahead - inFlight;
    // Not before half of the tasks ahead are done: a message wakes the worker. This saves 8 % of a map's CPU time on Deno, 2 to 7 %
    // on Node.
    return room < ahead / 2 ? 0 : Math.min(this.tasksLeft, Math.max(0, room));
  }

  /** Whether the worker takes new tasks, as far as it has room. */
  get accepts(): boolean {
    // Until the worker has acknowledged an abort, its loop may be blocked.
    return this.state === "ready" && this.tasksLeft > 0 && !this.#grace.isPending && !this.#stall.isStalled;
  }

  /** Until when the announcement of a start is awaited, in milliseconds of `performance.now()`. */
  get startAwaitedUntil(): number {
    return this.#starts?.until ?? -Infinity;
  }

  /** Number of tasks on the worker that can begin at any time, because their announcement is overdue. */
  startsOverdue(now: number): number {
    return this.#starts?.overdue(now) ?? 0;
  }

  /** Whether a task that must run alone is on the worker. */
  get runsAlone(): boolean {
    return this.#inFlight.hasAlone;
  }

  /** The input of a map that has been on the worker for longest; undefined if there is none. */
  oldest(): InFlightInput | undefined {
    return this.#inFlight.oldest();
  }

  /** The tasks on the worker, including bodies that outlive their tasks. */
  running(now: number): TaskInFlight[] {
    return this.#inFlight.running(now);
  }

  /** Sets the number of slots. Tasks that run may end. */
  setConcurrency(concurrency: number): void {
    this.#pace.concurrency = concurrency;
    if (this.state === "ready") this.#tellConcurrency();
  }

  /** Sets whether the worker gives back waiting tasks instead of starting them. */
  setPaused(paused: boolean): void {
    this.#paused = paused;
    if (this.state !== "starting") this.#tellConcurrency();
  }

  /** Takes over a task. The next {@link flush} sends it. */
  start(task: Task): void {
    // The body of an earlier attempt may still run here under the task's own number.
    if (task.attempt > 1) task.set({ wireId: --this.#lastRetryId });
    const now = this.#begin(task.target, 1);
    if (task.options.timeout !== Infinity || this.#mayStall) this.#sender.watchBodies();
    this.#starts?.sent(task.wireId, 1, now);
    this.#inFlight.add(task, now);
    const { stream } = task.particulars;
    if (stream) stream.grant = (credit) => this.#grant(task, credit);
    this.#sender.run(task);
  }

  /** Takes over a chunk. The next {@link flush} sends it. */
  startChunk(chunk: Chunk): void {
    const { target } = chunk.tasks;
    const now = this.#begin(target, chunk.size);
    if (this.#mayStall) this.#sender.watchBodies();
    this.#starts?.sent(chunk.firstId, chunk.size, now);
    this.#inFlight.addChunk(chunk, now);
    this.#sender.runChunk(chunk);
  }

  /** Sends the tasks that were taken over since the last time. */
  flush(): void {
    this.#sender.flush();
    if (this.tasksLeft !== Infinity) this.#pool.workerSpending(this);
  }

  overdue(task: Task): void {
    this.#overdue.add(task);
  }

  takeApart(ids: number[]): void {
    for (const id of ids) this.#inFlight.find(id);
  }

  /** Aborts the signal of a task that has settled. Its body keeps the slot until it ends, or its grace period is over. */
  release(task: Task, reason: unknown): void {
    const entry = this.#inFlight.find(task.wireId);
    // It is not here if its body has ended, and the observer of that end cancelled it.
    if (entry !== task) return;
    const body = new Leftover(task);
    // Before the abort is sent, because the task's own record may turn out to be unsendable then, and leave.
    this.#inFlight.leave(body, task.wireId);
    this.#grace.cancelled(body);
    this.#orders?.send();
    this.#sender.abort(task.wireId, reason);
  }

  /** Lets the worker finish its tasks, run `teardown` and end. */
  close(): void {
    if (this.state === "starting") return this.#end(undefined);
    this.#drain();
    this.#closeWhenEmpty();
  }

  /** Stops the worker at once; {@link terminate} follows. Resolves once no body runs on it. */
  async halt(): Promise<void> {
    this.#isHalted = true;
    this.#orders?.giveUp();
    this.#channel.terminate();
    if (this.inFlight > 0) await this.#ending.gone();
  }

  /** Stops the worker at once. Each task on it fails with an error of its own. */
  terminate(error: () => unknown): void {
    this.#end(undefined, error);
  }

  /** Called when `startTimeout` has passed. */
  startTimedOut(timeout: number): void {
    if (this.state !== "starting") return;
    const limit = `${timeout} ms (startTimeout)`;
    this.#lost({ reason: `its module did not load, or setup() did not end, within ${limit}` });
  }

  #receive(batch: unknown[]): void {
    const fault = faultIn(batch);
    if (fault !== undefined) return this.#forged(fault);
    // Not sent by the loop: it says that the loop does not turn, so the worker is not heard.
    if (batch[0] === ToCaller.blocked) return this.#loop.tell(batch[1] as number, batch[2] as number);
    const { accepts, inFlight } = this;
    this.#heard = performance.now();
    this.#stall.heard();
    const onRecord = this.#onRecord as (kind: number, id: number, number: number, value: unknown) => void;
    eachRecord(batch, onRecord, this.#succeeded);
    this.#pace.endMessage(this.#heard);
    if (this.inFlight < inFlight || this.accepts !== accepts) this.#slotsFreed();
  }

  // An arrow function, so that `kind` tells the compiler what `value` is.
  readonly #onRecord: (...record: ToCallerRecord) => void = (kind, id, micros, value) => {
    switch (kind) {
      case ToCaller.done:
        return this.#succeeded(id, micros, [value]);
      case ToCaller.fail:
        return this.#reply(id, micros, false, markThrown(fromErrorData(value)));
      case ToCaller.progress:
        return callUser(this.#inFlight.task(id)?.options.onProgress, value);
      case ToCaller.yield:
        return this.#yielded(this.#inFlight.task(id), value);
      case ToCaller.broken: {
        const task = this.#inFlight.task(id);
        if (task && !task.particulars.stream && !task.options.onProgress) {
          return this.#forged("a value failed that nobody reads");
        }
        return task?.cancel(fromErrorData(value));
      }
      case ToCaller.ready:
        return this.#ready(value);
      case ToCaller.startFailed:
        return this.#startFailed(fromErrorData(value));
      case ToCaller.lastWords: {
        const { cause } = value;
        return this.#lost({ ...value, cause: cause && fromErrorData(cause) });
      }
      case ToCaller.lag:
        this.#loop.turned();
        this.loopLag = micros / 1000;
        this.heapBytes = value.heapBytes ?? 0;
        this.loopUse = value.use;
        return this.#pool.workerMeasured(this);
      case ToCaller.aborted:
        this.#loop.turned();
        if (!this.#grace.isPending) return this.#forged("it acknowledged an abort that it was not sent");
        return this.#grace.acknowledged();
      case ToCaller.returned:
        return this.#takeBack(id);
      case ToCaller.started:
        return this.#announced(id);
      case ToCaller.age:
        this.#loop.turned();
        return this.#overdue.told(id, micros / 1_000, value === undefined ? undefined : value / 1_000);
      case ToCaller.blocked:
        return;
      case ToCaller.closed:
        if (this.#teardownTimer === undefined) return this.#forged("it said that it is closed, unasked");
        this.#isClosed = true;
        if (value) this.#host.teardownFailed(this.id, fromErrorData(value));
        return this.#end(undefined);
      default:
        kind satisfies never;
    }
  };

  /** Takes the results of the tasks from `id` on. */
  readonly #succeeded = (id: number, micros: number | number[], values: Values): void => {
    // An array of holes can have any length.
    if (values.length > 1 && values.length > this.inFlight) {
      return this.#forged("more results than it has tasks");
    }
    for (let at = 0; at < values.length;) {
      const count = this.#inFlight.succeed(id, micros, values, at);
      if (count === MISFIT) return this.#forged(NO_TEXT);
      if (count === 0) {
        this.#reply(id + at, typeof micros === "number" ? micros : micros[at], true, values.at(at));
        at++;
        continue;
      }
      this.#pace.observe(micros, count, at);
      at += count;
    }
  };

  #announced(id: number): void {
    const start = this.#starts?.begun(id);
    if (start) this.#host.begun(start.isFirst);
  }

  /** Prepares the start of `count` tasks. Returns the time. */
  #begin(target: TaskTarget, count: number): number {
    const now = performance.now();
    this.tasksSent += count;
    this.tasksLeft -= count;
    if (this.inFlight === 0) {
      this.#heard = now;
      this.#pace.begin(now);
    }
    this.used = true;
    this.#stall.watch();
    this.#sender.target(target);
    return now;
  }

  /** Takes the reply to one task or body. */
  #reply(id: number, micros: number, ok: boolean, value: unknown): void {
    const entry = this.#inFlight.find(id);
    if (!entry) return;
    if (
      ok && !(entry instanceof Leftover) && !areResults(entry.target.spec.encoding, [value], [entry.input], 0)
    ) {
      return this.#forged(NO_TEXT);
    }
    this.#inFlight.delete(id, entry);
    this.#starts?.left(id);
    if (entry instanceof Leftover) {
      this.#grace.released(entry);
      entry.ended();
      return;
    }
    entry.micros = micros;
    this.#pace.observe(micros, 1);
    const late = this.#overdue.outran(entry);
    if (late) entry.fail(late);
    else if (ok) entry.settle(true, value);
    else entry.fail(value);
  }

  #yielded(task: Task | undefined, value: unknown): void {
    if (!task) return;
    const { stream } = task.particulars;
    if (!stream) return this.#forged("it yielded a value of a task that is no stream");
    if (!stream.onYield(value)) this.#forged("it yielded more values than it was asked for");
  }

  #takeBack(id: number): void {
    const entry = this.#inFlight.find(id);
    if (!entry) return;
    if (entry instanceof Leftover) return this.#reply(id, 0, false, undefined);
    if (entry.options.transfer) return this.#forged("it gave back a task that it was to keep");
    this.#inFlight.delete(id, entry);
    this.#starts?.left(id);
    this.#pace.slow();
    this.#unsent();
    this.#host.returned(entry);
  }

  /** Corrects the counts for a task that was sent and does not run here. */
  #unsent(): void {
    this.tasksSent--;
    this.tasksLeft++;
  }

  #slotsFreed(): void {
    if (this.inFlight === 0) this.idleSince = performance.now();
    this.#grace.check();
    this.#closeWhenEmpty();
    this.#pool.workerFreed(this);
  }

  #drain(): void {
    if (this.state !== "ready") return;
    this.state = "draining";
    this.#pool.workerDraining(this);
  }

  #ready(exports: string[]): void {
    if (this.state !== "starting") return this.#forged("it said more than once that it is ready");
    this.state = "ready";
    this.exports = exports;
    this.idleSince = this.readySince = performance.now();
    this.startedIn = this.readySince - this.created;
    if (this.#pace.concurrency !== this.#startedWith) this.#tellConcurrency();
    this.#pool.workerReady(this);
  }

  #tellConcurrency(): void {
    const concurrency = this.#paused ? 0 : this.#pace.concurrency;
    this.#sender.concurrency(concurrency);
  }

  #grant(task: Task, credit: number): void {
    if (this.#inFlight.task(task.wireId) !== task) return;
    this.#sender.grant(task.wireId, credit);
  }

  /** Fails a task whose input cannot be cloned. */
  #unsendable(id: number, error: unknown): void {
    this.#unsent();
    this.#reply(id, 0, false, new TaskCloneError("input", error));
    this.#slotsFreed();
  }

  #closeWhenEmpty(): void {
    if (this.state !== "draining" || this.inFlight > 0) return;
    this.#grace.end();
    clearTimeout(this.#teardownTimer);
    this.#sender.close();
    this.#awaitClosed(OUTPUT_ROUNDS);
  }

  /**
   * Ends the worker if it does not close in time. That time begins again, at most `rounds` times, if the worker's output moved
   * meanwhile, or if the timer was late because this thread wrote it to a slow reader: what is left would be lost.
   */
  #awaitClosed(rounds: number): void {
    const time = Math.max(TEARDOWN_TIME, this.#gracePeriod);
    const due = performance.now() + time;
    const printed = this.#channel.printed?.();
    this.#teardownTimer = after(time, () => {
      const isMoving = performance.now() - due > LATE || this.#channel.printed?.() !== printed;
      if (isMoving && rounds > 0) this.#awaitClosed(rounds - 1);
      else this.#end(undefined);
    });
  }

  #startFailed(error: unknown): void {
    if (this.state !== "starting") return this.#forged("it could not start, after it had started");
    this.#end(undefined, undefined, () => this.#pool.workerFailed(this, error));
  }

  /** Gives up the worker, because it sent an invalid message: user code may have written to the channel. */
  #forged(what: string): void {
    this.#lost({
      reason:
        `it sent a message that is none of polyloop's (${what}): code in it writes to polyloop's own channel`,
    });
  }

  /** Ends a worker that has ended by itself, or has to be given up. */
  #lost({ reason, ...end }: WorkerEnd): void {
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
    this.#orders?.giveUp();
    this.#giveBackUnstarted();
    this.#end(make(), make);
  }

  /** Gives back the tasks that were sent after the one whose body was called last: they have not begun. */
  #giveBackUnstarted(): void {
    const id = this.#loop.lastCalled();
    if (id === undefined || this.state === "gone") return;
    for (const task of this.#inFlight.takeSentAfter(id)) this.#host.returned(task);
  }

  /** Whether the body of a task has been called; undefined if it is not known. */
  #hasBegun(task: Task): boolean | undefined {
    const id = this.#loop.lastCalled();
    if (id === undefined) return this.#loop.isShared ? false : undefined;
    const place = this.#inFlight.find(id)?.place;
    return place === undefined ? undefined : task.place <= place;
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
    this.#grace.end();
    this.#stall.end();
    this.#overdue.end();
    this.#starts?.end();
    clearTimeout(this.#teardownTimer);
    this.#orders?.giveUp();
    this.#channel.terminate();
    const entries = this.#inFlight.clear();
    if (entries.length > 0) {
      this.#pool.workerStopping(this.#ending.gone());
      this.#ending.followBodies(entries);
    }
    for (const entry of entries) {
      if (entry instanceof Leftover) {
        this.#grace.released(entry);
      } else {
        entry.endsUntold();
        entry.fail(error(entry));
      }
    }
    announce(entries.length);
  }

  /** Resolves once the thread or process of the stopped worker has ended. */
  ended(): Promise<void> {
    return this.#ending.ended();
  }
}

/** Calls a function of the user. An error that it throws is an unhandled error of the program. */
function callUser(callback: ((value: unknown) => void) | undefined, value: unknown): void {
  try {
    callback?.(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
