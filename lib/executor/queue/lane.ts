/**
 * One line of waiting tasks: the higher priority first, and within one the first come. The feed of a map stands here
 * for all its inputs.
 *
 * @module
 */

import { Feed } from "../calls/feed.ts";
import { Fifo } from "../calls/fifo.ts";
import type { Task } from "../calls/task.ts";

/** What stands in a lane. */
export type Entry = Task | Feed;

/** Whether `a` goes before `b`, which stands in another lane. */
export function comesFirst(a: Entry, b: Entry): boolean {
  const [one, other] = [priorityOf(a), priorityOf(b)];
  return one === other ? a.id < b.id : one > other;
}

function priorityOf(entry: Entry): number {
  return entry instanceof Feed ? entry.priority : entry.options.priority;
}

/** One line of waiting tasks. */
export class Lane {
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

  /** Takes out a task that waits here. Goes through all of its priority. */
  remove(task: Task): void {
    const level = this.#levels.find(({ priority }) => priority === task.options.priority);
    level?.entries.filter((entry) => entry !== task);
    this.#size--;
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
