/**
 * Removes what runs have left behind whose producer is gone: a run that is resumed adds its chunks anew.
 *
 * @module
 */

import type { Broker } from "./broker.ts";
import type { BullQueue } from "./bullmq.ts";
import { partsOfJobId } from "./names.ts";

/** So many jobs are looked at in one go. */
const MOST = 500;

/** Looks at jobs that have ended. */
export async function sweep({ client, keys }: Broker, queues: BullQueue[]): Promise<void> {
  for (const queue of queues) {
    const ids = await queue.getRanges(["completed", "failed"], 0, MOST, true);
    for (const id of ids) {
      const parts = partsOfJobId(id);
      // A job by another name is nobody's.
      const holder = parts && await client.get(keys.lock(parts.run));
      if (parts && holder === parts.token) continue;
      if (await queue.remove(id) === 1) await client.del(keys.parts(id));
    }
  }
}
