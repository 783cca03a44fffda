/**
 * The end of one worker. Limits the time that it may take to close after it was asked to, and the time that the pool waits for it
 * after it was stopped. Decides when the bodies on it count as ended.
 */

import type { Backend, WorkerChannel } from "../../backends/backend.ts";
import type { Task } from "../tasks/task.ts";
import { after } from "../basics/deadlines.ts";
import { waitAtMost } from "../basics/deadlines.ts";
import { Leftover } from "./leftover.ts";

/**
 * Least and greatest time to wait for a worker that was stopped with bodies on it, in milliseconds; between them, `gracePeriod`
 * counts. A thread or process is gone in a few milliseconds. Only a body in the caller's own thread takes longer, because nothing
 * can stop it. A backend may set a shorter time (`patience`). Guesses.
 */
const SHORT_END = 1_000;
const LONG_END = 5_000;

/** Minimum time that `teardown` may take, in milliseconds; `gracePeriod` may be longer. A guess. */
const TEARDOWN_TIME = 5_000;

/**
 * How often that time begins again for output that moves. A guess: a reader of stderr that needs more than a minute loses lines;
 * a teardown that prints for ever ends after that.
 */
const OUTPUT_ROUNDS = 12;

/** A timer that is later than this, in milliseconds, was held up by this thread or a busy machine. A guess. */
const LATE = 100;

export class WorkerEnding {
  readonly #channel: WorkerChannel;
  readonly #teardownTime: number;
  readonly #longest: number;
  /** The time until the worker has to be closed. It stays defined once the worker was asked to close. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ended: Promise<void> | undefined;
  #gone: Promise<void> | undefined;

  constructor(channel: WorkerChannel, { patience = Infinity }: Backend, gracePeriod: number) {
    this.#channel = channel;
    this.#teardownTime = Math.max(TEARDOWN_TIME, gracePeriod);
    this.#longest = Math.min(patience, Math.max(SHORT_END, Math.min(gracePeriod, LONG_END)));
  }

  get isAsked(): boolean {
    return this.#timer !== undefined;
  }

  /**
   * Called when the worker is asked to close. Calls `late` if it does not close in time. That time begins again, at most `rounds`
   * times, if the worker's output moved meanwhile, or if the timer was late because this thread wrote the output to a slow
   * reader. Otherwise the rest of the output would be lost.
   */
  asked(late: () => void, rounds: number = OUTPUT_ROUNDS): void {
    clearTimeout(this.#timer);
    const due = performance.now() + this.#teardownTime;
    const printed = this.#channel.printed?.();
    this.#timer = after(this.#teardownTime, () => {
      const isMoving = performance.now() - due > LATE || this.#channel.printed?.() !== printed;
      if (isMoving && rounds > 0) this.asked(late, rounds - 1);
      else late();
    });
  }

  /** Called when the worker was stopped: it is not waited for any more until it closes. */
  stopped(): void {
    clearTimeout(this.#timer);
  }

  /** Resolves once the worker's thread or process has ended. */
  ended(): Promise<void> {
    return this.#ended ??= this.#channel.gone();
  }

  /** Resolves once the worker's thread or process has ended, or the time to wait is over. */
  gone(): Promise<void> {
    return this.#gone ??= waitAtMost(this.#longest, this.ended());
  }

  /** Counts the bodies of the tasks as running until the worker is gone. */
  followBodies(entries: (Task | Leftover)[]): void {
    const bodies = entries.map((entry) => entry instanceof Leftover ? entry : new Leftover(entry));
    void this.gone().then(() => bodies.forEach((body) => body.ended()));
  }
}
