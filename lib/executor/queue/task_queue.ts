/**
 * The tasks that wait for a slot, ordered by priority, then by arrival. Tasks that must run in a certain position wait in a lane
 * of that position, so that they do not hold up others. The inputs of a map wait in its feed, which stands here in their place.
 * Tasks that exceed their key limit wait in `key_limits.ts`, and tasks whose key is paused in `key_gates.ts`. Tasks whose start
 * is decided outside of the executor wait in `outer_starts.ts`.
 */

import type { Chunk } from "../tasks/chunk.ts";
import { Feed } from "../tasks/feed.ts";
import { KeyGates } from "./key_gates.ts";
import { KeyLimits } from "./key_limits.ts";
import { comesFirst, Lane } from "./lane.ts";
import { OuterStarts } from "./outer_starts.ts";
import type { Task, TaskOwner } from "../tasks/task.ts";
import type { LimitPerOptions } from "../options/limit_per.ts";

/** The key of the lane of tasks that may run in any position. */
const ANYWHERE = -1;

export class TaskQueue implements TaskOwner {
  readonly #lanes = new Map<number, Lane>();
  /** Tasks that must run alone, in the order of arrival. */
  readonly #alone = new Set<Task>();
  /** Tasks that wait outside, because the queue is full, in the order of arrival. */
  readonly #outside = new Set<Task>();
  readonly #feeds = new Set<Feed>();
  readonly #limits: KeyLimits | undefined;
  readonly #gates: KeyGates | undefined;
  readonly #starts: OuterStarts;
  readonly #onRemoved: () => void;
  /** Number of tasks, without the inputs of feeds. */
  #size = 0;
  /** Number of tasks that are not outside. */
  #admitted = 0;
  /** Maximum number of tasks that are not outside. */
  readonly #capacity: number;

  /** @param init `changed`: called when a task has left by settling, or may be taken now */
  constructor({ capacity, limitPer, changed }: {
    capacity: number;
    limitPer: LimitPerOptions | undefined;
    changed: () => void;
  }) {
    this.#capacity = capacity;
    this.#onRemoved = changed;
    const letGo = (task: Task) => {
      this.#lane(task.position ?? ANYWHERE).push(task, true);
      changed();
    };
    this.#starts = new OuterStarts((task) => {
      this.#enqueue(task, true);
      changed();
    });
    this.#limits = limitPer && new KeyLimits(limitPer.most, letGo);
    this.#gates = limitPer && new KeyGates(letGo, changed);
  }

  /** Number of tasks that wait, including the ones outside and the inputs of feeds. */
  get size(): number {
    let size = this.#size;
    for (const feed of this.#feeds) size += feed.size;
    return size;
  }

  /** Number of tasks whose key is paused. */
  get gated(): number {
    return this.#gates?.waiting ?? 0;
  }

  /** Number of tasks that wait only for a worker. */
  get startable(): number {
    return this.size - this.#starts.waiting - (this.#limits?.waiting ?? 0) - (this.#gates?.waiting ?? 0);
  }

  /** Number of keys whose tasks do not start because of an error's `retryAfter`. */
  closedKeys(now: number): number {
    return this.#gates?.closed(now) ?? 0;
  }

  /** The keys none of whose tasks starts now, and when they start again. */
  closedUntil(now: number): [key: string | number, opens: number][] {
    return this.#gates?.closedUntil(now) ?? [];
  }

  /** Starts no task of a key until this time. Returns false if none starts until then anyway. */
  closeKey(key: string | number, until: number, now: number): boolean {
    return this.#gates?.close(key, until, now) ?? false;
  }

  /** Positions in which some task must run. */
  *positionsAskedFor(): Generator<number> {
    for (const [position, lane] of this.#lanes) {
      if (position !== ANYWHERE && lane.size > 0) yield position;
    }
    for (const { position } of this.#alone) if (position !== undefined) yield position;
  }

  /** Number of tasks that must run alone and wait only for a worker. */
  get alone(): number {
    return this.#limits ? this.#aloneWithRoom().length : this.#alone.size;
  }

  /** Positions of the tasks that must run alone; undefined stands for any position. */
  *positionsOfAlone(): Generator<number | undefined> {
    for (const { position } of this.#aloneWithRoom()) yield position;
  }

  add(task: Task): void {
    task.owner = this;
    this.#size++;
    if (this.#admitted < this.#capacity) this.#admit(task);
    else this.#outside.add(task);
  }

  /** Adds a feed. Its inputs may run in any position. */
  addFeed(feed: Feed): void {
    feed.queued = true;
    this.#feeds.add(feed);
    this.#lane(ANYWHERE).push(feed);
  }

  /** Takes back a task that has not begun, or that is tried again. It is the next one of its priority. */
  putBack(task: Task): void {
    task.owner = this;
    task.state = "pending";
    this.#size++;
    this.#admitted++;
    this.#arrive(task, true);
  }

  /**
   * Takes out what the worker of a position runs next: a task, or a chunk of at most `most` inputs. Undefined if there is nothing, or
   * `mayStart` returns false for the next task.
   */
  take(position: number, most: number, mayStart?: (task: Task) => boolean): Task | Chunk | undefined {
    // A task that exceeds its key limit, or whose key is paused, leaves, and the next one is looked at.
    for (;;) {
      const lane = this.#nextLane(position);
      const next = lane?.peek();
      if (next instanceof Feed) return this.#takeSome(next, most);
      if (next !== undefined && mayStart && this.#hasRoom(next) && !mayStart(next)) return undefined;
      if (next === undefined || this.#enters(next)) return this.#takeFrom(lane);
      lane!.shift();
    }
  }

  /** Takes out the next task that must run in a position. */
  takeOwn(position: number): Task | undefined {
    const lane = this.#lanes.get(position);
    // This lane has no feeds.
    for (let next = lane?.peek(); next !== undefined; next = lane!.peek()) {
      if (this.#enters(next as Task)) return this.#takeFrom(lane);
      lane!.shift();
    }
    return undefined;
  }

  #nextLane(position: number): Lane | undefined {
    const own = this.#lanes.get(position);
    const shared = this.#lanes.get(ANYWHERE);
    const ownNext = own?.peek();
    const sharedNext = shared?.peek();
    if (ownNext === undefined) return shared;
    return sharedNext === undefined || comesFirst(ownNext, sharedNext) ? own : shared;
  }

  /** Whether a task's key is not paused, and the task is within its key limit. If not, the task waits outside. */
  #enters(task: Task): boolean {
    const { start } = task.particulars;
    if (start !== undefined && !this.#starts.enter(task, start)) return false;
    if (this.#limits === undefined) return true;
    if (!this.#gates!.enter(task)) return false;
    if (this.#limits.enter(task, this.#alone)) return true;
    this.#gates!.full(task);
    return false;
  }

  /** Whether a task waits that must run alone and may run in a position. */
  wantsAlone(position: number): boolean {
    return this.nextAlone(position) !== undefined;
  }

  /** Takes out the first task that must run alone and may run in a position. */
  takeAlone(position: number): Task | undefined {
    const task = this.nextAlone(position);
    if (!task) return undefined;
    this.#alone.delete(task);
    const { start } = task.particulars;
    if (start !== undefined && !this.#starts.enter(task, start)) return undefined;
    this.#gates?.enter(task);
    this.#limits?.enter(task, this.#alone);
    this.#handedOut();
    return task;
  }

  /** Forgets a waiting task that has settled. */
  release(task: Task): void {
    this.#size--;
    if (!this.#outside.delete(task)) {
      if (!this.#starts.forget(task) && !this.#limits?.forget(task)) {
        const isElsewhere = this.#gates?.forget(task) || this.#alone.delete(task);
        if (!isElsewhere) this.#lanes.get(task.position ?? ANYWHERE)?.forget();
        this.#limits?.freed(task);
      }
      this.#admitted--;
      this.#letIn();
    }
    this.#onRemoved();
  }

  /** Reorders a task after `change` has changed its priority: it stands behind all tasks that had this priority before. */
  reorder(task: Task, change: () => void): void {
    if (this.#limits?.reorder(task, change) || this.#gates?.reorder(task, change)) return;
    // These tasks are in the order of arrival, whatever their priority.
    if (this.#outside.has(task) || this.#alone.has(task) || this.#starts.has(task)) return change();
    const lane = this.#lane(task.position ?? ANYWHERE);
    lane.remove(task);
    change();
    lane.push(task);
  }

  /** Rejects each waiting task, or each one that must run in `position`, with an error of its own. */
  failAll(error: () => unknown, position?: number): void {
    if (position === undefined) { for (const feed of [...this.#feeds]) feed.failWaiting(error); }
    const inside = [...this.#lanes.values()].flatMap((lane) => lane.tasks());
    const held = [...this.#limits?.tasks() ?? [], ...this.#gates?.tasks() ?? [], ...this.#starts.tasks()];
    const tasks = inside.concat([...this.#alone], [...this.#outside], held);
    for (const task of tasks) {
      if (position === undefined || task.position === position) task.cancel(error());
    }
  }

  #aloneWithRoom(): Task[] {
    const all = [...this.#alone];
    return this.#limits ? all.filter((task) => this.#hasRoom(task)) : all;
  }

  /** Whether a task is within its key limit, and its key is not paused. */
  #hasRoom(task: Task): boolean {
    return this.#limits === undefined || this.#limits.hasRoom(task) && this.#gates!.letsStart(task);
  }

  /** The first task that must run alone, and may run in a position. */
  nextAlone(position: number): Task | undefined {
    for (const task of this.#alone) {
      if (task.position !== undefined && task.position !== position) continue;
      if (this.#hasRoom(task)) return task;
    }
    return undefined;
  }

  #takeFrom(lane: Lane | undefined): Task | undefined {
    // It is no feed: lanes of positions have none, and `take` handles the others.
    const task = lane?.shift() as Task | undefined;
    // After the task was taken, because a task that is let in may come before it.
    if (task) this.#handedOut();
    return task;
  }

  /** Takes a chunk from a feed. The rest of the feed waits behind the tasks that have arrived meanwhile. */
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
    this.#arrive(task, false);
  }

  /** Puts a task where it waits: outside the queue, if its start is decided there. */
  #arrive(task: Task, first: boolean): void {
    const { start } = task.particulars;
    if (start === undefined) this.#enqueue(task, first);
    else this.#starts.ask(task, start);
  }

  #enqueue(task: Task, first: boolean): void {
    if (task.alone) this.#alone.add(task);
    else this.#lane(task.position ?? ANYWHERE).push(task, first);
  }

  #lane(position: number): Lane {
    let lane = this.#lanes.get(position);
    if (!lane) this.#lanes.set(position, lane = new Lane(this.#leave));
    return lane;
  }
}
