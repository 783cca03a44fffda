/**
 * One worker as the caller sees it. It owns the worker's tasks in flight: they leave by a reply, or all
 * at once by `#end()` when the worker is no more, and by no other way, so none can hang or settle twice.
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

/** How long `teardown` may take at least, in milliseconds. */
const TEARDOWN_TIME = 5_000;

/** What is wrong with a result that is not of its task's encoding. */
const NO_TEXT = "a result is not what its task's encoding makes";

/** Where a worker is in its life. `draining`: finishes what it has, takes nothing new. */
export type WorkerState = "starting" | "ready" | "draining" | "gone";

/** What a worker's handle tells its pool. All else goes to the executor itself. */
export interface HandleHost {
  /** It is ready. */
  workerReady(handle: WorkerHandle): void;
  /** It never became ready. */
  workerFailed(handle: WorkerHandle, error: unknown): void;
  /** It was sent tasks, and it may be sent a limited number of them in all. */
  workerSpending(handle: WorkerHandle): void;
  /** A batch of replies freed slots. */
  workerFreed(handle: WorkerHandle): void;
  /** Its loop was looked at: `loopLag` and `heapBytes` are new. */
  workerMeasured(handle: WorkerHandle): void;
  /** It is being stopped, with bodies on it, which may run until `gone` resolves. */
  workerStopping(gone: Promise<void>): void;
  /** It takes no new tasks from now on; another may have its position. */
  workerDraining(handle: WorkerHandle): void;
  /** It is no more. `error` says why, if that was not our doing; `tasks` is the number of tasks that were on it. */
  workerGone(handle: WorkerHandle, error: WorkerLostError | undefined, tasks: number): void;
}

/** What it takes to start a worker. */
export interface HandleInit {
  position: number;
  backend: Backend;
  init: WorkerInit;
  gracePeriod: number;
  stallTimeout: number;
  /** How many tasks it may be sent in all. */
  mostTasks: number;
  /** Whether short tasks are sent ahead of its slots. */
  sendsAhead: boolean;
  /** How many workers there may be for each core. */
  perCore: number;
  pool: HandleHost;
  host: ExecutorHost;
}

/** One worker, and the tasks it has in flight. */
export class WorkerHandle implements TaskOwner {
  readonly id: number;
  /** Its position in the pool, which its successor keeps. */
  readonly position: number;
  state: WorkerState = "starting";
  /** The names of the module's tasks, once ready. */
  exports: string[] = [];
  /** How late its loop ran when last looked at, in milliseconds. */
  loopLag = 0;
  /** The memory of its heap when last looked at, where the runtime tells. */
  heapBytes = 0;
  /** How busy its loop was, until then. */
  loopUse: LoopUse = { busy: 0, watched: 0 };
  /** Bodies that have ended on it. */
  completed = 0;
  /** Whether it was ever given a task. */
  used = false;
  /** When it was started. */
  readonly created = performance.now();
  /** Since when it is ready. */
  readySince = 0;
  /** How long it took to start, in milliseconds. */
  startedIn = 0;
  /** Number of tasks that it was sent, without those that it gave back. */
  tasksSent = 0;
  /** Number of tasks that it may still be sent. */
  tasksLeft: number;
  /** Whether a fresh one is to take its place, whatever it has done. */
  isOutdated = false;
  /** Whether a fresh one has taken its place. */
  isRecycled = false;
  /** Whether anything of the module's may have run on it when it was stopped. */
  mayCompute = false;
  /** Kept free for a task that must run alone. */
  reserved = false;
  /** Since when it has had nothing to do. */
  idleSince = performance.now();
  /** What started it. */
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
  /** Bodies on it that go on without their tasks. */
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
  /** The tasks whose starts it has yet to tell, where it tells. */
  readonly #starts: Announcements | undefined;
  /** Whether the worker measures its bodies, and where one that holds its loop is seen. */
  readonly #mayStall: boolean;
  /** What is known of its loop while that does not turn. */
  readonly #loop: LoopHolder;
  /** What it can be told while its loop does not turn, where memory is shared. */
  readonly #orders: Orders | undefined;
  /** When it was last heard of, or was given tasks after it had none. */
  #heard = 0;
  #lastRetryId = 0;
  #isHalted = false;
  /** Whether it has said that it is closed. */
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
      stalled: (silence) => host.stalled(this.id, silence, this.tasks()),
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

  /** Tasks on the worker. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** How many tasks it takes beyond its slots, as long as it keeps up. */
  get ahead(): number {
    return this.#pace.ahead(0, 0);
  }

  /** How many tasks it can be sent now, those ahead of its slots included. */
  room(now: number): number {
    if (!this.accepts) return 0;
    // One that has nothing to do has nothing to say.
    const { inFlight } = this;
    const heard = inFlight === 0 ? now : this.#heard;
    const ahead = this.#pace.ahead(heard, now);
    const room = this.#pace.concurrency + ahead - inFlight;
    // What is ahead is filled up by the half: a post wakes the worker, which costs more than what is in it.
    return room < ahead / 2 ? 0 : Math.min(this.tasksLeft, Math.max(0, room));
  }

  /** Whether it takes new tasks, if it has room. */
  get accepts(): boolean {
    // Until an abort is acknowledged, its loop may be blocked.
    return this.state === "ready" && this.tasksLeft > 0 && !this.#grace.isPending && !this.#stall.isStalled;
  }

  /** Until when a start on it is awaited, in milliseconds of `performance.now()`. */
  get startAwaitedUntil(): number {
    return this.#starts?.until ?? -Infinity;
  }

  /** How many tasks were sent to it that may begin at any time, because it has not told of them for long. */
  startsOverdue(now: number): number {
    return this.#starts?.overdue(now) ?? 0;
  }

  /** Whether the task is on it that it was kept free for. */
  get runsAlone(): boolean {
    return this.#inFlight.hasAlone;
  }

  /** The input of a map that has been on the worker for longest. */
  oldest(): InFlightInput | undefined {
    return this.#inFlight.oldest();
  }

  /** What is on the worker, a body that went on without its task included. */
  running(now: number): TaskInFlight[] {
    return this.#inFlight.running(now);
  }

  /** What is on the worker, by task; a body that went on without its task included. */
  tasks(): { taskId: number; task: string }[] {
    return this.#inFlight.list();
  }

  /** How many tasks run on it at once from now on; if more do, they may end. */
  setConcurrency(concurrency: number): void {
    this.#pace.concurrency = concurrency;
    if (this.state === "ready") this.#tellConcurrency();
  }

  /** Whether what waits on it starts; if not, it comes back. */
  setPaused(paused: boolean): void {
    this.#paused = paused;
    if (this.state !== "starting") this.#tellConcurrency();
  }

  /** Takes a task over. It leaves with the next {@link flush}. */
  start(task: Task): void {
    // The body of an earlier attempt may still be here, under the task's own number.
    if (task.attempt > 1) task.set({ wireId: --this.#lastRetryId });
    const now = this.#begin(task.target, 1);
    if (task.options.timeout !== Infinity || this.#mayStall) this.#sender.watchBodies();
    this.#starts?.sent(task.wireId, 1, now);
    this.#inFlight.add(task, now);
    const { stream } = task.particulars;
    if (stream) stream.grant = (credit) => this.#grant(task, credit);
    this.#sender.run(task);
  }

  /** Takes over some inputs of a map. They leave with the next {@link flush}. */
  startChunk(chunk: Chunk): void {
    const { target } = chunk.tasks;
    const now = this.#begin(target, chunk.size);
    if (this.#mayStall) this.#sender.watchBodies();
    this.#starts?.sent(chunk.firstId, chunk.size, now);
    this.#inFlight.addChunk(chunk, now);
    this.#sender.runChunk(chunk);
  }

  /** Sends what was started since the last time. */
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

  /** Aborts the task's signal; its slot stays taken until the body ends or the grace is over. */
  release(task: Task, reason: unknown): void {
    const entry = this.#inFlight.find(task.wireId);
    // None if it was cancelled by someone who was told that its body has ended.
    if (entry !== task) return;
    const body = new Leftover(task);
    // Before anything is sent: its own run may be found unsendable then, and leave.
    this.#inFlight.leave(body, task.wireId);
    this.#grace.cancelled(body);
    this.#orders?.send();
    this.#sender.abort(task.wireId, reason);
  }

  /** Lets the worker finish what it has, run `teardown` and end. */
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

  /** Stops the worker at once; what it has in flight fails with `error`. */
  terminate(error: () => unknown): void {
    this.#end(undefined, error);
  }

  /** It should have been ready by now. */
  startTimedOut(timeout: number): void {
    if (this.state !== "starting") return;
    const limit = `${timeout} ms (startTimeout)`;
    this.#lost({ reason: `its module did not load, or setup() did not end, within ${limit}` });
  }

  #receive(batch: unknown[]): void {
    const fault = faultIn(batch);
    if (fault !== undefined) return this.#forged(fault);
    // Not the loop's own word: it says that the loop does not turn.
    if (batch[0] === ToCaller.blocked) return this.#loop.tell(batch[1] as number, batch[2] as number);
    const { accepts, inFlight } = this;
    this.#heard = performance.now();
    this.#stall.heard();
    const onRecord = this.#onRecord as (kind: number, id: number, number: number, value: unknown) => void;
    eachRecord(batch, onRecord, this.#succeeded);
    this.#pace.endBatch(this.#heard);
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
        this.loopLag = micros / 1000;
        this.heapBytes = value.heapBytes ?? 0;
        this.loopUse = value.use;
        return this.#pool.workerMeasured(this);
      case ToCaller.aborted:
        if (!this.#grace.isPending) return this.#forged("it acknowledged an abort that it was not sent");
        return this.#grace.acknowledged();
      case ToCaller.returned:
        return this.#takeBack(id);
      case ToCaller.started:
        return this.#announced(id);
      case ToCaller.age:
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

  /** Tasks from `id` on have returned. */
  readonly #succeeded = (id: number, micros: number | number[], values: Values): void => {
    // A list may be as long as numbers go, and all holes.
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
      this.completed += count;
      this.#pace.observe(micros, count, at);
      at += count;
    }
  };

  #announced(id: number): void {
    const start = this.#starts?.begun(id);
    if (start) this.#host.begun(start.isFirst);
  }

  /** The worker has so much more to do. Returns the time. */
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

  /** The worker is done with a task. */
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
    this.completed++;
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

  /** One of the tasks that it was sent does not run there. */
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

  /** An input could not be cloned. */
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
    this.#teardownTimer = after(Math.max(TEARDOWN_TIME, this.#gracePeriod), () => this.#end(undefined));
  }

  #startFailed(error: unknown): void {
    if (this.state !== "starting") return this.#forged("it could not start, after it had started");
    this.#end(undefined, undefined, () => this.#pool.workerFailed(this, error));
  }

  /** The worker sent what no worker of ours sends: nothing that it says can be believed any more. */
  #forged(what: string): void {
    this.#lost({
      reason:
        `it sent a message that is none of polyloop's (${what}): code in it writes to polyloop's own channel`,
    });
  }

  /** The worker ended, or must. */
  #lost({ reason, ...end }: WorkerEnd): void {
    // That is our doing.
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
    // Before it is looked at what has begun: from here on nothing does.
    this.#orders?.giveUp();
    this.#giveBackUnstarted();
    this.#end(make(), make);
  }

  /** What was sent after the task whose body was called last has not begun there: another worker may run it. */
  #giveBackUnstarted(): void {
    const id = this.#loop.lastCalled();
    if (id === undefined || this.state === "gone") return;
    for (const task of this.#inFlight.takeSentAfter(id)) this.#host.returned(task);
  }

  /** Undefined where it is not known. */
  #hasBegun(task: Task): boolean | undefined {
    const id = this.#loop.lastCalled();
    if (id === undefined) return this.#loop.isShared ? false : undefined;
    const place = this.#inFlight.find(id)?.place;
    return place === undefined ? undefined : task.place <= place;
  }

  /** The only way by which tasks leave other than by a reply: all of them, when the worker is no more. */
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

  /** Resolves once its thread or process has ended, after it was stopped. */
  ended(): Promise<void> {
    return this.#ending.ended();
  }
}

/** Calls the user's function so that its error is the program's, and not the end of the batch it came in. */
function callUser(callback: ((value: unknown) => void) | undefined, value: unknown): void {
  try {
    callback?.(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
