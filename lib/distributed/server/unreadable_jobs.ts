/** Removes jobs that BullMQ cannot parse. BullMQ takes such a job from the queue, fails to parse it, and leaves it active for ever. */

import { removeActive } from "../broker/active_jobs.ts";
import type { Broker } from "../broker/broker.ts";
import type { BullQueue } from "../broker/bullmq.ts";

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
