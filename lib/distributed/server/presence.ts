/**
 * A worker's entry in the roster, which it renews every two seconds, and the notes that producers leave for it.
 *
 * @module
 */

import type { Broker } from "../broker/broker.ts";
import { type Note, noteSchema, parseRecord, type WorkerRecord } from "../broker/protocol.ts";

/** How long a worker that is not heard of stays in the roster, in milliseconds: five of its looks. */
const LASTS = 10_000;

/**
 * How long it stays known that a worker drains after its locks have run out twice, in milliseconds: producers have looked at
 * its jobs by then. A guess.
 */
const SEEN = 60_000;

/**
 * Enters a worker, or renews its entry, and resolves with the notes for it. `lockDuration` is how long it may be silent before
 * its jobs go to others, in milliseconds.
 */
export async function announce(
  { client, keys }: Broker,
  record: WorkerRecord,
  lockDuration: number,
): Promise<Note[]> {
  const { id } = record;
  const work = client.multi()
    .sadd(keys.workers, id)
    .set(keys.worker(id), JSON.stringify(record), "PX", LASTS)
    .lpop(keys.notes(id), 20);
  if (record.draining) work.set(keys.draining(id), "1", "PX", 2 * lockDuration + SEEN);
  const replies = await work.exec() ?? [];
  const failed = replies.find(([error]) => error);
  if (failed) throw failed[0];
  const texts = (replies[2]?.[1] ?? []) as string[];
  return texts.map((text) => parseRecord(noteSchema, text)).filter((note) => note !== undefined);
}

/** Takes a worker out of the roster. */
export async function leave({ client, keys }: Broker, id: string): Promise<void> {
  await client.multi().srem(keys.workers, id).del(keys.worker(id), keys.notes(id), keys.draining(id)).exec();
}

/** Number of tasks per second, from look to look. */
export class RateMeter {
  perSecond = 0;
  #tasks = 0;
  #at = performance.now();

  /** `tasks` is the number of tasks so far. Looks within a second of the last one do not count. */
  look(tasks: number, now = performance.now()): void {
    const seconds = (now - this.#at) / 1_000;
    if (seconds <= 1) return;
    this.perSecond = (tasks - this.#tasks) / seconds;
    [this.#tasks, this.#at] = [tasks, now];
  }
}
