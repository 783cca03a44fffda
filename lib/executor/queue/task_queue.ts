/**
 * Tasks that wait for a slot: the higher priority first, and within one the first come. Tasks that must
 * run on a certain worker wait in a lane of that worker's, so that they hold up nobody else. The inputs of a
 * map wait in its feed, which stands here in their place. Those of whose kind enough are on workers wait aside.
 *
 * @module
 */

import type { Chunk } from "../calls/chunk.ts";
import { Feed } from "../calls/feed.ts";
import { KeyLimits } from "./key_limits.ts";
import { comesFirst, Lane } from "./lane.ts";
import type { Task, TaskOwner } from "../calls/task.ts";
import type { LimitPerOptions } from "../types.ts";

/** The lane of the tasks that may run anywhere. */
const ANYWHERE = -1;

/** The tasks that no worker has yet. */
export class TaskQueue implements TaskOwner {
  readonly #lanes = new Map<number, Lane>();
  /** Tasks that must have a worker to themselves, in the order they came. */
  readonly #alone = new Set<Task>();
  /** Tasks that found the queue full, in the order they came. */
  readonly #outside = new Set<Task>();
  /** The feeds that stand in a lane. */
  readonly #feeds = new Set<Feed>();
  readonly #limits: KeyLimits | undefined;
  readonly #onRemoved: () => void;
  #size = 0;
  #admitted = 0;
  /** How many tasks may be in the lanes at once. */
  readonly #capacity: number;

  /** `changed` is told when a task leaves other than by {@link take}, or may be taken that might not before. */
  constructor({ capacity, limitPer, changed }: {
    capacity: number;
    limitPer: LimitPerOptions | undefined;
    changed: () => void;
  }) {
    this.#capacity = capacity;
    this.#onRemoved = changed;
    this.#limits = limitPer && new KeyLimits(limitPer.most, (task) => {
      this.#lane(task.position ?? ANYWHERE).push(task, true);
      changed();
    });
  }

  /** Tasks that wait, those outside included. */
  get size(): number {
    let size = this.#size;
    for (const feed of this.#feeds) size += feed.size;
    return size;
  }

  /** Tasks that wait for nothing but a worker. */
  get startable(): number {
    return this.size - (this.#limits?.waiting ?? 0);
  }

  /** Positions of the workers that some task waits for and for no other. */
  *positionsAskedFor(): Generator<number> {
    for (const [position, lane] of this.#lanes) {
      if (position !== ANYWHERE && lane.size > 0) yield position;
    }
    for (const { position } of this.#alone) if (position !== undefined) yield position;
  }

  /** Tasks that wait for a worker to themselves, and for nothing else. */
  get alone(): number {
    return this.#limits ? this.#aloneWithRoom().length : this.#alone.size;
  }

  /** Positions of the workers that tasks may run on which must run alone; undefined stands for any. */
  *positionsOfAlone(): Generator<number | undefined> {
    for (const { position } of this.#aloneWithRoom()) yield position;
  }

  /** Takes a task in. */
  add(task: Task): void {
    task.owner = this;
    this.#size++;
    if (this.#admitted < this.#capacity) this.#admit(task);
    else this.#outside.add(task);
  }

  /** Takes in a feed, whose inputs may run anywhere. */
  addFeed(feed: Feed): void {
    feed.queued = true;
    this.#feeds.add(feed);
    this.#lane(ANYWHERE).push(feed);
  }

  /** Takes back a task that it had handed out, unstarted or to be tried again: it is the next of its priority. */
  putBack(task: Task): void {
    task.owner = this;
    task.state = "pending";
    this.#size++;
    this.#admitted++;
    if (task.alone) this.#alone.add(task);
    else this.#lane(task.position ?? ANYWHERE).push(task, true);
  }

  /** Hands out what the worker at this position runs next: a task, or at most `most` inputs of a map. */
  take(position: number, most: number): Task | Chunk | undefined {
    // One of whose kind there are enough on workers steps aside, and lets the next pass.
    for (;;) {
      const lane = this.#nextLane(position);
      const next = lane?.peek();
      if (next instanceof Feed) return this.#takeSome(next, most);
      if (next === undefined || this.#enters(next)) return this.#takeFrom(lane);
      lane!.shift();
    }
  }

  /** Hands out the next task that must run on the worker at this position. */
  takeOwn(position: number): Task | undefined {
    const lane = this.#lanes.get(position);
    // There are no feeds in it.
    for (let next = lane?.peek(); next !== undefined; next = lane!.peek()) {
      if (this.#enters(next as Task)) return this.#takeFrom(lane);
      lane!.shift();
    }
    return undefined;
  }

  /** Where the next task for this position stands. */
  #nextLane(position: number): Lane | undefined {
    const own = this.#lanes.get(position);
    const shared = this.#lanes.get(ANYWHERE);
    const ownNext = own?.peek();
    const sharedNext = shared?.peek();
    if (ownNext === undefined) return shared;
    return sharedNext === undefined || comesFirst(ownNext, sharedNext) ? own : shared;
  }

  /** Whether a task may be handed out; if not, it waits aside. */
  #enters(task: Task): boolean {
    return this.#limits === undefined || this.#limits.enter(task, this.#alone);
  }

  /** Whether a task that may run in this position waits for a worker to itself. */
  wantsAlone(position: number): boolean {
    return this.#firstAlone(position) !== undefined;
  }

  /** The first task that waits for a worker to itself and may run in this position. */
  takeAlone(position: number): Task | undefined {
    const task = this.#firstAlone(position);
    if (!task) return undefined;
    this.#alone.delete(task);
    this.#limits?.enter(task, this.#alone);
    this.#handedOut();
    return task;
  }

  /** A waiting task has settled. */
  release(task: Task): void {
    this.#size--;
    if (!this.#outside.delete(task)) {
      if (!this.#limits?.forget(task)) {
        if (!this.#alone.delete(task)) this.#lanes.get(task.position ?? ANYWHERE)?.forget();
        this.#limits?.freed(task);
      }
      this.#admitted--;
      this.#letIn();
    }
    this.#onRemoved();
  }

  /** A task that waits gets another priority by `change`: from then on it stands behind all that had it before. */
  reorder(task: Task, change: () => void): void {
    if (this.#limits?.reorder(task, change)) return;
    // Those are in the order in which they came.
    if (this.#outside.has(task) || this.#alone.has(task)) return change();
    const lane = this.#lane(task.position ?? ANYWHERE);
    lane.remove(task);
    change();
    lane.push(task);
  }

  /** Settles every waiting task, or those that wait for one position alone, with an error of its own each. */
  failAll(error: () => unknown, position?: number): void {
    if (position === undefined) { for (const feed of [...this.#feeds]) feed.failWaiting(error); }
    const inside = [...this.#lanes.values()].flatMap((lane) => lane.tasks());
    const tasks = inside.concat([...this.#alone], [...this.#outside], this.#limits?.tasks() ?? []);
    for (const task of tasks) {
      if (position === undefined || task.position === position) task.cancel(error());
    }
  }

  #aloneWithRoom(): Task[] {
    const all = [...this.#alone];
    return this.#limits ? all.filter(this.#limits.hasRoom) : all;
  }

  #firstAlone(position: number): Task | undefined {
    for (const task of this.#alone) {
      if (task.position !== undefined && task.position !== position) continue;
      if (!this.#limits || this.#limits.hasRoom(task)) return task;
    }
    return undefined;
  }

  #takeFrom(lane: Lane | undefined): Task | undefined {
    // In the lanes of single workers there are no feeds, and in the other none comes here.
    const task = lane?.shift() as Task | undefined;
    // Only then: those that are let in may come before it.
    if (task) this.#handedOut();
    return task;
  }

  /** What is left of a map's feed waits behind the tasks that have come meanwhile. */
  #takeSome(feed: Feed, most: number): Chunk {
    const lane = this.#lane(ANYWHERE);
    lane.shift();
    const chunk = feed.take(most);
    if (feed.size > 0) lane.push(feed, feed.keepsPlace);
    else this.#leave(feed);
    return chunk;
  }

  readonly #leave = (feed: Feed): void => {
    feed.queued = false;
    this.#feeds.delete(feed);
  };

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
    this.#lane(task.position ?? ANYWHERE).push(task);
  }

  #lane(position: number): Lane {
    let lane = this.#lanes.get(position);
    if (!lane) this.#lanes.set(position, lane = new Lane(this.#leave));
    return lane;
  }
}
