/**
 * Gives waiting tasks to workers that have room, in one round per turn of the event loop. So the tasks that were handed in and the
 * slots that fell free within a turn are paired together, and each worker gets one message.
 */

import { after, LONGEST } from "../basics/deadlines.ts";
import { Chunk } from "../tasks/chunk.ts";
import type { QueueHost } from "./host.ts";
import type { Pool } from "../pool/pool.ts";
import { Gate, type Stretch } from "./gate.ts";
import type { Rates } from "./rates.ts";
import type { Task } from "../tasks/task.ts";
import type { TaskQueue } from "./task_queue.ts";
import type { WorkerHandle } from "../pool/worker_handle.ts";

interface DispatcherInit {
  queue: TaskQueue;
  pool: Pool;
  rates?: Rates;
  counters: { readonly succeeded: number };
  host: QueueHost;
}

export class Dispatcher {
  readonly #queue: TaskQueue;
  readonly #pool: Pool;
  readonly #rates: Rates | undefined;
  readonly #counters: DispatcherInit["counters"];
  readonly #host: QueueHost;
  /** Closed by an error's `retryAfter`. */
  readonly #gate: Gate;
  /** Since when tasks wait, or the gate was last open, and number of tasks that had succeeded then; undefined if no task waits. */
  #backlog: Stretch | undefined;
  /** The time of this turn, once it was read. */
  #now: number | undefined;
  #scheduled = false;
  #paused = false;
  /** Number of tasks that may start in this round. */
  #due = Infinity;
  /** Asks the rates about the next task, if that depends on the task. */
  readonly #mayStart: ((task: Task) => boolean) | undefined;
  /** The task that the rates do not admit in this round. None starts before it. */
  #blocked: Task | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What keeps waiting tasks from starting, beside slots. */
  heldBy: "rate" | "gate" | undefined;

  constructor({ queue, pool, rates, counters, host }: DispatcherInit) {
    this.#queue = queue;
    this.#pool = pool;
    this.#rates = rates;
    if (rates?.areWeighted) this.#mayStart = (task) => this.#isAdmitted(task, rates);
    this.#counters = counters;
    this.#gate = new Gate(!rates?.areFound);
    this.#host = host;
  }

  /** Schedules a round at the end of this turn. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#round);
  }

  /** The time of this turn, in milliseconds of `performance.now()`. Each turn that reads it ends with a round, which forgets it. */
  now(): number {
    if (this.#now === undefined) {
      this.#now = performance.now();
      this.schedule();
    }
    return this.#now;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  set paused(paused: boolean) {
    this.#paused = paused;
    this.schedule();
  }

  /** Starts no tasks until a time of `performance.now()`. After it, tasks start evenly. Returns false if that is so anyway. */
  close(until: number, now: number): boolean {
    const { succeeded } = this.#counters;
    const { since, done } = this.#backlog ?? { since: now, done: succeeded };
    if (!this.#gate.close(until, now, { since, done: succeeded - done })) return false;
    this.#backlog = { since: until, done: succeeded };
    this.schedule();
    return true;
  }

  /** Time until {@link close} allows starts, in milliseconds. */
  closedFor(now: number): number {
    return Math.max(0, this.#gate.opens - now);
  }

  readonly #round = (): void => {
    this.#scheduled = false;
    if (this.#paused) this.#forgetTimer();
    else if (this.#rates || this.#gate.isInForce) this.#pairInTime();
    else if (this.#queue.size > 0) this.#pair();
    this.#now = undefined;
    this.#look();
    this.#host.roundEnded();
  };

  /** Notes since when tasks wait. */
  #look(): void {
    if (this.#queue.size > 0) this.#backlog ??= { since: performance.now(), done: this.#counters.succeeded };
    else if (!this.#gate.isInForce) this.#backlog = undefined;
  }

  /** Gives out the tasks that may start now. A timer starts another round for the rest. */
  #pairInTime(): void {
    const [gate, rates] = [this.#gate, this.#rates];
    const now = performance.now();
    // The next start is counted from the announced one before it, so that one is awaited.
    const awaited = Math.max(0, ...this.#pool.all.map(({ tasks }) => tasks.startAwaitedUntil - now));
    rates?.begin(this.#pool.all.flatMap(({ tasks }) => tasks.startsOverdue(now)));
    const most = awaited > 0 ? 0 : gate.due(now);
    const started = this.#mayStart ? this.#pairOneByOne(most) : this.#pairMany(most, now);
    gate.started(started, now);
    // Before the bodies of slow starts have come far.
    if (rates?.areUnsaved) this.#host.limitsChanged();
    this.#due = Infinity;
    if (this.#pool.inFlight >= this.#pool.slots) gate.full(now);
    this.#forgetTimer();
    this.heldBy = undefined;
    // A timer that is left would keep the program alive.
    if (this.#queue.startable === 0) return;
    const wait = Math.max(awaited, gate.wait(now), this.#waitForRates(now));
    if (wait === 0) return;
    this.heldBy = gate.wait(now) > 0 ? "gate" : "rate";
    // A pause may be longer than timers take. A rate waits for ever if that depends on overdue starts.
    this.#timer = after(wait === Infinity ? wait : Math.min(wait, LONGEST), () => {
      this.#timer = undefined;
      this.schedule();
    });
  }

  /** Gives out at most `most` tasks, as far as the rates allow. Returns their number. */
  #pairMany(most: number, now: number): number {
    const due = this.#due = most === 0 ? 0 : Math.min(most, this.#rates?.due(now) ?? Infinity);
    if (this.#queue.size > 0) this.#pair();
    const started = due - this.#due;
    this.#rates?.startedMany(started, now);
    return started;
  }

  /** Gives out at most `most` tasks, and asks the rates about each. Returns their number. */
  #pairOneByOne(most: number): number {
    this.#blocked = undefined;
    let started = 0;
    do {
      this.#due = started < most ? 1 : 0;
      if (this.#queue.size > 0) this.#pair();
      if (this.#due > 0) break;
    } while (++started < most);
    return Math.min(started, most);
  }

  #isAdmitted(task: Task, rates: Rates): boolean {
    if (this.#blocked) return false;
    if (rates.admits(task.particulars.weights, performance.now())) return true;
    this.#blocked = task;
    return false;
  }

  /** Time until the rates let the next task start, as far as it is known which one that is. */
  #waitForRates(now: number): number {
    if (!this.#rates) return 0;
    if (!this.#mayStart) return this.#rates.wait(undefined, now);
    return this.#blocked ? this.#rates.wait(this.#blocked.particulars.weights, now) : 0;
  }

  #forgetTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #pair(): void {
    const waiting = Math.min(this.#queue.startable, this.#due);
    this.#pool.scale(waiting, this.#queue.positionsAskedFor());
    const workers = this.#pool.workers;
    if (waiting > 0) this.#pairAlone(workers.filter(({ accepts }) => accepts));
    const ready = workers.filter((handle) => handle.state === "ready" && !handle.reserved);
    if (ready.length === 0) return;
    // With a rate, no share is kept for workers that start: a start that is not used now is lost.
    const starting = this.#due < Infinity
      ? 0
      : workers.filter((handle) => this.#pool.startsSoon(handle)).length;

    // First all workers up to the same level, so that none is full while another is idle, and a worker that is ready soon finds its share.
    const now = performance.now();
    const inFlight = ready.reduce((sum, handle) => sum + handle.inFlight, 0);
    const level = Math.ceil((waiting + inFlight) / (ready.length + starting));
    for (const handle of ready) {
      this.#fill(handle, Math.min(this.#pool.room(handle, now), level - handle.inFlight));
    }

    // Then the rest to workers that have room.
    for (const handle of ready) {
      if (starting === 0) this.#fill(handle, this.#pool.room(handle, now));
      else this.#fillWithOwn(handle, this.#pool.room(handle, now));
      handle.flush();
    }
  }

  /** Gives tasks that must run alone to workers that are kept free for them, at most half of all. */
  #pairAlone(ready: WorkerHandle[]): void {
    const free = ready.filter((handle) => !handle.reserved);
    let reserved = ready.length - free.length;
    // Mostly there are none, and with many workers the rest takes time.
    if (reserved === 0 && this.#queue.alone === 0) return;
    free.sort((a, b) => a.inFlight - b.inFlight);
    const most = Math.max(1, Math.floor(ready.length / 2));
    while (free.length > 0 && reserved < Math.min(this.#queue.alone, most)) {
      const wanted = new Set(this.#queue.positionsOfAlone());
      const at = free.findIndex(({ position }) => wanted.has(undefined) || wanted.has(position));
      if (at === -1) break;
      free.splice(at, 1)[0].reserved = true;
      reserved++;
    }
    for (const handle of ready) {
      if (!handle.reserved || handle.tasks.runsAlone) continue;
      if (handle.inFlight > 0 && this.#queue.wantsAlone(handle.position)) continue;
      const next = this.#mayStart && this.#queue.nextAlone(handle.position);
      if (this.#due === 0 || next && !this.#mayStart!(next)) continue;
      // Undefined if the task that it was kept free for was cancelled, or has run elsewhere.
      const task = this.#queue.takeAlone(handle.position);
      handle.reserved = task !== undefined;
      // Tasks that still wait to run alone may need another worker to be kept free.
      this.schedule();
      if (!task) continue;
      this.#send(task, handle);
      handle.flush();
    }
  }

  #fill(handle: WorkerHandle, room: number): void {
    while (room > 0 && this.#due > 0) {
      const next = this.#queue.take(handle.position, Math.min(room, this.#due), this.#mayStart);
      if (!next) return;
      room -= next instanceof Chunk ? next.size : 1;
      if (next instanceof Chunk) this.#sendChunk(next, handle);
      else this.#send(next, handle);
    }
  }

  #fillWithOwn(handle: WorkerHandle, room: number): void {
    for (; room > 0 && this.#due > 0; room--) {
      const task = this.#queue.takeOwn(handle.position);
      if (!task) return;
      this.#send(task, handle);
    }
  }

  #sendChunk(chunk: Chunk, handle: WorkerHandle): void {
    this.#due -= chunk.size;
    handle.tasks.startChunk(chunk);
    this.#host.startedChunk(chunk.submitted, chunk.inputs.length);
  }

  #send(task: Task, handle: WorkerHandle): void {
    this.#due--;
    if (this.#mayStart) this.#rates!.started(task.particulars.weights, performance.now());
    handle.tasks.start(task);
    this.#host.started(task);
  }
}
