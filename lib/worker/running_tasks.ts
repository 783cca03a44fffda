/**
 * The tasks that run in a worker, each in a slot. A table by number would cost a short task as much as all else that is
 * done for it; looking one up by its number is for the rare case that it is aborted.
 *
 * @module
 */

import { RunningTask } from "./context.ts";
import type { StreamPump } from "./generator.ts";
import type { Target } from "./target.ts";

/** Is told what becomes of the promise of a body. */
export interface SlotHost {
  returned(slot: Slot, result: unknown): void;
  failed(slot: Slot, error: unknown): void;
}

/**
 * Room for one running task, used again and again: the two functions that its promise calls are made once, because
 * to make them for each task costs as much as a short task.
 */
export class Slot {
  /** What runs here; undefined while it is free. */
  task: RunningTask | undefined;
  target!: Target;
  /** Where the values go if the task is read as a stream. */
  pump: StreamPump | undefined;
  /** Since when it runs, in milliseconds. */
  begun = 0;
  /** Where the loop's own time stood then (`body_clock.ts`), where that is measured. */
  ownBegun = 0;
  readonly returned: (result: unknown) => void;
  readonly failed: (error: unknown) => void;

  constructor(host: SlotHost) {
    this.returned = (result) => host.returned(this, result);
    this.failed = (error) => host.failed(this, error);
  }
}

/** The tasks that run. */
export class RunningTasks {
  readonly #host: SlotHost;
  readonly #slots: Slot[] = [];
  /** Those that are free, and how many: the list is longer. */
  readonly #free: Slot[] = [];
  #freeCount = 0;

  constructor(host: SlotHost) {
    this.#host = host;
  }

  /** How many there are. */
  get size(): number {
    return this.#slots.length - this.#freeCount;
  }

  /** Gives a task a slot. */
  add(task: RunningTask, target: Target, begun: number): Slot {
    const slot = this.#freeCount > 0
      ? this.#free[--this.#freeCount]
      : this.#slots[this.#slots.length] = new Slot(this.#host);
    slot.task = task;
    slot.target = target;
    slot.pump = undefined;
    slot.begun = begun;
    return slot;
  }

  /** Frees a slot, which must be taken. */
  free(slot: Slot): void {
    slot.task = undefined;
    this.#free[this.#freeCount++] = slot;
  }

  has(task: RunningTask): boolean {
    for (let at = 0; at < this.#slots.length; at++) if (this.#slots[at].task === task) return true;
    return false;
  }

  /** The task that the caller knows by this number. */
  find(wireId: number): (Slot & { task: RunningTask }) | undefined {
    for (let at = 0; at < this.#slots.length; at++) {
      const slot = this.#slots[at];
      if (slot.task && RunningTask.wireId(slot.task) === wireId) return slot as Slot & { task: RunningTask };
    }
    return undefined;
  }

  /** Calls back for each slot that is taken. */
  each(visit: (slot: Slot & { task: RunningTask }) => void): void {
    for (let at = 0; at < this.#slots.length; at++) {
      const slot = this.#slots[at];
      if (slot.task) visit(slot as Slot & { task: RunningTask });
    }
  }
}
