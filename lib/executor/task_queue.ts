/**
 * Tasks that wait for a slot: the higher priority first, and within one the first come. Tasks that must
 * run on a certain worker wait in a lane of that worker's, so that they hold up nobody else. The inputs of a
 * map wait in its feed, which stands here in their place. Longer than most files, because the lanes and those who wait
 * outside of them take from each other.
 *
 * @module
 */

import type { Chunk } from "./chunk.ts";
import { Feed } from "./feed.ts";
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
  /** The feeds that stand in a lane. */
  readonly #feeds = new Set<Feed>();
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
    let size = this.#size;
    for (const feed of this.#feeds) size += feed.size;
    return size;
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
    else this.#lane(task.slot ?? ANYWHERE).push(task, true);
  }

  /** Hands out what this slot should run next: a task, or some inputs of a map, at most so many. */
  take(slot: number, most: number): Task | Chunk | undefined {
    const own = this.#lanes.get(slot);
    const shared = this.#lanes.get(ANYWHERE);
    const ownNext = own?.peek();
    const sharedNext = shared?.peek();
    const lane = ownNext !== undefined && (sharedNext === undefined || comesFirst(ownNext, sharedNext))
      ? own
      : shared;
    const next = lane === own ? ownNext : sharedNext;
    return next instanceof Feed ? this.#takeSome(next, most) : this.#takeFrom(lane);
  }

  /** The same, of the tasks that wait for this slot alone. */
  takeOwn(slot: number): Task | undefined {
    return this.#takeFrom(this.#lanes.get(slot));
  }

  /** Whether a task that may run in this slot waits for a worker to itself. */
  wantsAlone(slot: number): boolean {
    return this.#firstAlone(slot) !== undefined;
  }

  /** The first task that waits for a worker to itself and may run in this slot. */
  takeAlone(slot: number): Task | undefined {
    const task = this.#firstAlone(slot);
    if (!task) return undefined;
    this.#alone.delete(task);
    this.#handedOut();
    return task;
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
    if (slot === undefined) { for (const feed of [...this.#feeds]) feed.failWaiting(error); }
    const inside = [...this.#lanes.values()].flatMap((lane) => lane.tasks());
    const tasks = inside.concat([...this.#alone], [...this.#outside]);
    for (const task of tasks) {
      if (slot === undefined || task.slot === slot) task.cancel(error());
    }
  }

  #firstAlone(slot: number): Task | undefined {
    for (const task of this.#alone) {
      if (task.slot === undefined || task.slot === slot) return task;
    }
    return undefined;
  }

  #takeFrom(lane: Lane | undefined): Task | undefined {
    if (!lane?.peek()) return undefined;
    this.#handedOut();
    // In the lanes of single workers there are no feeds, and in the other none comes here.
    return lane.shift() as Task;
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
    this.#lane(task.slot ?? ANYWHERE).push(task);
  }

  #lane(slot: number): Lane {
    let lane = this.#lanes.get(slot);
    if (!lane) this.#lanes.set(slot, lane = new Lane(this.#leave));
    return lane;
  }
}

/** What stands in a lane. */
type Entry = Task | Feed;

function comesFirst(a: Entry, b: Entry): boolean {
  const [one, other] = [priorityOf(a), priorityOf(b)];
  return one === other ? a.id < b.id : one > other;
}

function priorityOf(entry: Entry): number {
  return entry instanceof Feed ? entry.priority : entry.options.priority;
}

/** One line of waiting tasks, by priority. */
class Lane {
  /** Highest first; nearly always there is one. */
  #levels: { priority: number; entries: Fifo<Entry> }[] = [];
  #size = 0;
  /** Cancelled tasks that still stand in line; they are passed over, and swept out when they are many. */
  #settled = 0;
  readonly #onFeedEmpty: (feed: Feed) => void;

  /** `onFeedEmpty` is told of a feed that is found to have nothing left; it stands here no longer. */
  constructor(onFeedEmpty: (feed: Feed) => void) {
    this.#onFeedEmpty = onFeedEmpty;
  }

  /** Feeds count as one. */
  get size(): number {
    return this.#size;
  }

  push(entry: Entry, first = false): void {
    const priority = priorityOf(entry);
    let at = this.#levels.findIndex((level) => level.priority <= priority);
    if (at === -1) at = this.#levels.length;
    if (this.#levels[at]?.priority !== priority) {
      this.#levels.splice(at, 0, { priority, entries: new Fifo() });
    }
    if (first) this.#levels[at].entries.unshift(entry);
    else this.#levels[at].entries.push(entry);
    this.#size++;
  }

  peek(): Entry | undefined {
    while (this.#levels.length > 0) {
      const { entries } = this.#levels[0];
      for (let entry = entries.peek(); entry !== undefined; entry = entries.peek()) {
        if (entry instanceof Feed) {
          if (entry.size > 0) return entry;
          this.#size--;
          this.#onFeedEmpty(entry);
        } else {
          if (entry.state !== "settled") return entry;
          this.#settled--;
        }
        entries.shift();
      }
      // The last level stays: it is the one that the next task most likely has.
      if (this.#levels.length === 1) return undefined;
      this.#levels.shift();
    }
    return undefined;
  }

  shift(): Entry | undefined {
    if (!this.peek()) return undefined;
    this.#size--;
    return this.#levels[0].entries.shift();
  }

  /** One of the tasks here has settled; it is passed over from now on. */
  forget(): void {
    this.#size--;
    this.#settled++;
    if (this.#settled > 64 && this.#settled > this.#size) {
      for (const { entries } of this.#levels) entries.filter((entry) => !isSettled(entry));
      this.#settled = 0;
    }
  }

  tasks(): Task[] {
    const entries = this.#levels.flatMap(({ entries }) => [...entries]);
    return entries.filter((entry) => !(entry instanceof Feed) && !isSettled(entry)) as Task[];
  }
}

function isSettled(entry: Entry): boolean {
  return !(entry instanceof Feed) && entry.state === "settled";
}
