/**
 * Tasks that wait for a slot: the higher priority first, and within one the first come. Tasks that must
 * run on a certain worker wait in a lane of that worker's, so that they hold up nobody else.
 *
 * @module
 */

import { Fifo } from "./fifo.ts";
import type { Task, TaskOwner } from "./task.ts";

/** The lane of the tasks that may run anywhere. */
const ANYWHERE = -1;

/** The tasks that no worker has yet. */
export class TaskQueue implements TaskOwner {
  readonly #lanes = new Map<number, Lane>();
  /** Tasks that must have a worker to themselves, in the order they came. */
  readonly #alone = new Set<Task>();
  /** Tasks that found the queue full, in the order they came. */
  readonly #outside = new Set<Task>();
  readonly #onRemoved: () => void;
  #size = 0;
  #admitted = 0;
  /** How many tasks may be in the lanes at once. */
  readonly #capacity: number;

  /** `onRemoved` is told when a task leaves other than by {@link take}. */
  constructor(capacity: number, onRemoved: () => void) {
    this.#capacity = capacity;
    this.#onRemoved = onRemoved;
  }

  /** Tasks that wait, those outside included. */
  get size(): number {
    return this.#size;
  }

  /** The slots that some task waits for and for no other. */
  *slotsAskedFor(): Generator<number> {
    for (const [slot, lane] of this.#lanes) {
      if (slot !== ANYWHERE && lane.size > 0) yield slot;
    }
    for (const { slot } of this.#alone) if (slot !== undefined) yield slot;
  }

  /** Tasks that wait for a worker to themselves. */
  get alone(): number {
    return this.#alone.size;
  }

  /** The slots that they may run in; undefined stands for any. */
  *slotsOfAlone(): Generator<number | undefined> {
    for (const { slot } of this.#alone) yield slot;
  }

  /** Takes a task in. */
  add(task: Task): void {
    task.owner = this;
    this.#size++;
    if (this.#admitted < this.#capacity) this.#admit(task);
    else this.#outside.add(task);
  }

  /** Takes back a task that it had handed out, unstarted or to be tried again: it is the next of its priority. */
  putBack(task: Task): void {
    task.owner = this;
    task.state = "pending";
    this.#size++;
    this.#admitted++;
    if (task.alone) this.#alone.add(task);
    else this.#lane(task).push(task, true);
  }

  /** Hands out the task that this slot should run next. */
  take(slot: number): Task | undefined {
    const own = this.#lanes.get(slot);
    const shared = this.#lanes.get(ANYWHERE);
    const ownNext = own?.peek();
    const sharedNext = shared?.peek();
    const lane = ownNext !== undefined && (sharedNext === undefined || comesFirst(ownNext, sharedNext))
      ? own
      : shared;
    return this.#takeFrom(lane);
  }

  /** The same, of the tasks that wait for this slot alone. */
  takeOwn(slot: number): Task | undefined {
    return this.#takeFrom(this.#lanes.get(slot));
  }

  /** The first task that waits for a worker to itself and may run in this slot. */
  takeAlone(slot: number): Task | undefined {
    for (const task of this.#alone) {
      if (task.slot !== undefined && task.slot !== slot) continue;
      this.#alone.delete(task);
      this.#handedOut();
      return task;
    }
    return undefined;
  }

  /** A waiting task has settled. */
  release(task: Task): void {
    this.#size--;
    if (!this.#outside.delete(task)) {
      if (!this.#alone.delete(task)) this.#lanes.get(task.slot ?? ANYWHERE)?.forget();
      this.#admitted--;
      this.#letIn();
    }
    this.#onRemoved();
  }

  /** Settles every waiting task, or those that wait for one slot alone, with an error of its own each. */
  failAll(error: () => unknown, slot?: number): void {
    const inside = [...this.#lanes.values()].flatMap((lane) => lane.tasks());
    const tasks = inside.concat([...this.#alone], [...this.#outside]);
    for (const task of tasks) {
      if (slot === undefined || task.slot === slot) task.cancel(error());
    }
  }

  #takeFrom(lane: Lane | undefined): Task | undefined {
    const task = lane?.shift();
    if (task) this.#handedOut();
    return task;
  }

  #handedOut(): void {
    this.#size--;
    this.#admitted--;
    this.#letIn();
  }

  #letIn(): void {
    for (const task of this.#outside) {
      if (this.#admitted >= this.#capacity) return;
      this.#outside.delete(task);
      this.#admit(task);
    }
  }

  #admit(task: Task): void {
    this.#admitted++;
    this.#lane(task).push(task);
  }

  #lane(task: Task): Lane {
    const key = task.slot ?? ANYWHERE;
    let lane = this.#lanes.get(key);
    if (!lane) this.#lanes.set(key, lane = new Lane());
    return lane;
  }
}

function comesFirst(a: Task, b: Task): boolean {
  if (a.options.priority !== b.options.priority) return a.options.priority > b.options.priority;
  return a.id < b.id;
}

/** One line of waiting tasks, by priority. */
class Lane {
  /** Highest first; nearly always there is one. */
  #levels: { priority: number; tasks: Fifo<Task> }[] = [];
  #size = 0;
  /** Cancelled tasks that still stand in line; they are passed over, and swept out when they are many. */
  #settled = 0;

  get size(): number {
    return this.#size;
  }

  push(task: Task, first = false): void {
    const { priority } = task.options;
    let at = this.#levels.findIndex((level) => level.priority <= priority);
    if (at === -1) at = this.#levels.length;
    if (this.#levels[at]?.priority !== priority) {
      this.#levels.splice(at, 0, { priority, tasks: new Fifo() });
    }
    if (first) this.#levels[at].tasks.unshift(task);
    else this.#levels[at].tasks.push(task);
    this.#size++;
  }

  peek(): Task | undefined {
    while (this.#levels.length > 0) {
      const { tasks } = this.#levels[0];
      for (let task = tasks.peek(); task !== undefined; task = tasks.peek()) {
        if (task.state !== "settled") return task;
        tasks.shift();
        this.#settled--;
      }
      // The last level stays: it is the one that the next task most likely has.
      if (this.#levels.length === 1) return undefined;
      this.#levels.shift();
    }
    return undefined;
  }

  shift(): Task | undefined {
    if (!this.peek()) return undefined;
    this.#size--;
    return this.#levels[0].tasks.shift();
  }

  /** One of the tasks here has settled; it is passed over from now on. */
  forget(): void {
    this.#size--;
    this.#settled++;
    if (this.#settled > 64 && this.#settled > this.#size) {
      for (const level of this.#levels) level.tasks.filter((task) => task.state !== "settled");
      this.#settled = 0;
    }
  }

  tasks(): Task[] {
    return this.#levels.flatMap((level) => [...level.tasks]).filter((task) => task.state !== "settled");
  }
}
