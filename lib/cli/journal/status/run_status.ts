/**
 * What a journal tells of its run.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { hostname } from "node:os";
import process from "node:process";
import { allChunks } from "../rows/segment_rows.ts";
import { allFailures, type Failure } from "../rows/failure_rows.ts";
import type { RunRow } from "../rows/run_row.ts";
import { type Quantiles, RunTimes } from "./run_times.ts";
import type { Session } from "../rows/sessions.ts";

/** A process that is silent for so long, in milliseconds, may be suspended. It writes once a second. */
const SILENT = 5_000;

/** How many kinds of errors are told. */
const MOST_ERRORS = 20;

/** How far a run is; written as it is by `status --json`. */
export interface RunStatus {
  state: "running" | "stopped" | "finished";
  module: string;
  /** Times as ISO 8601. */
  started: string;
  finished: string | null;
  /** The process that runs it, or ran it last; null while one that goes on with it is just starting. */
  process: { pid: number; host: string; since: string } | null;
  /** How often the run was begun or resumed. */
  sessions: number;
  /** When the process wrote last; while it runs that is a second ago, unless it is suspended. */
  updated: string;
  /** Inputs with an outcome; those that the input does not have any more are in `kept` instead. */
  done: number;
  ok: number;
  failed: number;
  /** Outcomes without an input, as of the last session that read all of the input. */
  kept: number;
  /** Attempts beyond the first, of all inputs that have an outcome. */
  retries: number;
  /** Tasks on workers; none where nothing runs. */
  inFlight: number;
  /** Inputs in all, if that is known or can be guessed from the size of the input. */
  total: number | null;
  totalIsExact: boolean;
  /** `done / total`, from 0 to 1. */
  share: number | null;
  /** How long the rest takes at the rate of the last minute; null where nothing runs or that is not known. */
  leftMs: number | null;
  /** Inputs per second over the last minute; where nothing runs, the last minute in which there were any. */
  rate: number;
  /** The same over the whole run, without pauses of more than a minute. */
  meanRate: number;
  /** When the last input ended. */
  lastOutcome: string | null;
  /** Running times in milliseconds; none before the first input is done. */
  ms: Quantiles | null;
  slowest: { line: number; ms: number }[];
  /** By name and message, the most frequent first; twenty at most. */
  errors: { name: string; message: string; count: number; line: number }[];
}

/** What a status is made of. */
interface StatusInit {
  db: DatabaseSync;
  run: RunRow;
  /** The oldest first. */
  sessions: Session[];
  running: boolean;
  now: number;
}

/** Reads the outcomes in one go. */
export function readStatus({ db, run, sessions, running, now }: StatusInit): RunStatus {
  const times = new RunTimes();
  let retries = 0;
  for (const { chunk } of allChunks(db)) {
    times.addChunk(chunk);
    for (let at = 0; at < chunk.count; at++) retries += Math.max(0, chunk.attempts(at) - 1);
  }
  const found = { ok: times.count, failed: 0 };
  const errors = new Map<string, RunStatus["errors"][number]>();
  for (const failure of allFailures(db)) {
    times.add(failure);
    retries += Math.max(0, failure.attempts - 1);
    found.failed++;
    countError(errors, failure);
  }
  const last = sessions.at(-1)!;
  const kept = sessions.findLast((session) => session.kept !== null)?.kept ?? { ok: 0, failed: 0 };
  const ok = Math.max(0, found.ok - kept.ok);
  const failed = Math.max(0, found.failed - kept.failed);
  const done = ok + failed;
  const state = running ? "running" : run.finished === null ? "stopped" : "finished";
  const total = totalOf(sessions, done);
  const rate = running ? times.rateAt(now, last.started) : times.rate();
  return {
    state,
    module: run.module,
    started: iso(run.started),
    finished: state === "finished" ? iso(run.finished!) : null,
    process: running && isGone(last) ? null : { pid: last.pid, host: last.host, since: iso(last.started) },
    sessions: sessions.length,
    updated: iso(last.at),
    done,
    ok,
    failed,
    kept: kept.ok + kept.failed,
    retries,
    inFlight: running ? last.inFlight : 0,
    ...total,
    share: total.total === null ? null : total.total === 0 ? 1 : Math.min(1, done / total.total),
    leftMs: running && now - last.at <= SILENT && total.total !== null && rate > 0
      ? Math.round(Math.max(0, total.total - done) / rate * 1_000)
      : null,
    rate,
    meanRate: times.meanRate(),
    lastOutcome: times.last === undefined ? null : iso(times.last),
    ms: times.quantiles(),
    slowest: times.slowest,
    errors: [...errors.values()].sort((one, other) => other.count - one.count || one.line - other.line)
      .slice(0, MOST_ERRORS),
  };
}

/** Whether the process that runs it has been silent for longer than it should be. */
export function isSilent({ state, updated }: RunStatus, now: number): boolean {
  return state === "running" && now - Date.parse(updated) > SILENT;
}

/** How many inputs there are: as the last session that read all of it knows, unless a later one knows of more. */
function totalOf(sessions: Session[], done: number): Pick<RunStatus, "total" | "totalIsExact"> {
  const known = sessions.findLast(({ total }) => total !== null);
  if (!known) return { total: null, totalIsExact: false };
  if (known.totalIsExact) return { total: known.total, totalIsExact: true };
  return { total: Math.max(known.total!, done), totalIsExact: false };
}

function countError(errors: Map<string, RunStatus["errors"][number]>, { error, line }: Failure): void {
  const { name, message } = error ?? { name: "Error", message: "not known" };
  const key = `${name}\n${message}`;
  const group = errors.get(key);
  if (!group) return void errors.set(key, { name, message, count: 1, line });
  group.count++;
  group.line = Math.min(group.line, line);
}

/** Whether the process of a session is no more; of one on another machine that is known only if it said so. */
function isGone({ ended, host, pid }: Session): boolean {
  if (ended !== null) return true;
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
