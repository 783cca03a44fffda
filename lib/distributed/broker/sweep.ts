/**
 * Removes jobs that have ended and whose producer is gone: a run that is resumed adds its job chunks anew.
 *
 * @module
 */

import type { Broker } from "./broker.ts";
import type { BullQueue } from "./bullmq.ts";
import { partsOfJobId } from "./names.ts";

/** Maximum number of jobs per sweep and queue: Redis does nothing else meanwhile. */
const MOST = 500;

/** Removes such jobs of these queues. */
export async function sweep({ client, keys }: Broker, queues: BullQueue[]): Promise<void> {
  for (const queue of queues) {
    const ids = await queue.getRanges(["completed", "failed"], 0, MOST, true);
    for (const id of ids) {
      const parts = partsOfJobId(id);
      // A job with any other id belongs to no producer.
      const holder = parts && await client.get(keys.lock(parts.run));
      if (parts && holder === parts.token) continue;
      if (await queue.remove(id) === 1) await client.del(keys.parts(id));
    }
  }
}
