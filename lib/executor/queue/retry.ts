/**
 * Whether and when a task that failed is tried again, and the tasks that wait for that. They hold no slot
 * and stand in no queue: each has a timer, and this is its owner until then. Tasks of a lost worker that had begun come here, too;
 * those that had not begun go back to the queue (`pool/worker_handle.ts`).
 *
 * @module
 */

import {
  ExecutorClosedError,
  ModuleLoadError,
  QueueFullError,
  TaskCloneError,
  TaskInputError,
  TaskNotFoundError,
  TaskTimeoutError,
  WorkerLostError,
} from "../../errors.ts";
import { after, LONGEST } from "../deadlines.ts";
import type { ExecutorHost } from "../host.ts";
import type { ResolvedRetryOptions } from "../options.ts";
import { retryAfter } from "./retry_after.ts";
import type { Task, TaskOwner } from "../calls/task.ts";
import { isThrown } from "../calls/thrown.ts";

/** So many lost workers end a task for good; after one less it runs alone. */
const MOST_LOSSES = 3;

/** What would fail in the same way every time. */
const FINAL = [
  ExecutorClosedError,
  ModuleLoadError,
  QueueFullError,
  TaskCloneError,
  TaskInputError,
  TaskNotFoundError,
];

/** The tasks of one executor that wait for their next attempt. */
export class Retries implements TaskOwner {
  readonly #host: ExecutorHost;
  readonly #timers = new Map<Task, ReturnType<typeof setTimeout> | undefined>();
  #ended = false;

  constructor(host: ExecutorHost) {
    this.#host = host;
  }

  /** Tasks that wait here. */
  get size(): number {
    return this.#timers.size;
  }

  /** Takes a task that has failed, if it is to be tried again. Throws what the user's `when` throws. */
  take(task: Task, error: unknown): boolean {
    const { retry } = task.options;
    // Of those that one endless loop holds up, only the one that is alone on its worker is known to be that loop.
    const blocked = error instanceof TaskTimeoutError && error.blocked && !isThrown(error);
    if (blocked && task.alone) return false;
    const lost = error instanceof WorkerLostError && !isThrown(error);
    if (lost || blocked) task.set({ losses: task.particulars.losses + 1 });
    if (!mayRetry(task, error, retry)) return false;
    // The user's `when` may have cancelled the task, or terminated its executor.
    if (this.#ended || task.state === "settled") return false;
    const told = retryAfter(error);
    if (told.unknown !== undefined) this.#host.retryAfterUnknown(task, told.unknown);
    const delay = told.delay ?? backoff(task.attempt, retry);
    // No timer would ever end that.
    if (delay > LONGEST) return false;
    task.state = "pending";
    task.owner = this;
    task.set({ alone: blocked || task.particulars.losses === MOST_LOSSES - 1 });
    this.#timers.set(
      task,
      after(delay, () => {
        this.#timers.delete(task);
        this.#host.due(task);
      }),
    );
    this.#host.retried(task, error, delay);
    task.set({ attempt: task.attempt + 1 });
    return true;
  }

  /** The task has settled while it waited. */
  release(task: Task): void {
    clearTimeout(this.#timers.get(task));
    if (this.#timers.delete(task)) this.#host.changed();
  }

  /** Takes no more tasks. */
  stop(): void {
    this.#ended = true;
  }

  /** Settles every task that waits, with an error of its own each, and takes no more. */
  end(error: () => unknown): void {
    this.stop();
    for (const task of [...this.#timers.keys()]) task.cancel(error());
  }
}

function mayRetry(task: Task, error: unknown, { attempts, losses, when }: ResolvedRetryOptions): boolean {
  // What a stream has yielded cannot be taken back, and what was transferred is gone.
  const { stream, losses: lost } = task.particulars;
  if (stream || task.options.transfer) return false;
  if (lost >= MOST_LOSSES || FINAL.some((kind) => error instanceof kind)) return false;
  const spent = task.attempt - Math.min(lost, losses);
  return spent < attempts && (when === undefined || when(error, task.attempt));
}

/** Exponential, from the attempt that failed; `jitter` is the part of it that is left to chance. */
function backoff(attempt: number, { minDelay, maxDelay, factor, jitter }: ResolvedRetryOptions): number {
  // Never infinite, or no delay at all would become none that is a number.
  const growth = Math.min(factor ** (attempt - 1), Number.MAX_VALUE);
  const delay = Math.min(maxDelay, minDelay * growth);
  return delay * (1 - jitter * Math.random());
}
