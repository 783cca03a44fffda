/**
 * Limits the number of tasks with the same key that are on workers (`limitPer`). Tasks beyond the limit wait here, outside the
 * queue, so that others pass them. When a body ends, the next task of its key goes back to the head of the queue.
 *
 * While tasks of a key wait here, all slots of the key are in use. Tasks on workers use them, or tasks at the head of the queue
 * that only wait for a worker. Whenever one of them ends or settles, another task leaves.
 */

import { Lane } from "./lane.ts";
import type { Task } from "../tasks/task.ts";

/** The key of a task. A task without a key has no limit. */
type Key = string | number;

export class KeyLimits {
  readonly #most: number;
  readonly #letGo: (task: Task) => void;
  readonly #taken = new Map<Key, number>();
  readonly #lanes = new Map<Key, Lane>();
  readonly #waiting = new Set<Task>();

  /**
   * @param most number of slots per key
   * @param letGo takes a task that waited here and can have a slot now
   */
  constructor(most: number, letGo: (task: Task) => void) {
    this.#most = most;
    this.#letGo = letGo;
  }

  /** Number of tasks that wait here. */
  get waiting(): number {
    return this.#waiting.size;
  }

  readonly hasRoom = ({ particulars: { limitKey } }: Task): boolean =>
    limitKey === undefined || this.#takenBy(limitKey) < this.#most;

  /**
   * Gives a task a slot, until its body has ended. Returns false if no slot is free: the task waits here.
   *
   * @param alone tasks that wait to run alone. A slot is kept for each of them.
   */
  enter(task: Task, alone: Set<Task>): boolean {
    const { limitKey: key } = task.particulars;
    if (key === undefined) return true;
    const taken = this.#takenBy(key);
    const kept = task.alone || alone.size === 0 ? 0 : countOf(alone, key);
    if (taken >= this.#most - kept) {
      this.#wait(task, key);
      return false;
    }
    this.#taken.set(key, taken + 1);
    task.set({ onOut: () => this.#leave(key) });
    return true;
  }

  forget(task: Task): boolean {
    if (!this.#waiting.delete(task)) return false;
    this.#lanes.get(task.particulars.limitKey!)?.forget();
    return true;
  }

  /** Reorders a task after `change` has changed its priority. Returns false if it does not wait here. */
  reorder(task: Task, change: () => void): boolean {
    if (!this.#waiting.has(task)) return false;
    const lane = this.#lanes.get(task.particulars.limitKey!)!;
    lane.remove(task);
    change();
    lane.push(task);
    return true;
  }

  /** Lets another task go, because a task of the same key has settled in the queue. */
  freed({ particulars: { limitKey } }: Task): void {
    if (limitKey !== undefined) this.#next(limitKey);
  }

  /** The tasks that wait here. */
  tasks(): Task[] {
    return [...this.#waiting];
  }

  #takenBy(key: Key): number {
    return this.#taken.get(key) ?? 0;
  }

  #wait(task: Task, key: Key): void {
    let lane = this.#lanes.get(key);
    if (!lane) this.#lanes.set(key, lane = new Lane(() => {}));
    lane.push(task);
    this.#waiting.add(task);
  }

  #leave(key: Key): void {
    const left = this.#takenBy(key) - 1;
    if (left === 0) this.#taken.delete(key);
    else this.#taken.set(key, left);
    this.#next(key);
  }

  /** Lets the next task of a key go. */
  #next(key: Key): void {
    const task = this.#lanes.get(key)?.shift() as Task | undefined;
    if (!task) return void this.#lanes.delete(key);
    this.#waiting.delete(task);
    this.#letGo(task);
  }
}

function countOf(tasks: Set<Task>, key: Key): number {
  return [...tasks].filter(({ particulars: { limitKey } }) => limitKey === key).length;
}
