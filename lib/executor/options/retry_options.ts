/** The option `retry`: when a failed task is tried again. */

import { checkNames, count, functionOf, inRange, type OptionNames, shown, time } from "./checks.ts";

/**
 * When a failed task is tried again: after `minDelay`, then `factor` times as long each time, up to `maxDelay`. A task that
 * waits for its next attempt holds no slot.
 *
 * An error can set the delay itself, by the `retryAfter` of its own, of a cause or of an error in an `AggregateError`: a number of
 * seconds (also as text), an HTTP date, or a `Date`. So can a `Retry-After` in its `headers` or `response.headers`. A delay that is
 * longer than timers take (24 days) ends the attempts, and pauses nothing. A `retryAfter` of another form is ignored and reported by the event `retryafterunknown`. With `pause`, it
 * holds for other tasks, too.
 *
 * Never tried again: a cancelled task, an input or result that cannot be sent, a stream, and a task with `transfer`, whose input is gone.
 */
export interface RetryOptions {
  /**
   * Maximum number of attempts, the first included. `Infinity` is allowed.
   *
   * @defaultValue 1
   */
  attempts?: number;
  /**
   * The delay after the first failure, in milliseconds.
   *
   * @defaultValue 200
   */
  minDelay?: number;
  /**
   * The longest delay, in milliseconds.
   *
   * @defaultValue 30,000
   */
  maxDelay?: number;
  /**
   * The factor by which each delay is longer than the one before; at least 1.
   *
   * @defaultValue 2
   */
  factor?: number;
  /**
   * The random part of each delay, from 0 (none) to 1 (all of it); `true` is 1.
   *
   * @defaultValue 0.5
   */
  jitter?: number | boolean;
  /**
   * Whether to try again after this error. If it throws, the task fails with what it throws.
   *
   * @defaultValue every error
   */
  when?: (error: unknown, attempt: number) => boolean;
  /**
   * Number of lost workers that do not count as attempts. Whatever it is, a task that was on two lost workers runs alone on the
   * third, and fails for good if that one is lost too. A worker counts as lost, too, if a task timed out on it while its event
   * loop stood still and it is not known which task held the loop.
   *
   * @defaultValue 0
   */
  losses?: number;
  /**
   * The tasks that an error's `retryAfter` pauses, whether or not the task is tried again. `"all"`: no task of the executor starts
   * before that time. `"key"`: no task with the same key of `limitPer`; if the task has no key, no task at all. Tasks that run go
   * on. After the pause, starts resume evenly: at the pace at which tasks succeeded before, which doubles until all slots are in
   * use. The event `pause` reports each pause.
   *
   * @defaultValue false
   *
   * @example A server that says when it takes requests again
   * ```ts
   * import { Executor } from "@polyloop/polyloop";
   *
   * await using executor = new Executor(null, { workers: 1, retry: { attempts: 2, pause: "all" } });
   * const request = (n: number, { attempt }: { attempt: number }) => {
   *   if (n === 1 && attempt === 1) throw Object.assign(new Error("429 Too Many Requests"), { retryAfter: 0.1 });
   *   return n;
   * };
   * await executor.run(request, 1);
   * ```
   */
  pause?: "all" | "key" | false;
}

export const RETRY: OptionNames<RetryOptions> = {
  attempts: true,
  minDelay: true,
  maxDelay: true,
  factor: true,
  jitter: true,
  when: true,
  losses: true,
  pause: true,
};

/** The retry options with every default filled in. */
export interface ResolvedRetryOptions extends RetryOptions {
  attempts: number;
  minDelay: number;
  maxDelay: number;
  factor: number;
  jitter: number;
  losses: number;
  pause: "all" | "key" | false;
}

export const NO_RETRY: ResolvedRetryOptions = {
  attempts: 1,
  minDelay: 200,
  maxDelay: 30_000,
  factor: 2,
  jitter: 0.5,
  losses: 0,
  pause: false,
};

/** Checks `retry` and fills in the defaults. */
export function retryOf(retry: RetryOptions, defaults: ResolvedRetryOptions): ResolvedRetryOptions {
  checkNames(retry, RETRY, { path: "retry" });
  const { minDelay, maxDelay } = retry;
  const {
    attempts = defaults.attempts,
    factor = defaults.factor,
    jitter = defaults.jitter,
    when = defaults.when,
    losses = defaults.losses,
    pause = defaults.pause,
  } = retry;
  const resolved: ResolvedRetryOptions = {
    attempts: attempts === Infinity ? attempts : count("retry.attempts", attempts, 1),
    minDelay: time(
      "retry.minDelay",
      minDelay === undefined ? Math.min(defaults.minDelay, maxDelay ?? Infinity) : minDelay,
    ),
    maxDelay: time(
      "retry.maxDelay",
      maxDelay === undefined ? Math.max(defaults.maxDelay, minDelay ?? 0) : maxDelay,
    ),
    factor: inRange("retry.factor", factor, 1, Infinity),
    jitter: inRange("retry.jitter", typeof jitter === "boolean" ? Number(jitter) : jitter, 0, 1),
    when: functionOf("retry.when", when),
    losses: count("retry.losses", losses, 0),
    pause: pause === false ? false : pauseOf(pause),
  };
  if (resolved.minDelay <= resolved.maxDelay) return resolved;
  throw new RangeError(
    `retry.minDelay must be at most retry.maxDelay (${resolved.maxDelay}), got ${resolved.minDelay}`,
  );
}

function pauseOf(pause: unknown): "all" | "key" {
  if (pause === "all" || pause === "key") return pause;
  throw new TypeError(`retry.pause must be "all", "key" or false, got ${shown(pause)}`);
}
