/**
 * Removes jobs that BullMQ lists as active and that no worker would ever end, so that their producers add them again. Orphans are
 * those that Redis has assigned to this worker although it does not have them. The connection broke during the transfer, or
 * BullMQ could not begin or end the job. Others cannot be parsed: BullMQ takes such a job from the queue, fails, and leaves it
 * active.
 */

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

/** The fields of a job that BullMQ parses. */
const PARSED = ["data", "opts"];

/** Removes such jobs from a queue, except those in `held`. Resolves with their number. */
export async function removeUnreadable(
  broker: Broker,
  queue: BullQueue,
  held: { has(id: string): boolean },
): Promise<number> {
  const { client } = broker;
  let removed = 0;
  for (const id of await client.lrange(queue.toKey("active"), 0, -1)) {
    if (held.has(id)) continue;
    const texts = await client.hmget(queue.toKey(id), ...PARSED);
    if (texts.every(isReadable)) continue;
    if (await removeActive(broker, queue, id)) removed++;
  }
  return removed;
}

function isReadable(text: string | null): boolean {
  if (text === null || text === "") return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Removes an active job with its lock. Resolves with false if another worker has already removed it. */
async function removeActive({ client }: Broker, queue: BullQueue, id: string): Promise<boolean> {
  const job = queue.toKey(id);
  const replies = await client.multi()
    .lrem(queue.toKey("active"), 0, id)
    .srem(queue.toKey("stalled"), id)
    .del(job, `${job}:lock`)
    .exec() ?? [];
  return replies[0]?.[1] !== 0;
}
