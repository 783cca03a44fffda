/** The body of a task that was cancelled or timed out. It holds its slot until it ends. */

import type { Bodies } from "../tasks/bodies.ts";
import type { Task } from "../tasks/task.ts";

/** The facts of such a body. */
export class Leftover {
  readonly gracePeriod: number;
  readonly target: Task["target"];
  /** The number of its task. */
  readonly id: number;
  readonly alone: boolean;
  /** The index of its input in a map; undefined if it is of no map. */
  readonly index: number | undefined;
  /** Takes what it prints. */
  readonly printed: Task["printed"];
  /** When it was sent to its worker, in milliseconds of `performance.now()`. */
  readonly sent: number;
  /** Number of tasks that its worker was sent before it. */
  readonly place: number;
  /** Called when the body has ended. It counts the tasks of a key. */
  readonly onOut: (() => void) | undefined;
  /** Counts the bodies of its map or stream. */
  readonly #bodies: Bodies | undefined;

  constructor(task: Task) {
    this.gracePeriod = task.options.gracePeriod;
    this.target = task.target;
    this.id = task.id;
    this.alone = task.alone;
    this.index = task.index;
    this.printed = task.printed;
    this.sent = task.sent;
    this.place = task.place;
    this.onOut = task.particulars.onOut;
    this.#bodies = task.bodies;
    this.#bodies?.left();
  }

  /** Called when the body has ended, or its worker is gone. */
  ended(): void {
    this.#bodies?.ended();
  }
}
