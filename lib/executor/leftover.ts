/**
 * The body of a task that went on without it: cancelled, timed out. It holds its slot until it ends.
 *
 * @module
 */

import type { Task } from "./task.ts";

/** What a worker's handle keeps of such a task. */
export class Leftover {
  readonly gracePeriod: number;
  readonly task: Task["target"];
  readonly taskId: number;
  readonly alone: boolean;
  /** How many tasks its worker was sent before it. */
  readonly place: number;
  /** Called when the body has ended. */
  readonly onEnded: (() => void) | undefined;
  /** Called when the body has ended, for the count of tasks on workers. */
  readonly onOut: (() => void) | undefined;

  constructor(task: Task) {
    this.gracePeriod = task.options.gracePeriod;
    this.task = task.target;
    this.taskId = task.id;
    this.alone = task.alone;
    this.place = task.place;
    this.onOut = task.particulars.onOut;
    // Who waits for the body waits for the last one: a task that is tried again has another.
    this.onEnded = task.state === "settled" ? task.particulars.onReleased : undefined;
  }
}
