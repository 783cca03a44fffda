/**
 * Tracks the versions of modules that have jobs on a queue. BullMQ keeps some keys of each version for ever. Therefore a version is removed
 * when its last run or worker leaves. If that one was killed, Redis removes its keys after an hour, or the next run or worker does.
 */

import type { Broker } from "./broker.ts";
import { KEYS_LAST } from "./names.ts";
import { liveRuns, liveWorkers } from "./roster.ts";

/** The keys of a BullMQ queue that stay for ever, except its jobs. */
const LASTING = [
  ...["wait", "paused", "active", "prioritized", "delayed", "completed", "failed", "waiting-children"],
  ...["meta", "id", "events", "stalled", "marker", "pc"],
];

/** Keys that BullMQ lets expire. If one of them stayed longer, BullMQ would stop looking for stalled jobs. */
const PASSING = ["stalled-check", "limiter"];

/**
 * Marks a version and these pools of it as in use, and renews their keys. Limits BullMQ's event stream again, in case Redis has lost the
 * limit.
 */
export async function useVersion(
  { client, keys, eventLimit }: Broker,
  fingerprint: string,
  pools: readonly string[],
): Promise<void> {
  const [field, events] = eventLimit;
  const work = client.multi()
    .sadd(keys.versions, fingerprint)
    .pexpire(keys.versions, KEYS_LAST)
    .sadd(keys.pools(fingerprint), ...pools)
    .pexpire(keys.pools(fingerprint), KEYS_LAST)
    .set(keys.version(fingerprint), "1", "PX", KEYS_LAST);
  for (const queue of keys.queues(fingerprint, pools)) {
    work.hset(`${queue}:meta`, field, events);
    for (const part of LASTING) work.pexpire(`${queue}:${part}`, KEYS_LAST);
  }
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

/**
 * Removes a version if no run or worker uses it. Runs and workers call this after they have left. The keys of other
 * versions that nobody uses get an hour, because their users may only be out of reach.
 */
export async function retireVersion(broker: Broker, own: string): Promise<void> {
  const { client, keys } = broker;
  const users = [...await liveWorkers(broker), ...await liveRuns(broker)];
  const used = new Set(users.map(({ fingerprint }) => fingerprint));
  for (const fingerprint of new Set([own, ...await client.smembers(keys.versions)])) {
    if (used.has(fingerprint)) continue;
    if (fingerprint === own) await remove(broker, own);
    else {
      const lasting = await lastingOf(broker, fingerprint, await poolsOf(broker, fingerprint));
      await inGroups(lasting, (some) => expire(broker, some));
    }
  }
}

async function remove(broker: Broker, fingerprint: string): Promise<void> {
  const { client, keys } = broker;
  const pools = await poolsOf(broker, fingerprint);
  const lasting = await lastingOf(broker, fingerprint, pools);
  const passing = keys.queues(fingerprint, pools).flatMap((queue) =>
    PASSING.map((part) => `${queue}:${part}`)
  );
  // Jobs have locks, which expire as well.
  const all = [...lasting, ...lasting.map((key) => `${key}:lock`), ...passing];
  await inGroups(all, (some) => client.unlink(some));
  await client.multi().srem(keys.versions, fingerprint).del(
    keys.version(fingerprint),
    keys.pools(fingerprint),
  ).exec();
}

async function expire({ client }: Broker, keys: string[]): Promise<void> {
  const pipeline = client.pipeline();
  for (const key of keys) pipeline.pexpire(key, KEYS_LAST);
  await pipeline.exec();
}

/** Returns the names of the pools that may have jobs of a version. */
export async function poolsOf({ client, keys }: Broker, fingerprint: string): Promise<string[]> {
  return [...new Set(["", ...await client.smembers(keys.pools(fingerprint))])];
}

/** Returns all keys of a version and these pools that do not expire by themselves. */
async function lastingOf({ client, keys }: Broker, fingerprint: string, pools: string[]): Promise<string[]> {
  const all: string[] = [];
  for (const queue of keys.queues(fingerprint, pools)) {
    const ids = await Promise.all([
      ...["wait", "paused", "active"].map((part) => client.lrange(`${queue}:${part}`, 0, -1)),
      ...["completed", "failed", "delayed", "prioritized"].map((part) =>
        client.zrange(`${queue}:${part}`, "0", "-1")
      ),
    ]);
    all.push(...ids.flat().flatMap((id) => [`${queue}:${id}`, ...keys.listsOf(id)]));
    all.push(...LASTING.map((part) => `${queue}:${part}`));
  }
  return all;
}

/** Does something to keys in groups, because Redis does nothing else during one command. */
async function inGroups(all: string[], work: (some: string[]) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < all.length; at += 500) await work(all.slice(at, at + 500));
}
