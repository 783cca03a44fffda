/**
 * The end of one worker that was stopped: how long it is waited for, and when the bodies on it count as ended.
 *
 * @module
 */

import type { Backend, WorkerChannel } from "../../backends/backend.ts";
import type { Task } from "../calls/task.ts";
import { waitAtMost } from "../wait_at_most.ts";
import { Leftover } from "./leftover.ts";

/**
 * Least and greatest time to wait for a worker that was stopped with bodies on it, in milliseconds; between them, `gracePeriod`
 * counts. A thread or process is gone in a few milliseconds. Only a body in the caller's own thread takes longer, because nothing
 * can stop it. A backend may set a shorter time (`patience`). Guesses.
 */
const SHORT_END = 1_000;
const LONG_END = 5_000;

/** The end of one worker. */
export class WorkerEnding {
  readonly #channel: WorkerChannel;
  readonly #longest: number;
  #ended: Promise<void> | undefined;
  #gone: Promise<void> | undefined;

  constructor(channel: WorkerChannel, { patience = Infinity }: Backend, gracePeriod: number) {
    this.#channel = channel;
    this.#longest = Math.min(patience, Math.max(SHORT_END, Math.min(gracePeriod, LONG_END)));
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
