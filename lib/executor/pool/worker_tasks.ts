/**
 * The tasks on one worker: sends them, settles them by its replies, and watches their limits of time. A task leaves by a reply, by
 * coming back unstarted, or by `clear()` when the worker is gone. There is no other way, so no task can hang or settle twice.
 *
 * @module
 */

import type { WorkerChannel, WorkerEnd } from "../../backends/backend.ts";
import { TaskCloneError } from "../../errors.ts";
import { type ErrorData, fromErrorData } from "../../wire/error_data.ts";
import type { Values } from "../../wire/lines.ts";
import { isOfValues, ROOM, unitsOf } from "../../wire/many.ts";
import type { Encoding, Printed } from "../../wire/message.ts";
import { Orders } from "../../wire/orders.ts";
import type { Chunk } from "../calls/chunk.ts";
import type { TaskTarget } from "../calls/target_table.ts";
import type { Task, TaskOwner } from "../calls/task.ts";
import { markThrown } from "../calls/thrown.ts";
import type { ExecutorHost } from "../host.ts";
import type { Weights } from "../queue/rates.ts";
import type { TaskInFlight } from "../task_handle.ts";
import { Announcements } from "./announcements.ts";
import { Grace } from "./grace.ts";
import { InFlight, type InFlightInput, MISFIT } from "./in_flight.ts";
import { Leftover } from "./leftover.ts";
import { LoopHolder } from "./loop_holder.ts";
import { Overdue } from "./overdue.ts";
import { Pace } from "./pace.ts";
import { areResults, mayAdd } from "./result_check.ts";
import { Sender } from "./sender.ts";
import { StallWatch } from "./stall_watch.ts";

/** The fault of a result that is not of its task's encoding. */
const NO_TEXT = "a result is not what its task's encoding makes";

/** What the tasks tell the handle of their worker. */
export interface TasksHost {
  /** The worker gets no new tasks from now on. */
  drain(): void;
  /** The worker has to be given up. */
  lost(end: WorkerEnd): void;
  /** The worker sent a message that polyloop's code does not send. */
  forged(what: string): void;
  /** Slots fell free, but by no message of the worker. */
  slotsFreed(): void;
}

/** The terms on which a worker gets tasks. */
export interface TaskTerms {
  gracePeriod: number;
  stallTimeout: number;
  /** Maximum number of tasks that the worker is sent. */
  mostTasks: number;
  /** Whether the worker is sent short tasks beyond its slots. */
  sendsAhead: boolean;
  /** Number of workers per core. */
  perCore: number;
}

/** What it takes to keep the tasks of a worker. */
export interface WorkerTasksInit extends TaskTerms {
  workerId: number;
  channel: WorkerChannel;
  /** Number of slots. */
  concurrency: number;
  /** Whether the worker announces each start of a body. */
  announces: boolean;
  worker: TasksHost;
  host: ExecutorHost;
}

/** Number of tasks that have printed and are remembered, for what their bodies print after their end. A guess. */
const MAX_PRINTERS = 1_000;

/** The tasks on one worker. */
export class WorkerTasks implements TaskOwner {
  /** The worker's number. */
  readonly id: number;
  /** Number of tasks that the worker was sent, without the ones that it gave back. */
  sent = 0;
  /** Number of tasks that the worker may still be sent. */
  left: number;
  /** Whether the worker was ever sent a task. */
  used = false;
  /** Since when the worker has had no tasks, in milliseconds of `performance.now()`. */
  idleSince = performance.now();
  readonly #worker: TasksHost;
  readonly #host: ExecutorHost;
  readonly #startedWith: number;
  readonly #sender: Sender;
  readonly #pace: Pace;
  /** The last tasks that have printed, by their numbers on the worker. */
  readonly #printers = new Map<number, { id: number; index: number | undefined }>();
  readonly #inFlight = new InFlight(this);
  /** The grace periods of cancelled bodies. */
  readonly #grace = new Grace({
    inFlight: () => this.inFlight,
    condemned: () => this.#worker.drain(),
    kill: () => this.#worker.lost({ reason: "a cancelled task on it did not stop within its grace period" }),
  });
  readonly #stall: StallWatch;
  readonly #overdue = new Overdue({
    ask: (wireId) => this.#sender.ask(wireId),
    heard: () => this.#heard,
    heldBy: () => this.loop.heldBy(),
    hasBegun: (task) => this.#hasBegun(task),
    find: (wireId) => this.#inFlight.find(wireId),
  });
  /** Starts that the worker has to announce; undefined if there is no rate. */
  readonly #starts: Announcements | undefined;
  /** Whether there is a `stallTimeout`, so that the worker must show which body holds its loop. */
  readonly #mayStall: boolean;
  /** The holder of the worker's event loop while it does not turn. */
  readonly loop: LoopHolder;
  /** Orders that the worker reads also while its loop does not turn; undefined without shared memory. */
  readonly #orders: Orders | undefined;
  /** When the worker last sent a message, or was sent a task after it had none. */
  #heard = 0;
  #lastRetryId = 0;
  #paused = false;

  constructor(init: WorkerTasksInit) {
    const { workerId, channel, concurrency, gracePeriod, stallTimeout, worker, host } = init;
    const { memory } = channel;
    this.id = workerId;
    this.left = init.mostTasks;
    this.#worker = worker;
    this.#host = host;
    this.#startedWith = concurrency;
    this.#starts = init.announces ? new Announcements() : undefined;
    this.#mayStall = stallTimeout !== Infinity;
    this.#pace = new Pace(concurrency, init);
    this.#stall = new StallWatch({
      timeout: stallTimeout,
      grace: gracePeriod,
      silentSince: () => this.inFlight === 0 ? undefined : this.#heard,
      stalled: (silence) => host.stalled(workerId, silence, this.running(performance.now())),
      kill: (silence) =>
        worker.lost({ reason: `its event loop was blocked for ${Math.round(silence)} ms (stallTimeout)` }),
    });
    this.loop = new LoopHolder(memory);
    this.#orders = memory && new Orders(memory);
    this.#sender = new Sender(channel, (id, error) => this.#unsendable(id, error));
  }

  /** Number of tasks on the worker. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Number of tasks that the worker takes beyond its slots, as long as it replies. */
  get ahead(): number {
    return this.#pace.ahead(0, 0);
  }

  /** Whether a worker that is ready takes new tasks, as far as it has room. */
  get accepts(): boolean {
    // Until the worker has acknowledged an abort, its loop may be blocked.
    return this.left > 0 && !this.#grace.isPending && !this.#stall.isStalled;
  }

  /** Number of tasks that the worker can be sent now, within and beyond its slots. */
  room(now: number): number {
    // A worker without tasks is silent.
    const { inFlight } = this;
    const heard = inFlight === 0 ? now : this.#heard;
    const ahead = this.#pace.ahead(heard, now);
    const room = this.#pace.concurrency + ahead - inFlight;
    // Not before half of the tasks ahead are done: a message wakes the worker. This saves 8 % of a map's CPU time on Deno, 2 to 7 %
    // on Node.
    return room < ahead / 2 ? 0 : Math.min(this.left, Math.max(0, room));
  }

  /** Until when the announcement of a start is awaited, in milliseconds of `performance.now()`. */
  get startAwaitedUntil(): number {
    return this.#starts?.until ?? -Infinity;
  }

  /** What the tasks count for that can begin at any time, because their announcement is overdue. */
  startsOverdue(now: number): Weights[] {
    return this.#starts?.overdue(now) ?? [];
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

  /** Sets the number of slots. Tasks that run may end. The worker is told if it can hear. */
  setConcurrency(concurrency: number, { hears }: { hears: boolean }): void {
    this.#pace.concurrency = concurrency;
    if (hears) this.#tellConcurrency();
  }

  /** Sets whether the worker gives back waiting tasks instead of starting them. The worker is told if it can hear. */
  setPaused(paused: boolean, { hears }: { hears: boolean }): void {
    this.#paused = paused;
    if (hears) this.#tellConcurrency();
  }

  /** Asks the worker for the tasks that have not started, if it has more tasks than slots. */
  recall(): void {
    if (this.inFlight > this.#pace.concurrency) this.#sender.recall();
  }

  /** The worker is ready. */
  ready(): void {
    this.idleSince = performance.now();
    if (this.#pace.concurrency !== this.#startedWith) this.#tellConcurrency();
  }

  #tellConcurrency(): void {
    this.#sender.concurrency(this.#paused ? 0 : this.#pace.concurrency);
  }

  /** Takes over a task. The next {@link flush} sends it. */
  start(task: Task): void {
    // The body of an earlier attempt may still run here under the task's own number.
    if (task.attempt > 1) task.set({ wireId: --this.#lastRetryId, outputRoom: undefined });
    const now = this.#begin(task.target, 1);
    if (task.options.timeout !== Infinity || this.#mayStall) this.#sender.watchBodies();
    this.#starts?.sent(task.wireId, 1, now, task.particulars.weights);
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

  /** Prepares the start of `count` tasks. Returns the time. */
  #begin(target: TaskTarget, count: number): number {
    const now = performance.now();
    this.sent += count;
    this.left -= count;
    if (this.inFlight === 0) {
      this.#heard = now;
      this.#pace.begin(now);
    }
    this.used = true;
    this.#stall.watch();
    this.#sender.target(target);
    return now;
  }

  #grant(task: Task, credit: number): void {
    if (this.#inFlight.task(task.wireId) !== task) return;
    this.#sender.grant(task.wireId, credit);
  }

  /** Sends the tasks that were taken over since the last time. */
  flush(): void {
    this.#sender.flush();
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

  /** A message of the worker begins. */
  messageBegins(): void {
    this.#heard = performance.now();
    this.#stall.heard();
  }

  /** The message that began last was read to its end. */
  messageEnds(): void {
    this.#pace.endMessage(this.#heard);
  }

  /** Takes the results of the tasks from `id` on. */
  readonly succeeded = (id: number, micros: number | number[], values: Values): void => {
    // An array of holes can have any length.
    if (values.length > 1 && values.length > this.inFlight) {
      return this.#worker.forged("more results than it has tasks");
    }
    for (let at = 0; at < values.length;) {
      const count = this.#inFlight.succeed(id, micros, values, at);
      if (count === MISFIT) return this.#worker.forged(NO_TEXT);
      if (count === 0) {
        this.#reply(id + at, typeof micros === "number" ? micros : micros[at], true, values.at(at));
        at++;
        continue;
      }
      this.#pace.observe(micros, count, at);
      at += count;
    }
  };

  /** Takes the error of a task. */
  failed(id: number, micros: number, error: ErrorData): void {
    this.#reply(id, micros, false, markThrown(fromErrorData(error)));
  }

  /** Takes the reply to one task or body. */
  #reply(id: number, micros: number, ok: boolean, value: unknown): void {
    const entry = this.#inFlight.find(id);
    if (!entry) return;
    if (
      ok && !(entry instanceof Leftover) && !areResults(entry.target.spec.encoding, [value], [entry.input], 0)
    ) {
      return this.#worker.forged(NO_TEXT);
    }
    this.#inFlight.delete(id, entry);
    this.#inFlight.noteEnd(entry.place);
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

  /** Takes what a task has told of its progress. */
  progressed(id: number, value: unknown): void {
    try {
      this.#inFlight.task(id)?.options.onProgress?.(value);
    } catch (error) {
      // An error that the user's function throws is an unhandled error of the program.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  /** Takes an amount that a body counts. It belongs to the attempt of that body, whose task may have settled. */
  counted(id: number, amount: number, name: string): void {
    const entry = this.#inFlight.find(id);
    if (!entry) return;
    if (!(entry instanceof Leftover)) entry.told.counts.add(name, amount);
    this.#host.counted(name, amount);
  }

  /** Takes when and where a body began. */
  toldBegin(id: number, at: number, position: number): void {
    const entry = this.#inFlight.find(id);
    if (entry && !(entry instanceof Leftover)) entry.told.began = { at, position };
  }

  /** Takes what a body has printed. Its task may have settled. */
  printed(id: number, { stream, text }: Printed): void {
    const { workerId } = this.#inFlight;
    const { id: taskId, index } = this.#inFlight.find(id) ?? this.#printers.get(id) ?? {};
    if (taskId !== undefined) this.#printers.set(id, { id: taskId, index });
    if (this.#printers.size > MAX_PRINTERS) this.#printers.delete(this.#printers.keys().next().value!);
    this.#host.taskOutput({ workerId, taskId, index, stream, text });
  }

  /** Takes an input that a body hands in. It belongs to the attempt of that body. */
  added(id: number, input: unknown): void {
    const entry = this.#inFlight.find(id);
    if (!entry || entry instanceof Leftover) return;
    const { encoding } = entry.target.spec;
    if (!mayAdd(encoding, input)) {
      return this.#worker.forged("it handed in an input that its task cannot hand in");
    }
    const { told } = entry;
    (told.added ??= []).push(input);
  }

  /** Takes the amount that a body has used, which may have outlived its task. */
  hasUsed(id: number, amount: number, name: string): void {
    const start = this.#starts?.running(id);
    if (start) this.#host.hasUsed(start, name, amount);
  }

  /** Takes a value of a stream, or outputs of an input. */
  yielded(id: number, value: unknown): void {
    const task = this.#inFlight.find(id);
    if (!task || task instanceof Leftover) return;
    const { encoding } = task.target.spec;
    if (encoding?.each) return this.#yieldedOutputs(task, encoding, value);
    const { stream } = task.particulars;
    if (!stream) return this.#worker.forged("it yielded a value of a task that is no stream");
    if (!stream.onYield(value)) this.#worker.forged("it yielded more values than it was asked for");
  }

  #yieldedOutputs(task: Task, encoding: Encoding, outputs: unknown): void {
    const units = unitsOf(encoding, outputs);
    if (units === undefined || encoding.each?.held === Infinity) return this.#worker.forged(NO_TEXT);
    const room = task.particulars.outputRoom ?? (isOfValues(encoding) ? ROOM.value : ROOM.text);
    if (room <= 0) return this.#worker.forged("it yielded more outputs than it was asked for");
    const { wireId } = task;
    task.set({ outputRoom: room - units });
    task.yielded(outputs, () => {
      // The task may have ended, or may run elsewhere.
      if (this.#inFlight.task(wireId) !== task) return;
      task.set({ outputRoom: task.particulars.outputRoom! + units });
      this.#sender.grant(wireId, units);
    });
  }

  /** Takes the error of a value that a task yielded or told of its progress or handed in, and that cannot be sent. */
  broke(id: number, error: ErrorData): void {
    const task = this.#inFlight.find(id);
    if (!task || task instanceof Leftover) return;
    const { each, adds } = task.target.spec.encoding ?? {};
    if (!task.particulars.stream && !task.options.onProgress && !each && adds !== true) {
      return this.#worker.forged("a value failed that nobody reads");
    }
    task.cancel(fromErrorData(error));
  }

  /** Takes a task that the worker gives back unstarted. */
  returned(id: number): void {
    const entry = this.#inFlight.find(id);
    if (!entry) return;
    if (entry instanceof Leftover) return this.#reply(id, 0, false, undefined);
    if (entry.options.transfer) return this.#worker.forged("it gave back a task that it was to keep");
    this.#inFlight.delete(id, entry);
    this.#starts?.left(id);
    this.#pace.slow();
    this.#unsent();
    this.#host.returned(entry);
  }

  /** Takes the announcement that a body starts, with the number of calls if the second thread had reported an earlier call. */
  begun(id: number, calls: number | undefined): void {
    if (calls !== undefined) this.loop.called(calls);
    const start = this.#starts?.begun(id);
    if (start) this.#host.begun(start);
  }

  /** Takes the acknowledgement of an abort. */
  aborted(): void {
    this.loop.turned();
    if (!this.#grace.isPending) return this.#worker.forged("it acknowledged an abort that it was not sent");
    this.#grace.acknowledged();
  }

  /** Takes the answer to the question how long a body has run, and how long any body has held the loop, in microseconds. */
  aged(id: number, micros: number, held: number | undefined): void {
    this.loop.turned();
    this.#overdue.told(id, micros / 1_000, held === undefined ? undefined : held / 1_000);
  }

  /** Called when tasks have left the worker. */
  freed(): void {
    if (this.inFlight === 0) this.idleSince = performance.now();
    this.#grace.check();
  }

  /** Fails a task whose input cannot be cloned. */
  #unsendable(id: number, error: unknown): void {
    this.#unsent();
    this.#reply(id, 0, false, new TaskCloneError("input", error));
    this.#worker.slotsFreed();
  }

  /** Corrects the counts for a task that was sent and does not run here. */
  #unsent(): void {
    this.sent--;
    this.left++;
  }

  /** Whether the body of a task has been called; undefined if it is not known. */
  #hasBegun(task: Task): boolean | undefined {
    const id = this.loop.lastCalled();
    if (id === undefined) return this.loop.isShared ? false : undefined;
    return task.place <= this.#inFlight.begunUntil(id);
  }

  /** Asks the worker, which has no tasks, to close. */
  close(): void {
    this.#grace.end();
    this.#sender.close();
  }

  /** Orders the worker to start no more tasks, even if its loop does not turn. */
  giveUp(): void {
    this.#orders?.giveUp();
  }

  /** Gives back the tasks that were sent after the one whose body was called last: they have not begun. */
  giveBackUnstarted(): void {
    const id = this.loop.lastCalled();
    if (id === undefined) return;
    const tasks = this.#inFlight.takeSentAfter(this.#inFlight.begunUntil(id));
    for (const task of tasks) this.#host.returned(task);
  }

  /** Ends all limits of time, because the worker is given up. */
  stop(): void {
    this.#grace.end();
    this.#stall.end();
    this.#overdue.end();
    this.#starts?.end();
    this.giveUp();
  }

  /** Takes out all tasks and bodies, because the worker is gone. {@link fail} settles them. */
  clear(): (Task | Leftover)[] {
    return this.#inFlight.clear();
  }

  /** Fails each task that was on the worker with an error of its own. */
  fail(entries: (Task | Leftover)[], error: (task: Task) => unknown): void {
    for (const entry of entries) {
      if (entry instanceof Leftover) {
        this.#grace.released(entry);
      } else {
        entry.endsUntold();
        entry.fail(error(entry));
      }
    }
  }
}
