/** The roster of a queue: its present workers and runs. A worker enters itself through `server/presence.ts`. */

import type { Broker } from "./broker.ts";
import { KEYS_LAST } from "./names.ts";
import { parseRecord, type RunRecord, runSchema, type WorkerRecord, workerSchema } from "./protocol.ts";

/** How long the entry of a run or a worker stays without a renewal, in milliseconds: five of its checks. */
export const ENTRY_LASTS = 10_000;

export async function liveWorkers(broker: Broker): Promise<WorkerRecord[]> {
  const { keys } = broker;
  return await live(broker, keys.workers, (id) => keys.worker(id), workerSchema);
}

/** Returns the runs whose producers are present. */
export async function liveRuns(broker: Broker): Promise<RunRecord[]> {
  const { keys } = broker;
  return await live(broker, keys.runs, (id) => keys.about(id), runSchema);
}

/** Returns the runs of one version of a module. */
export async function runsOf(broker: Broker, fingerprint: string): Promise<RunRecord[]> {
  return (await liveRuns(broker)).filter((run) => run.fingerprint === fingerprint);
}

/** Returns the entry of a run; undefined if there is none. It expires some seconds after its producer has gone. */
export async function runOf({ client, keys }: Broker, run: string): Promise<RunRecord | undefined> {
  return parseRecord(runSchema, await client.get(keys.about(run)));
}

/** Enters a run, or renews its entry. */
export async function publishRun({ client, keys }: Broker, record: RunRecord): Promise<void> {
  const { run } = record;
  await client.pipeline()
    .sadd(keys.runs, run)
    .pexpire(keys.runs, KEYS_LAST)
    .set(keys.about(run), JSON.stringify(record), "PX", ENTRY_LASTS)
    .exec();
}

/** Removes a run's entry, the news that workers have sent it, and an operator's order. */
export async function leaveRoster({ client, keys }: Broker, run: string): Promise<void> {
  await client.srem(keys.runs, run);
  await client.del(keys.wake(run), keys.starts(run), keys.about(run), keys.paused(run));
}

/** Returns the records for the ids in a set. Removes ids whose records have expired. */
async function live<T>(
  { client }: Broker,
  set: string,
  keyOf: (id: string) => string,
  schema: Parameters<typeof parseRecord<T>>[0],
): Promise<T[]> {
  const ids = (await client.smembers(set)).sort();
  if (ids.length === 0) return [];
  const texts = await client.mget(ids.map(keyOf));
  const gone = ids.filter((_, at) => texts[at] === null);
  // A client that may only read cannot remove them.
  if (gone.length > 0) await client.srem(set, ...gone).catch(() => {});
  return texts.map((text) => parseRecord(schema, text)).filter((record) => record !== undefined);
}
