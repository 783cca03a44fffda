/**
 * The end of one worker that was stopped: how long it is waited for, and when the bodies that were on it count as ended.
 *
 * @module
 */

import type { Backend, WorkerChannel } from "../../backends/backend.ts";
import type { Task } from "../calls/task.ts";
import { waitAtMost } from "../wait_at_most.ts";
import { Leftover } from "./leftover.ts";

/**
 * How long a worker that is stopped with bodies on it is waited for, at least and at the most, in milliseconds; between
 * them, `gracePeriod`. A thread or process is gone in a few milliseconds. Only a body in the caller's own thread, which
 * nothing can stop, takes as long. A backend may have less patience.
 */
const SHORT_END = 1_000;
const LONG_END = 5_000;

/** Waits for the end of one worker. */
export class WorkerEnding {
  readonly #channel: WorkerChannel;
  readonly #longest: number;
  #ended: Promise<void> | undefined;
  #gone: Promise<void> | undefined;

  constructor(channel: WorkerChannel, { patience = Infinity }: Backend, gracePeriod: number) {
    this.#channel = channel;
    this.#longest = Math.min(patience, Math.max(SHORT_END, Math.min(gracePeriod, LONG_END)));
  }

  /** Resolves once its thread or process has ended. */
  ended(): Promise<void> {
    return this.#ended ??= this.#channel.gone();
  }

  /** Resolves once its thread or process has ended, or was waited for long enough. */
  gone(): Promise<void> {
    return this.#gone ??= waitAtMost(this.#longest, this.ended());
  }

  /** The bodies of these tasks may run a little longer, until the worker is gone. */
  followBodies(entries: (Task | Leftover)[]): void {
    const bodies = entries.map((entry) => entry instanceof Leftover ? entry : new Leftover(entry));
    void this.gone().then(() => bodies.forEach((body) => body.ended()));
  }
}
