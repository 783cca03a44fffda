/**
 * The versions of modules that a queue has jobs of. BullMQ keeps some keys for each for ever: what was not in use for an
 * hour, or is left by the last who used it, is removed.
 *
 * @module
 */

import type { Broker } from "./broker.ts";
import { liveRuns, liveWorkers } from "./roster.ts";

/** A version counts as in use for so long after it was, in milliseconds. */
const LASTS = 3_600_000;

/** What BullMQ makes beside the jobs of a queue. */
const PARTS = [
  ...["wait", "paused", "active", "prioritized", "delayed", "completed", "failed", "waiting-children"],
  ...["meta", "id", "events", "stalled", "stalled-check", "marker", "pc", "limiter"],
];

/** Writes down that a version is in use, and limits BullMQ's events again, should Redis have lost that. */
export async function useVersion({ client, keys, eventLimit }: Broker, fingerprint: string): Promise<void> {
  const [field, events] = eventLimit;
  const work = client.multi()
    .sadd(keys.versions, fingerprint)
    .set(keys.version(fingerprint), "1", "PX", LASTS);
  for (const queue of keys.queues(fingerprint)) work.hset(`${queue}:meta`, field, events);
  const failed = (await work.exec() ?? []).find(([error]) => error);
  if (failed) throw failed[0];
}

/** Removes the queues of versions that were not in use for an hour. */
export async function sweepVersions(broker: Broker): Promise<void> {
  const { client, keys } = broker;
  for (const fingerprint of await client.smembers(keys.versions)) {
    if (await client.exists(keys.version(fingerprint)) === 0) await remove(broker, fingerprint);
  }
}

/** Removes a version's queues if no live run or worker uses them. A run or worker calls this after it has left. */
export async function retireVersion(broker: Broker, fingerprint: string): Promise<void> {
  const there = [...await liveWorkers(broker), ...await liveRuns(broker)];
  if (there.some((one) => one.fingerprint === fingerprint)) return;
  await remove(broker, fingerprint);
}

async function remove(broker: Broker, fingerprint: string): Promise<void> {
  const { client, keys } = broker;
  for (const queue of keys.queues(fingerprint)) {
    const ids = await Promise.all([
      ...["wait", "paused", "active"].map((part) => client.lrange(`${queue}:${part}`, 0, -1)),
      ...["completed", "failed", "delayed", "prioritized"].map((part) =>
        client.zrange(`${queue}:${part}`, 0, -1)
      ),
    ]);
    const jobs = ids.flat().flatMap((id) => [`${queue}:${id}`, `${queue}:${id}:lock`, keys.parts(id)]);
    await removeAll(broker, [...jobs, ...PARTS.map((part) => `${queue}:${part}`)]);
  }
  await client.multi().srem(keys.versions, fingerprint).del(keys.version(fingerprint)).exec();
}

/** Some at a time, because Redis does nothing else meanwhile. */
async function removeAll({ client }: Broker, all: string[]): Promise<void> {
  for (let at = 0; at < all.length; at += 500) await client.unlink(all.slice(at, at + 500));
}
