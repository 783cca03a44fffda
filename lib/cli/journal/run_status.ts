/**
 * What a journal tells of its run.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { z } from "npm:zod@4.6.7";
import { allChunks } from "./chunk_store.ts";
import type { RunRow } from "./journal_file.ts";
import { type Quantiles, RunTimes } from "./run_times.ts";

/** How far a run is; written as it is by `status --json`. */
export interface RunStatus {
  state: "running" | "stopped" | "finished";
  module: string;
  /** Times as ISO 8601. */
  started: string;
  finished: string | null;
  done: number;
  ok: number;
  failed: number;
  /** Inputs per second, over the last minute in which there were any. */
  rate: number;
  /** The same over the whole run, without pauses of more than a minute. */
  meanRate: number;
  /** Running times in milliseconds; none before the first input is done. */
  ms: Quantiles | null;
  slowest: { line: number; ms: number }[];
  /** By name and message, the most frequent first; twenty at most. */
  errors: { name: string; message: string; count: number; line: number }[];
}

const failureRow = z.object({ line: z.number(), ms: z.number(), at: z.number() });
const group = z.object({ name: z.string(), message: z.string(), count: z.number(), line: z.number() });

/** Reads it all in one go, so that the figures belong together. */
export function readStatus(db: DatabaseSync, run: RunRow, running: boolean): RunStatus {
  db.exec("BEGIN");
  const times = new RunTimes();
  for (const { chunk } of allChunks(db)) times.addChunk(chunk);
  const ok = times.count;
  for (const row of z.array(failureRow).parse(db.prepare("SELECT line, ms, at FROM failures").all())) {
    times.add(row);
  }
  const errors = db.prepare(`
    SELECT json_extract(error, '$.name') AS name, json_extract(error, '$.message') AS message,
      count(*) AS count, min(line) AS line
    FROM failures GROUP BY 1, 2 ORDER BY 3 DESC, 4 LIMIT 20`).all();
  const state = running ? "running" : run.finished === null ? "stopped" : "finished";
  return {
    state,
    module: run.module,
    started: new Date(run.started).toISOString(),
    finished: state === "finished" ? new Date(run.finished!).toISOString() : null,
    done: times.count,
    ok,
    failed: times.count - ok,
    rate: times.rate(),
    meanRate: times.meanRate(),
    ms: times.quantiles(),
    slowest: times.slowest,
    errors: z.array(group).parse(errors),
  };
}
