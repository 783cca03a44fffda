/**
 * Judges lost jobs: whether an input of the job may have ended its worker. That is possible only if the worker had begun the job and
 * is gone. A worker that is still present lost the job because the broker or the connection failed, or because the worker stood still.
 *
 * @module
 */

import type { Broker } from "../broker/broker.ts";
import type { BrokerWatch } from "../broker/broker_watch.ts";
import type { Chunk } from "./chunk_feed.ts";
import type { JobState } from "./job_table.ts";

/** `proof`: an input may have ended the worker. `none`: no input has. `open`: it is not known yet whether the worker is gone. */
export type Verdict = "proof" | "none" | "open";

/** The words in BullMQ's reason of a job that was lost too often. */
const STALLED = "stalled more than allowable";

/**
 * Number of consecutive checks without an entry of a worker after which the worker counts as gone, if the broker has failed lately. A
 * worker that could not renew its entry does so at its next check, or at the one after that. A guess.
 */
const LOOKS_IF_DOUBTFUL = 5;

/** What earlier checks have found out about the worker of a lost job. */
interface Seen {
  /** The time for which its entry in the roster was still valid, in milliseconds. */
  left: number;
  /** Number of consecutive checks that found no entry. */
  absent: number;
}

/** Whether a job with this reason of its failure was lost. */
export function isLoss(reason: string): boolean {
  return reason.includes(STALLED);
}

/** The losses of one run. */
export class Losses {
  readonly #broker: Broker;
  readonly #watch: Pick<BrokerWatch, "isDoubtful">;
  readonly #seen = new WeakMap<Chunk, Seen>();

  constructor(broker: Broker, watch: Pick<BrokerWatch, "isDoubtful">) {
    this.#broker = broker;
    this.#watch = watch;
  }

  /** Judges the states of job chunks. `all` says whether this is the check of all jobs, which is due every two seconds. */
  async judge(chunks: Chunk[], states: JobState[], { all }: { all: boolean }): Promise<Verdict[]> {
    return await Promise.all(states.map((state, at) => {
      const isLost = state.kind === "failed" && isLoss(state.reason);
      // A job without such a worker was never begun: the connection broke while a worker was getting it.
      return isLost && state.worker !== null ? this.#judge(chunks[at], state.worker, all) : "none";
    }));
  }

  async #judge(chunk: Chunk, worker: string, all: boolean): Promise<Verdict> {
    const { client, keys } = this.#broker;
    // A worker that was told to end may be killed before it has given its jobs back.
    if (await client.exists(keys.draining(worker)) === 1) return "none";
    const left = await client.pttl(keys.worker(worker));
    const { left: before, absent } = this.#seen.get(chunk) ?? { left: Infinity, absent: 0 };
    // It has renewed its entry since.
    if (left > before) return "none";
    const now = left > 0 ? 0 : absent + (all ? 1 : 0);
    if (now >= (this.#watch.isDoubtful ? LOOKS_IF_DOUBTFUL : 1)) return "proof";
    this.#seen.set(chunk, { left, absent: now });
    return "open";
  }
}
