/**
 * Tracks the versions of modules that have jobs on a queue. BullMQ keeps some keys of each version for ever. Therefore
 * a version is removed when its last run or worker leaves, or after an hour without use.
 *
 * @module
 */

import type { Broker } from "./broker.ts";
import { liveRuns, liveWorkers } from "./roster.ts";

/** How long a version counts as in use after its last renewal, in milliseconds. */
const LASTS = 3_600_000;

/** The keys of a BullMQ queue, except its jobs. */
const PARTS = [
  ...["wait", "paused", "active", "prioritized", "delayed", "completed", "failed", "waiting-children"],
  ...["meta", "id", "events", "stalled", "stalled-check", "marker", "pc", "limiter"],
];

/** Marks a version as in use. Limits BullMQ's event stream again, in case Redis has lost the limit. */
export async function useVersion({ client, keys, eventLimit }: Broker, fingerprint: string): Promise<void> {
  const [field, events] = eventLimit;
  const work = client.multi()
    .sadd(keys.versions, fingerprint)
    .set(keys.version(fingerprint), "1", "PX", LASTS);
  for (const queue of keys.queues(fingerprint)) work.hset(`${queue}:meta`, field, events);
  const failed = (await work.exec() ?? []).find(([error]) => error);
  if (failed) throw failed[0];
}

/** Removes versions that were not used for an hour. */
export async function sweepVersions(broker: Broker): Promise<void> {
  const { client, keys } = broker;
  for (const fingerprint of await client.smembers(keys.versions)) {
    if (await client.exists(keys.version(fingerprint)) === 0) await remove(broker, fingerprint);
  }
}

/** Removes a version if no run or worker uses it. Runs and workers call this after they have left. */
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

/** Removes keys in groups, because Redis does nothing else during one command. */
async function removeAll({ client }: Broker, all: string[]): Promise<void> {
  for (let at = 0; at < all.length; at += 500) await client.unlink(all.slice(at, at + 500));
}
