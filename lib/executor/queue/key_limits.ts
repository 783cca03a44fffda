/**
 * Counts the tasks of a key on workers, where that number is limited. Tasks beyond the limit wait here, aside of the line, so that
 * others pass them; as one body ends, the next of its kind goes back to the head of the line. While tasks of a kind wait
 * here, as many of it as may be are on workers, or stand in line where nothing but a worker is missing: whatever makes
 * them fewer lets another go.
 *
 * @module
 */

import { Lane } from "./lane.ts";
import type { Task } from "../calls/task.ts";

/** What a task counts for; one without counts for nothing. */
type Key = string | number;

/** The places of every kind. */
export class KeyLimits {
  readonly #most: number;
  readonly #letGo: (task: Task) => void;
  /** How many are taken. */
  readonly #taken = new Map<Key, number>();
  readonly #lanes = new Map<Key, Lane>();
  /** Who stands in a lane. */
  readonly #waiting = new Set<Task>();

  /** `letGo` takes a task that waited here: there is a place for it now. */
  constructor(most: number, letGo: (task: Task) => void) {
    this.#most = most;
    this.#letGo = letGo;
  }

  /** How many wait here. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether there is a place for it. */
  readonly hasRoom = ({ particulars: { limitKey } }: Task): boolean =>
    limitKey === undefined || this.#takenBy(limitKey) < this.#most;

  /**
   * Gives the task a place, until its body has ended. If there is none, it waits here. A place is kept for each of those
   * that wait for a worker to themselves.
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

  /** A task has settled. Returns whether it was here. */
  forget(task: Task): boolean {
    if (!this.#waiting.delete(task)) return false;
    this.#lanes.get(task.particulars.limitKey!)?.forget();
    return true;
  }

  /** A task that waits here gets another priority by `change`; false if it does not wait here. */
  reorder(task: Task, change: () => void): boolean {
    if (!this.#waiting.has(task)) return false;
    const lane = this.#lanes.get(task.particulars.limitKey!)!;
    lane.remove(task);
    change();
    lane.push(task);
    return true;
  }

  /** A task that might have taken a place has settled before. */
  freed({ particulars: { limitKey } }: Task): void {
    if (limitKey !== undefined) this.#next(limitKey);
  }

  /** All that wait here. */
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

  /** Lets one of those that wait for such a place go. */
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
