/**
 * The limits that end a task from outside: its signal, its time in the queue and its time on a worker. The first two cancel the
 * task. When the time on a worker is over, the worker's handle decides, and the task may be tried again.
 */

import { TaskTimeoutError } from "../../errors.ts";
import { Deadlines } from "../basics/deadlines.ts";
import type { Task } from "../tasks/task.ts";

interface Watch {
  tasks: Set<Task>;
  abort: () => void;
}

export class Limits {
  /** By signal. One listener per signal, because removing a listener is linear in their number. */
  readonly #watches = new Map<AbortSignal, Watch>();
  readonly #queued = new Deadlines<Task>((task) => {
    task.cancel(new TaskTimeoutError(task.target.spec.name, task.options.queueTimeout, "queue"));
  });
  readonly #running = new Deadlines<Task>((task) => task.owner?.overdue?.(task));

  /** Watches a task that was submitted. Its signal has not aborted yet. */
  submitted(task: Task): void {
    const { signal, queueTimeout } = task.options;
    if (signal) this.#watch(signal, task);
    if (queueTimeout !== Infinity) this.#queued.add(task, queueTimeout);
  }

  /** Ends the time in the queue, and begins the time on a worker. */
  started(task: Task): void {
    const { timeout, queueTimeout } = task.options;
    if (queueTimeout !== Infinity) this.#queued.delete(task, queueTimeout);
    if (timeout !== Infinity) this.#running.add(task, timeout);
  }

  /** Ends the time on a worker, because the task came back or its attempt failed. */
  stopped(task: Task): void {
    const { timeout } = task.options;
    if (timeout !== Infinity) this.#running.delete(task, timeout);
  }

  /** Begins the time in the queue again. */
  returned(task: Task): void {
    const { queueTimeout } = task.options;
    if (queueTimeout !== Infinity) this.#queued.add(task, queueTimeout);
  }

  settled(task: Task): void {
    const { signal, timeout, queueTimeout } = task.options;
    if (signal) this.#unwatch(signal, task);
    if (queueTimeout !== Infinity) this.#queued.delete(task, queueTimeout);
    if (timeout !== Infinity) this.#running.delete(task, timeout);
  }

  #watch(signal: AbortSignal, task: Task): void {
    const known = this.#watches.get(signal);
    if (known) return void known.tasks.add(task);
    const tasks = new Set([task]);
    const abort = () => {
      this.#watches.delete(signal);
      for (const task of tasks) task.cancel(signal.reason);
    };
    this.#watches.set(signal, { tasks, abort });
    signal.addEventListener("abort", abort, { once: true });
  }

  #unwatch(signal: AbortSignal, task: Task): void {
    const watch = this.#watches.get(signal);
    if (!watch) return;
    watch.tasks.delete(task);
    if (watch.tasks.size > 0) return;
    this.#watches.delete(signal);
    signal.removeEventListener("abort", watch.abort);
  }
}
