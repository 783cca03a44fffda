/**
 * Judges lost jobs: whether an input of the job may have ended its workers. That is possible only if all workers that had begun the job are
 * gone. A worker that is still present lost the job because the broker or the connection failed, or because the worker stood still.
 */

import type { Broker } from "../broker/broker.ts";
import type { BrokerWatch } from "../broker/broker_watch.ts";
import { BEGUN_STREAM } from "../broker/protocol.ts";
import type { Chunk } from "./chunk_feed.ts";
import type { JobState } from "./job_table.ts";

/** `proof`: an input may have ended the workers. `none`: no input has. `open`: it is not known yet whether all are gone. */
export type Verdict = "proof" | "none" | "open";

/** The words in BullMQ's reason of a job that was lost too often. */
export const STALLED = "stalled more than allowable";

/**
 * Number of consecutive checks without an entry of a worker after which the worker counts as gone, if the broker has failed lately. A
 * worker that could not renew its entry does so at its next check, or at the one after that. A guess.
 */
const LOOKS_IF_DOUBTFUL = 5;

/** What earlier checks have found out about a worker of a lost job. */
interface Seen {
  /** The time for which its entry in the roster was still valid, in milliseconds. */
  left: number;
  /** Number of consecutive checks that found no entry. */
  absent: number;
}

/** Whether a job with this reason of its failure was lost. */
export function isLoss(reason: string): boolean {
  return reason.includes(STALLED) || reason === BEGUN_STREAM;
}

export class Losses {
  readonly #broker: Broker;
  readonly #watch: Pick<BrokerWatch, "isDoubtful">;
  /** By job chunk and worker. */
  readonly #seen = new WeakMap<Chunk, Map<string, Seen>>();

  constructor(broker: Broker, watch: Pick<BrokerWatch, "isDoubtful">) {
    this.#broker = broker;
    this.#watch = watch;
  }

  /** Judges the states of job chunks. `all` says whether this is the check of all jobs, which is due every two seconds. */
  async judge(chunks: Chunk[], states: JobState[], { all }: { all: boolean }): Promise<Verdict[]> {
    return await Promise.all(states.map((state, at) => {
      const isLost = state.kind === "failed" && isLoss(state.reason);
      if (!isLost) return "none";
      // Only the worker whose values its reader has had can go on with a stream.
      const { yielded, server } = chunks[at];
      const workers = yielded > 0 ? [server!] : state.workers;
      // A job without such a worker was never begun: the connection broke while a worker was getting it.
      return workers.length > 0 ? this.#judge(chunks[at], workers, all) : "none";
    }));
  }

  async #judge(chunk: Chunk, workers: readonly string[], all: boolean): Promise<Verdict> {
    const { client, keys } = this.#broker;
    // A worker that was told to end may be killed before it has given its jobs back.
    if (await client.exists(...workers.map((id) => keys.draining(id))) > 0) return "none";
    const verdicts = await Promise.all(
      [...new Set(workers)].map(async (id) =>
        this.#weigh(chunk, id, await client.pttl(keys.worker(id)), all)
      ),
    );
    return (["none", "open"] as const).find((verdict) => verdicts.includes(verdict)) ?? "proof";
  }

  /** Whether a worker is gone. `left` is how long its entry is still valid. */
  #weigh(chunk: Chunk, worker: string, left: number, all: boolean): Verdict {
    const seen = this.#seen.get(chunk) ?? new Map<string, Seen>();
    this.#seen.set(chunk, seen);
    const { left: before, absent } = seen.get(worker) ?? { left: Infinity, absent: 0 };
    // It has renewed its entry since.
    if (left > before) return "none";
    const now = left > 0 ? 0 : absent + (all ? 1 : 0);
    if (now >= (this.#watch.isDoubtful ? LOOKS_IF_DOUBTFUL : 1)) return "proof";
    seen.set(worker, { left, absent: now });
    return "open";
  }
}
