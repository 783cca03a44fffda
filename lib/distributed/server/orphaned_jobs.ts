/**
 * Removes jobs that were handed to this worker, that it does not have, and that stand as active nevertheless: BullMQ could not
 * begin or end them, because of what somebody has written into the job or its lock. Nobody else would get them. Their producer
 * adds them again.
 *
 * @module
 */

import { removeActive } from "../broker/active_jobs.ts";
import type { Broker } from "../broker/broker.ts";
import type { BullQueue } from "../broker/bullmq.ts";

/** The field of a job in which BullMQ keeps the name of the worker that it was handed to last. */
const HANDED_TO = "pb";

/** What this worker has. */
interface Holder {
  broker: Broker;
  /** The worker's id. */
  id: string;
  queues: BullQueue[];
  has(id: string): boolean;
}

/** The jobs of one worker that nobody has. */
export class OrphanedJobs {
  readonly #holder: Holder;
  /** Those of the last look. A job that has just ended, or is about to begin, is not there any more at the next. */
  #suspects = new Set<string>();

  constructor(holder: Holder) {
    this.#holder = holder;
  }

  /** Looks, and resolves with the number of jobs that were removed. */
  async look(): Promise<number> {
    const { queues } = this.#holder;
    const before = this.#suspects;
    this.#suspects = new Set();
    let removed = 0;
    for (const queue of queues) {
      for (const id of await this.#orphansOf(queue)) {
        const job = queue.toKey(id);
        if (!before.has(job)) this.#suspects.add(job);
        else if (await removeActive(this.#holder.broker, queue, id)) removed++;
      }
    }
    return removed;
  }

  async #orphansOf(queue: BullQueue): Promise<string[]> {
    const { broker: { client }, id: own, has } = this.#holder;
    const ids = (await client.lrange(queue.toKey("active"), 0, -1)).filter((id) => !has(id));
    if (ids.length === 0) return [];
    const pipeline = client.pipeline();
    for (const id of ids) pipeline.hget(queue.toKey(id), HANDED_TO);
    const replies = await pipeline.exec() ?? [];
    return ids.filter((id, at) => replies[at]?.[1] === own && !has(id));
  }
}
