/**
 * What ends a task from outside: its signal, its time in the queue, its time on a worker. Each comes
 * down to `task.cancel(reason)`; only after a time-out on a worker, of which its handle judges, may it be tried again.
 *
 * @module
 */

import { TaskTimeoutError } from "../../errors.ts";
import { Deadlines } from "../deadlines.ts";
import type { Task } from "../calls/task.ts";

/** The tasks that one signal cancels. */
interface Watch {
  tasks: Set<Task>;
  abort: () => void;
}

/** Watches over the limits of an executor's tasks. */
export class Limits {
  /** One listener per signal, however many tasks share it: removing a listener is linear in their number. */
  readonly #watches = new Map<AbortSignal, Watch>();
  readonly #queued = new Deadlines<Task>((task) => {
    task.cancel(new TaskTimeoutError(task.target.spec.name, task.options.queueTimeout, "queue"));
  });
  readonly #running = new Deadlines<Task>((task) => task.owner?.overdue?.(task));

  /** The task was submitted. Its signal has not aborted yet. */
  submitted(task: Task): void {
    const { signal, queueTimeout } = task.options;
    if (signal) this.#watch(signal, task);
    if (queueTimeout !== Infinity) this.#queued.add(task, queueTimeout);
  }

  /** The task was sent to a worker. */
  started(task: Task): void {
    const { timeout, queueTimeout } = task.options;
    if (queueTimeout !== Infinity) this.#queued.delete(task, queueTimeout);
    if (timeout !== Infinity) this.#running.add(task, timeout);
  }

  /** The task is on no worker any more: it was given back, or its attempt failed. */
  stopped(task: Task): void {
    const { timeout } = task.options;
    if (timeout !== Infinity) this.#running.delete(task, timeout);
  }

  /** The task waits for a slot again. */
  returned(task: Task): void {
    const { queueTimeout } = task.options;
    if (queueTimeout !== Infinity) this.#queued.add(task, queueTimeout);
  }

  /** The task has settled. */
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
