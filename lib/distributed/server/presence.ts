/**
 * A worker's place on the queue: it says every two seconds that it is there, and hears what producers have to say to it.
 *
 * @module
 */

import type { Broker } from "../broker/broker.ts";
import { type Note, noteSchema, parseRecord, type WorkerRecord } from "../broker/protocol.ts";

/** A worker that is not heard of for so long is gone, in milliseconds. */
const LASTS = 10_000;

/** Producers have looked at what a worker had that is gone, once its lock has run out, by then, in milliseconds. */
const SEEN = 60_000;

/**
 * Writes down that a worker is there; resolves with the notes for it. `lockDuration` is how long it may be silent before others
 * get what it has, in milliseconds.
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

/** Takes it off. */
export async function leave({ client, keys }: Broker, id: string): Promise<void> {
  await client.multi().srem(keys.workers, id).del(keys.worker(id), keys.notes(id), keys.draining(id)).exec();
}
