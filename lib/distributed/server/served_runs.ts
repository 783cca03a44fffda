/** Follows the runs that a worker can serve, so that it can end with the last of them (`exitWithRun`). */

import type { Broker } from "../broker/broker.ts";
import { serves } from "../broker/labels.ts";
import { runsOf } from "../broker/roster.ts";
import { NOBODY } from "../broker/run_lock.ts";

/**
 * How long a run whose producer is gone may take to be resumed, in milliseconds. A guess: longer than an operator or a supervisor
 * takes to start it again. The worker is paid for meanwhile.
 */
const RESUMED_WITHIN = 60_000;

export class ServedRuns {
  readonly #broker: Broker;
  readonly #print: string;
  readonly #labels: readonly string[];
  /** By name: since when the run has had no producer, in milliseconds of `performance.now()`; undefined while it has one. */
  readonly #runs = new Map<string, number | undefined>();
  /** How the last run ended. */
  #last: string | undefined;

  /** @param print the fingerprint of the module @param labels the worker's labels */
  constructor(broker: Broker, print: string, labels: readonly string[]) {
    this.#broker = broker;
    this.#print = print;
    this.#labels = labels;
  }

  /** Notes a run that has sent a job chunk. It may be gone before the next look at the roster. */
  add(run: string): void {
    if (!this.#runs.has(run)) this.#runs.set(run, undefined);
  }

  /** Resolves with how the last run has ended, once there has been one and none is left; else with undefined. */
  async look(now: number = performance.now()): Promise<string | undefined> {
    const { client, keys } = this.#broker;
    for (const { run, on } of await runsOf(this.#broker, this.#print)) {
      if (serves(this.#labels, on)) this.add(run);
    }
    for (const [run, goneSince = now] of [...this.#runs]) {
      const [lock, fence] = await client.mget(keys.lock(run), keys.fence(run));
      if (lock !== null) this.#runs.set(run, undefined);
      else if (fence === NOBODY) this.#end(run, "has ended");
      else if (now - goneSince < RESUMED_WITHIN) this.#runs.set(run, goneSince);
      else this.#end(run, `was not resumed for ${RESUMED_WITHIN / 1_000} s after its producer was lost`);
    }
    return this.#runs.size === 0 ? this.#last : undefined;
  }

  #end(run: string, how: string): void {
    this.#runs.delete(run);
    this.#last = `the run ${run} ${how}`;
  }
}
