/** What an operator asks of runs and workers, as a user of `polyloop top` does. They obey at their next check. */

import type { Broker } from "./broker.ts";
import { hostName } from "./host_name.ts";
import { KEYS_LAST } from "./names.ts";
import type { DrainOrder } from "./protocol.ts";

/** Pauses a run: it sends no more inputs until {@link letGoOn}. The order ends with the run. */
export async function pauseRun({ client, keys }: Broker, run: string): Promise<void> {
  await client.set(keys.paused(run), hostName(), "PX", KEYS_LAST);
}

export async function letGoOn({ client, keys }: Broker, run: string): Promise<void> {
  await client.del(keys.paused(run));
}

export async function pausedRuns({ client, keys }: Broker, runs: string[]): Promise<Set<string>> {
  if (runs.length === 0) return new Set();
  const marks = await client.mget(runs.map((run) => keys.paused(run)));
  return new Set(runs.filter((_, at) => marks[at] !== null));
}

/** Returns who has paused a run, and renews the order, which would expire; undefined if nobody has. */
export async function pauserOf({ client, keys }: Broker, run: string): Promise<string | undefined> {
  const key = keys.paused(run);
  const by = await client.get(key);
  if (by !== null) await client.pexpire(key, KEYS_LAST);
  return by ?? undefined;
}

/** Asks a worker to drain, as SIGTERM does. */
export async function drainWorker({ client, keys }: Broker, worker: string): Promise<void> {
  const order: DrainOrder = { drain: true, from: hostName() };
  const key = keys.notes(worker);
  await client.multi().rpush(key, JSON.stringify(order)).pexpire(key, KEYS_LAST).exec();
}
