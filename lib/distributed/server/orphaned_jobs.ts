/**
 * Removes active jobs that Redis has assigned to this worker although it does not have them. Either the connection broke during the
 * transfer, or BullMQ could not begin or end the job. No other worker would get such a job. Its producer adds it again.
 */

import { removeActive } from "../broker/active_jobs.ts";
import type { Broker } from "../broker/broker.ts";
import type { BullQueue } from "../broker/bullmq.ts";

/** The field of a job in which BullMQ keeps the name of the worker that got it last. */
const HANDED_TO = "pb";

interface OrphanedJobsInit {
  broker: Broker;
  /** The worker's id. */
  id: string;
  queues: BullQueue[];
  /** The ids of the jobs that the worker has. */
  held: ReadonlySet<string>;
}

export class OrphanedJobs {
  readonly #init: OrphanedJobsInit;
  /** The keys of orphans at the last check. A job that has just ended, or is about to begin, is no longer one at the next check. */
  #suspects = new Set<string>();

  constructor(init: OrphanedJobsInit) {
    this.#init = init;
  }

  /** Removes jobs that were orphans at the last check, too. Resolves with their number. */
  async look(): Promise<number> {
    const { queues } = this.#init;
    const before = this.#suspects;
    this.#suspects = new Set();
    let removed = 0;
    for (const queue of queues) {
      for (const id of await this.#orphansOf(queue)) {
        const job = queue.toKey(id);
        if (!before.has(job)) this.#suspects.add(job);
        else if (await removeActive(this.#init.broker, queue, id)) removed++;
      }
    }
    return removed;
  }

  async #orphansOf(queue: BullQueue): Promise<string[]> {
    const { broker: { client }, id: own, held } = this.#init;
    const ids = (await client.lrange(queue.toKey("active"), 0, -1)).filter((id) => !held.has(id));
    if (ids.length === 0) return [];
    const pipeline = client.pipeline();
    for (const id of ids) pipeline.hget(queue.toKey(id), HANDED_TO);
    const replies = await pipeline.exec() ?? [];
    return ids.filter((id, at) => replies[at]?.[1] === own && !held.has(id));
  }
}
