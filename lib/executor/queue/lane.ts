/** A lane of waiting tasks, ordered by priority, then by arrival. The feed of a map stands here for all its inputs. */

import { Feed } from "../tasks/feed.ts";
import { Fifo } from "../basics/fifo.ts";
import type { Task } from "../tasks/task.ts";

type Entry = Task | Feed;

/** Whether `a` comes before `b`, which stands in another lane. */
export function comesFirst(a: Entry, b: Entry): boolean {
  const [one, other] = [priorityOf(a), priorityOf(b)];
  return one === other ? a.id < b.id : one > other;
}

function priorityOf(entry: Entry): number {
  return entry instanceof Feed ? entry.priority : entry.options.priority;
}

export class Lane {
  /** The entries by priority, highest first. Nearly always there is one priority. */
  #levels: { priority: number; entries: Fifo<Entry> }[] = [];
  #size = 0;
  /** Number of cancelled tasks that still stand here. They are passed over, and removed when there are many. */
  #settled = 0;
  readonly #onFeedEmpty: (feed: Feed) => void;

  /** @param onFeedEmpty called for a feed that has left because it has no more inputs */
  constructor(onFeedEmpty: (feed: Feed) => void) {
    this.#onFeedEmpty = onFeedEmpty;
  }

  /** Number of entries. A feed counts as one. */
  get size(): number {
    return this.#size;
  }

  /** Adds an entry behind, or with `first` before, all entries of its priority. */
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
      // The last priority stays, because the next task most likely has it.
      if (this.#levels.length === 1) return undefined;
      this.#levels.shift();
    }
    return undefined;
  }

  /** Takes out the next entry; undefined if there is none. */
  shift(): Entry | undefined {
    if (!this.peek()) return undefined;
    this.#size--;
    return this.#levels[0].entries.shift();
  }

  /** Takes out a task that waits here. The time is linear in the number of tasks of its priority. */
  remove(task: Task): void {
    const level = this.#levels.find(({ priority }) => priority === task.options.priority);
    level?.entries.filter((entry) => entry !== task);
    this.#size--;
  }

  /** Counts a task here that has settled. It is passed over from now on. */
  forget(): void {
    this.#size--;
    this.#settled++;
    if (this.#settled > 64 && this.#settled > this.#size) {
      for (const { entries } of this.#levels) entries.filter((entry) => !isSettled(entry));
      this.#settled = 0;
    }
  }

  /** The tasks that wait here, without the inputs of feeds. */
  tasks(): Task[] {
    const entries = this.#levels.flatMap(({ entries }) => [...entries]);
    return entries.filter((entry) => !(entry instanceof Feed) && !isSettled(entry)) as Task[];
  }
}

function isSettled(entry: Entry): boolean {
  return !(entry instanceof Feed) && entry.state === "settled";
}
