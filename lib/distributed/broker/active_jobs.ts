/** Removes jobs that BullMQ lists as active although no worker has them. */

import type { Broker } from "./broker.ts";
import type { BullQueue } from "./bullmq.ts";

/** Removes an active job with its lock. Resolves with false if another worker has already removed it. */
export async function removeActive({ client }: Broker, queue: BullQueue, id: string): Promise<boolean> {
  const job = queue.toKey(id);
  const replies = await client.multi()
    .lrem(queue.toKey("active"), 0, id)
    .srem(queue.toKey("stalled"), id)
    .del(job, `${job}:lock`)
    .exec() ?? [];
  return replies[0]?.[1] !== 0;
}
