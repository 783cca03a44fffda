/**
 * The tasks that run in a worker: each in a slot, because a table by number would cost a short task as much as
 * all else that is done for it. Looking one up by its number is for the rare case that it is aborted.
 *
 * @module
 */

import { RunningTask } from "./context.ts";

/** The tasks that run. */
export class RunningTasks {
  readonly #slots: (RunningTask | undefined)[] = [];
  readonly #free: number[] = [];

  /** How many there are. */
  get size(): number {
    return this.#slots.length - this.#free.length;
  }

  add(task: RunningTask): void {
    const slot = this.#free.pop() ?? this.#slots.length;
    this.#slots[slot] = task;
    RunningTask.setSlot(task, slot);
  }

  /** Takes out a task, which must be there. */
  delete(task: RunningTask): void {
    const slot = RunningTask.slot(task);
    this.#slots[slot] = undefined;
    this.#free.push(slot);
  }

  has(task: RunningTask): boolean {
    return this.#slots[RunningTask.slot(task)] === task;
  }

  /** The task that the caller knows by this number. */
  find(wireId: number): RunningTask | undefined {
    return this.#slots.find((task) => task && RunningTask.wireId(task) === wireId);
  }

  *[Symbol.iterator](): Generator<RunningTask> {
    for (const task of this.#slots) if (task) yield task;
  }
}
