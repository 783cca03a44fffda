/**
 * The body of a task that went on without it: cancelled, timed out. It holds its slot until it ends.
 *
 * @module
 */

import type { Bodies } from "./bodies.ts";
import type { Task } from "../calls/task.ts";

/** What a worker's handle keeps of such a task. */
export class Leftover {
  readonly gracePeriod: number;
  readonly task: Task["target"];
  readonly taskId: number;
  readonly alone: boolean;
  /** Where its input stands among those of a map. */
  readonly index: number | undefined;
  /** When it was sent to its worker, in milliseconds of `performance.now()`. */
  readonly sent: number;
  /** How many tasks its worker was sent before it. */
  readonly place: number;
  /** Called when the body has ended, for the count of tasks on workers. */
  readonly onOut: (() => void) | undefined;
  /** Counts it for who waits until no body of its map or stream runs. */
  readonly #bodies: Bodies | undefined;

  constructor(task: Task) {
    this.gracePeriod = task.options.gracePeriod;
    this.task = task.target;
    this.taskId = task.id;
    this.alone = task.alone;
    this.index = task.index;
    this.sent = task.sent;
    this.place = task.place;
    this.onOut = task.particulars.onOut;
    this.#bodies = task.bodies;
    this.#bodies?.left();
  }

  /** The body has ended, or its worker is gone. */
  ended(): void {
    this.#bodies?.ended();
  }
}
