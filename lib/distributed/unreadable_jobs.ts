/**
 * Removes jobs that BullMQ cannot read: it takes them from the queue, fails at their text, and leaves them active for ever.
 *
 * @module
 */

import type { Broker } from "./broker.ts";
import type { BullQueue } from "./bullmq.ts";

/** The fields of a job that BullMQ parses. */
const PARSED = ["data", "opts"];

/** Removes those of a queue, except the jobs in `held`, and resolves with their number. */
export async function removeUnreadable(
  { client }: Broker,
  queue: BullQueue,
  held: { has(id: string): boolean },
): Promise<number> {
  let removed = 0;
  for (const id of await client.lrange(queue.toKey("active"), 0, -1)) {
    if (held.has(id)) continue;
    const job = queue.toKey(id);
    const texts = await client.hmget(job, ...PARSED);
    if (texts.every(isReadable)) continue;
    const replies = await client.multi()
      .lrem(queue.toKey("active"), 0, id)
      .srem(queue.toKey("stalled"), id)
      .del(job, `${job}:lock`)
      .exec() ?? [];
    // Another worker may have been here before.
    if (replies[0]?.[1] !== 0) removed++;
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
