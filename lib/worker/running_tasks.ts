/**
 * The running tasks of a worker, each in a slot. A search by number is linear, because it is rare: it happens when a
 * task is aborted. A table by number would cost time for every task.
 */

import { RunningTask } from "./running_task.ts";
import type { StreamPump } from "./generator.ts";
import type { Room } from "./room.ts";
import type { Target } from "./target.ts";

export interface SlotHost {
  returned(slot: Slot, result: unknown): void;
  failed(slot: Slot, error: unknown): void;
}

/**
 * A slot: the capacity for one running task. Slots are reused, so that their two callbacks for a body's promise are
 * created only once. Measured: new callbacks for each task cost `map()` of numbers 11 to 20 % more CPU.
 */
export class Slot {
  /** The task in this slot; undefined while the slot is free. */
  task: RunningTask | undefined;
  target!: Target;
  /** The pump of the values, if the task is read as a stream. */
  stream: StreamPump | undefined;
  /** The caller's room for what the task's generator yields, if that is sent before the outcome. */
  room: Room | undefined;
  /** When the task began, in milliseconds. */
  begun = 0;
  /** The loop's free time when the task began, in milliseconds (`body_clock.ts`). Set only if bodies are measured. */
  ownBegun = 0;
  /** Since when the body waits for its caller, and how long it has waited before. Set only if bodies are measured. */
  paused: { free: number; time: number } | undefined = undefined;
  waited = 0;
  readonly returned: (result: unknown) => void;
  readonly failed: (error: unknown) => void;

  constructor(host: SlotHost) {
    this.returned = (result) => host.returned(this, result);
    this.failed = (error) => host.failed(this, error);
  }
}

export class RunningTasks {
  readonly #host: SlotHost;
  readonly #slots: Slot[] = [];
  /** The free slots. Only the first `#freeCount` elements are valid. */
  readonly #free: Slot[] = [];
  #freeCount = 0;
  #size = 0;

  constructor(host: SlotHost) {
    this.#host = host;
  }

  get size(): number {
    return this.#size;
  }

  /** Puts a task into a free slot. */
  add(task: RunningTask, target: Target, begun: number): Slot {
    this.#size++;
    const slot = this.#freeCount > 0
      ? this.#free[--this.#freeCount]
      : this.#slots[this.#slots.length] = new Slot(this.#host);
    slot.task = task;
    slot.target = target;
    slot.stream = slot.room = undefined;
    slot.begun = begun;
    return slot;
  }

  /** Frees a slot, which must be occupied. */
  free(slot: Slot): void {
    this.#size--;
    slot.task = undefined;
    this.#free[this.#freeCount++] = slot;
  }

  has(task: RunningTask): boolean {
    for (let at = 0; at < this.#slots.length; at++) if (this.#slots[at].task === task) return true;
    return false;
  }

  /** Returns the slot of the task with this number in messages. */
  find(wireId: number): (Slot & { task: RunningTask }) | undefined {
    for (let at = 0; at < this.#slots.length; at++) {
      const slot = this.#slots[at];
      if (slot.task && RunningTask.wireId(slot.task) === wireId) return slot as Slot & { task: RunningTask };
    }
    return undefined;
  }

  each(visit: (slot: Slot & { task: RunningTask }) => void): void {
    for (let at = 0; at < this.#slots.length; at++) {
      const slot = this.#slots[at];
      if (slot.task) visit(slot as Slot & { task: RunningTask });
    }
  }
}
