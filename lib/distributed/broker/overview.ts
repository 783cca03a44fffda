/** Counts the jobs, workers and runs of a queue for `polyloop top`. */

import type { Broker } from "./broker.ts";
import { brokerError } from "./errors.ts";
import type { RunRecord, WorkerRecord } from "./protocol.ts";
import { pausedRuns } from "./orders.ts";
import { liveRuns, liveWorkers } from "./roster.ts";
import { poolsOf } from "./versions.ts";

/** The state of a queue at one moment. */
export interface Overview {
  runs: (RunRecord & { paused: boolean })[];
  workers: WorkerRecord[];
  /** Number of job chunks in each state. */
  backlog: { waiting: number; active: number; completed: number; failed: number };
  /** Number of inputs that run alone, because two workers were lost with their job chunk. */
  quarantine: number;
  /** Memory that Redis uses in total, in bytes. */
  memory: number;
  /** Why the broker accepts no writes. Left out if it accepts them. */
  trouble?: string;
}

/** Reads the state of a queue. */
export async function overviewOf(broker: Broker): Promise<Overview> {
  const [records, workers, info, trouble] = await Promise.all([
    liveRuns(broker),
    liveWorkers(broker),
    broker.info("memory"),
    troubleOf(broker),
  ]);
  const paused = await pausedRuns(broker, records.map(({ run }) => run));
  const runs = records.map((record) => ({ ...record, paused: paused.has(record.run) }));
  const versions = [...new Set([...runs, ...workers].map(({ fingerprint }) => fingerprint))];
  const backlog = { waiting: 0, active: 0, completed: 0, failed: 0 };
  let quarantine = 0;
  for (const version of versions) {
    for (const pool of await poolsOf(broker, version)) {
      const queues = broker.queues(version, { pool, readOnly: true });
      const counts = await queues.chunks.getJobCounts("waiting", "active", "completed", "failed");
      for (const state of ["waiting", "active", "completed", "failed"] as const) {
        backlog[state] += counts[state];
      }
      const alone = await queues.quarantine.getJobCounts("waiting", "active");
      quarantine += alone.waiting + alone.active;
    }
  }
  const memory = Number(info.get("used_memory") ?? 0);
  return { runs, workers, backlog, quarantine, memory, ...(trouble !== undefined && { trouble }) };
}

async function troubleOf({ client, keys, label }: Broker): Promise<string | undefined> {
  try {
    await client.set(keys.probe, "1", "PX", 1_000);
    return undefined;
  } catch (error) {
    const { trouble, message } = brokerError(error, label);
    // A user who may only read is not a problem of the broker.
    return trouble === "refused" ? undefined : message;
  }
}
