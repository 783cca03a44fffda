/** A worker's entry in the roster, which it renews every two seconds. Also reads what producers and operators leave for it. */

import type { Broker } from "../broker/broker.ts";
import {
  type DrainOrder,
  messageSchema,
  type Note,
  parseRecord,
  type WorkerRecord,
} from "../broker/protocol.ts";
import { KEYS_LAST } from "../broker/names.ts";
import { ENTRY_LASTS } from "../broker/roster.ts";

/**
 * How long it stays known that a worker drains, after its locks have expired twice, in milliseconds. A guess: producers
 * have checked its jobs by then.
 */
const SEEN = 60_000;

/**
 * Enters a worker or renews its entry, and resolves with the messages for it. `lockDuration` is how long the worker may be
 * silent before its jobs go to other workers, in milliseconds.
 */
export async function announce(
  { client, keys }: Broker,
  record: WorkerRecord,
  lockDuration: number,
): Promise<(Note | DrainOrder)[]> {
  const { id } = record;
  const work = client.multi()
    .sadd(keys.workers, id)
    .set(keys.worker(id), JSON.stringify(record), "PX", ENTRY_LASTS)
    .lpop(keys.notes(id), 20)
    .pexpire(keys.workers, KEYS_LAST);
  if (record.draining) work.set(keys.draining(id), "1", "PX", 2 * lockDuration + SEEN);
  const replies = await work.exec() ?? [];
  const failed = replies.find(([error]) => error);
  if (failed) throw failed[0];
  const texts = (replies[2]?.[1] ?? []) as string[];
  return texts.map((text) => parseRecord(messageSchema, text)).filter((message) => message !== undefined);
}

export async function leave({ client, keys }: Broker, id: string): Promise<void> {
  await client.multi().srem(keys.workers, id).del(
    keys.worker(id),
    keys.notes(id),
    keys.draining(id),
    keys.grants(id),
  )
    .exec();
}

/** Measures tasks per second, from check to check. */
export class RateMeter {
  perSecond = 0;
  #tasks = 0;
  #at = performance.now();

  /** `tasks` is the total number of tasks. Checks within a second of the last one are ignored. */
  look(tasks: number, now = performance.now()): void {
    const seconds = (now - this.#at) / 1_000;
    if (seconds <= 1) return;
    this.perSecond = (tasks - this.#tasks) / seconds;
    [this.#tasks, this.#at] = [tasks, now];
  }
}
