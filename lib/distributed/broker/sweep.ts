/** Removes ended jobs whose producer is gone. If such a run is resumed, it adds its job chunks again. */

import type { Broker } from "./broker.ts";
import type { BullQueue } from "./bullmq.ts";
import { partsOfJobId } from "./names.ts";

/** Maximum number of jobs per sweep and queue. Redis does nothing else during a sweep. */
const MOST = 500;

/** Removes ended jobs without a producer from these queues. */
export async function sweep({ client, keys }: Broker, queues: BullQueue[]): Promise<void> {
  for (const queue of queues) {
    const ids = await queue.getRanges(["completed", "failed"], 0, MOST, true);
    for (const id of ids) {
      const parts = partsOfJobId(id);
      // A job with another kind of id belongs to no producer.
      const holder = parts && await client.get(keys.lock(parts.run));
      if (parts && holder === parts.token) continue;
      if (await queue.remove(id) === 1) await client.del(keys.listsOf(id));
    }
  }
}
