/**
 * Who is there: the workers of a queue, and its runs.
 *
 * @module
 */

import type { Broker } from "./broker.ts";
import { parseRecord, type RunRecord, runSchema, type WorkerRecord, workerSchema } from "./protocol.ts";

/** The workers that are alive. */
export async function liveWorkers(broker: Broker): Promise<WorkerRecord[]> {
  const { keys } = broker;
  return await live(broker, keys.workers, (id) => keys.worker(id), workerSchema);
}

/** The runs that have a producer. */
export async function liveRuns(broker: Broker): Promise<RunRecord[]> {
  const { keys } = broker;
  return await live(broker, keys.runs, (id) => keys.about(id), runSchema);
}

/** Ids whose records have expired are of those that are gone. */
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
  // A client that may only read leaves them.
  if (gone.length > 0) await client.srem(set, ...gone).catch(() => {});
  return texts.map((text) => parseRecord(schema, text)).filter((record) => record !== undefined);
}
