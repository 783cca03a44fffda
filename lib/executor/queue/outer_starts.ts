/**
 * Tasks whose starts are decided outside of their executor, because several executors share a rate or the limits of keys: those of all
 * workers over a broker. Each attempt asks, and waits here, outside the queue, until it is let go. Tasks without such a limit pass them.
 */

import type { Task } from "../tasks/task.ts";
import type { OuterStart } from "../options/feed_options.ts";

export class OuterStarts {
  readonly #letGo: (task: Task) => void;
  readonly #waiting = new Set<Task>();

  /** @param letGo takes a task that waited here and may start now */
  constructor(letGo: (task: Task) => void) {
    this.#letGo = letGo;
  }

  /** Number of tasks that wait here. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Lets a task wait for its start. */
  ask(task: Task, start: OuterStart): void {
    this.#waiting.add(task);
    start.ask(task.attempt, () => {
      if (this.#waiting.delete(task)) this.#letGo(task);
    });
  }

  /** Whether a task that was let go may still start. If not, it waits here again. */
  enter(task: Task, start: OuterStart): boolean {
    const { attempt } = task;
    if (start.take()) {
      task.set({ onOut: () => start.out(attempt) });
      return true;
    }
    this.ask(task, start);
    return false;
  }

  has(task: Task): boolean {
    return this.#waiting.has(task);
  }

  forget(task: Task): boolean {
    task.particulars.start?.forget();
    return this.#waiting.delete(task);
  }

  /** The tasks that wait here. */
  tasks(): Task[] {
    return [...this.#waiting];
  }
}
