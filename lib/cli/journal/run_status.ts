/**
 * What a journal tells of its run.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { z } from "npm:zod@4.6.7";
import type { RunRow } from "./journal_file.ts";

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
  /** Running times in milliseconds; none before the first input is done. */
  ms: { p50: number; p90: number; p99: number; max: number } | null;
  slowest: { line: number; ms: number }[];
  /** By name and message, the most frequent first; twenty at most. */
  errors: { name: string; message: string; count: number; line: number }[];
}

const counts = z.object({ done: z.number(), ok: z.number(), last: z.number() });
const slow = z.object({ line: z.number(), ms: z.number() });
const group = z.object({ name: z.string(), message: z.string(), count: z.number(), line: z.number() });

const MINUTE = 60_000;

/** Reads it all in one go, so that the figures belong together. */
export function readStatus(db: DatabaseSync, run: RunRow, running: boolean): RunStatus {
  db.exec("BEGIN");
  const { done, ok, last } = counts.parse(
    db.prepare("SELECT count(*) AS done, ifnull(sum(ok), 0) AS ok, ifnull(max(at), 0) AS last FROM inputs")
      .get(),
  );
  const slowest = db.prepare("SELECT line, ms FROM inputs ORDER BY ms DESC LIMIT 5").all();
  const errors = db.prepare(`
    SELECT json_extract(error, '$.name') AS name, json_extract(error, '$.message') AS message,
      count(*) AS count, min(line) AS line
    FROM inputs WHERE ok = 0 GROUP BY 1, 2 ORDER BY 3 DESC, 4 LIMIT 20`).all();
  const state = running ? "running" : run.finished === null ? "stopped" : "finished";
  return {
    state,
    module: run.module,
    started: new Date(run.started).toISOString(),
    finished: state === "finished" ? new Date(run.finished!).toISOString() : null,
    done,
    ok,
    failed: done - ok,
    rate: rateOf(db, last),
    ms: done === 0 ? null : {
      p50: timeAt(db, done, 0.5),
      p90: timeAt(db, done, 0.9),
      p99: timeAt(db, done, 0.99),
      max: timeAt(db, done, 1),
    },
    slowest: z.array(slow).parse(slowest),
    errors: z.array(group).parse(errors),
  };
}

function rateOf(db: DatabaseSync, last: number): number {
  const { done, first } = z.object({ done: z.number(), first: z.number().nullable() }).parse(
    db.prepare("SELECT count(*) AS done, min(at) AS first FROM inputs WHERE at > ?").get(last - MINUTE),
  );
  const ms = last - (first ?? last);
  return ms === 0 ? 0 : Math.round(done / ms * 10_000) / 10;
}

function timeAt(db: DatabaseSync, count: number, part: number): number {
  const place = Math.max(0, Math.ceil(count * part) - 1);
  return z.object({ ms: z.number() }).parse(
    db.prepare("SELECT ms FROM inputs ORDER BY ms LIMIT 1 OFFSET ?").get(place),
  ).ms;
}
