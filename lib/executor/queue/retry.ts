/**
 * Decides whether and when a failed task is tried again, and owns the tasks that wait for their next attempt. Each has a timer, and
 * holds no slot. When a worker is lost, its tasks that had begun come here, too. Tasks that had not begun go back to the queue
 * (`pool/worker_tasks.ts`).
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
import { after, LONGEST } from "../basics/deadlines.ts";
import type { QueueHost } from "./host.ts";
import type { ResolvedRetryOptions } from "../options/retry_options.ts";
import { isTooManyRequests, type RetryAfter, retryAfter } from "./retry_after.ts";
import type { Task, TaskOwner } from "../tasks/task.ts";
import { isThrown } from "../tasks/thrown.ts";

/** A task that was on this number of lost workers fails for good. After one less, it runs alone. A guess. */
const MOST_LOSSES = 3;

/** Errors that would come again with each attempt. */
const FINAL = [
  ExecutorClosedError,
  ModuleLoadError,
  QueueFullError,
  TaskCloneError,
  TaskInputError,
  TaskNotFoundError,
];

export class Retries implements TaskOwner {
  readonly #host: QueueHost;
  /** Whether a rate finds its amount, so that each error is read. */
  readonly #always: boolean;
  readonly #timers = new Map<Task, ReturnType<typeof setTimeout> | undefined>();
  #ended = false;

  /** @param always whether to read `retryAfter` from every error, also where a task does not pause others */
  constructor(host: QueueHost, always = false) {
    this.#host = host;
    this.#always = always;
  }

  /** Number of tasks that wait. */
  get size(): number {
    return this.#timers.size;
  }

  /**
   * Takes over a failed task, if it is to be tried again. Returns whether it is.
   *
   * @throws whatever the user's `when` throws
   */
  take(task: Task, error: unknown): boolean {
    const { retry } = task.options;
    // Also if the task is not tried again: the server has told it to everyone.
    const always = this.#always || task.particulars.start !== undefined;
    const told = retry.pause || always ? this.#told(task, error) : undefined;
    if (told?.delay !== undefined) this.#host.retryAfterTold(task, error, told.delay);
    else if (always && isTooManyRequests(error)) this.#host.refused(task);
    // An endless loop holds up all tasks on its worker. Only a task that is alone there is known to be that loop.
    const blocked = error instanceof TaskTimeoutError && error.blocked && !isThrown(error);
    if (blocked && task.alone) return false;
    const lost = error instanceof WorkerLostError && !isThrown(error);
    if (lost || blocked) task.set({ losses: task.particulars.losses + 1 });
    if (!mayRetry(task, error, retry)) return false;
    // The user's `when` may have cancelled the task, or terminated its executor.
    if (this.#ended || task.state === "settled") return false;
    const delay = (told ?? this.#told(task, error)).delay ?? delayAfter(task.attempt, retry);
    // No timer takes such a delay.
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
    task.set({ attempt: task.attempt + 1, told: undefined });
    return true;
  }

  /** Reads when to try again from an error. */
  #told(task: Task, error: unknown): RetryAfter {
    const told = retryAfter(error);
    if (told.unknown !== undefined) this.#host.retryAfterUnknown(task, told.unknown);
    return told;
  }

  /** Forgets a task that has settled while it waited. */
  release(task: Task): void {
    clearTimeout(this.#timers.get(task));
    if (this.#timers.delete(task)) this.#host.changed();
  }

  /** Takes no more tasks. */
  stop(): void {
    this.#ended = true;
  }

  /** Rejects each waiting task with an error of its own, and takes no more. */
  end(error: () => unknown): void {
    this.stop();
    for (const task of [...this.#timers.keys()]) task.cancel(error());
  }
}

function mayRetry(task: Task, error: unknown, retry: ResolvedRetryOptions): boolean {
  // Values that were passed on cannot be taken back, and transferred parts of the input are gone.
  const { stream, hasPassed, losses } = task.particulars;
  if (stream || hasPassed || task.options.transfer) return false;
  return mayTryAgain(error, task.attempt, losses, retry);
}

/**
 * Whether a task is tried again after `error` in this attempt, with this number of lost workers.
 *
 * @throws whatever the user's `when` throws
 */
export function mayTryAgain(
  error: unknown,
  attempt: number,
  lost: number,
  { attempts, losses, when }: ResolvedRetryOptions,
): boolean {
  if (lost >= MOST_LOSSES || FINAL.some((kind) => error instanceof kind)) return false;
  const spent = attempt - Math.min(lost, losses);
  return spent < attempts && (when === undefined || when(error, attempt));
}

/** The delay after a failed attempt, in milliseconds. It grows exponentially; `jitter` is its random part. */
export function delayAfter(
  attempt: number,
  { minDelay, maxDelay, factor, jitter }: ResolvedRetryOptions,
): number {
  // Finite, because 0 times infinity is NaN.
  const growth = Math.min(factor ** (attempt - 1), Number.MAX_VALUE);
  const delay = Math.min(maxDelay, minDelay * growth);
  return delay * (1 - jitter * Math.random());
}
