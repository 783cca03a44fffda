/** The status of a run by its journal, for `polyloop status`. */

import type { DatabaseSync } from "node:sqlite";
import { Sums } from "../../../executor/basics/sums.ts";
import type { SumsByName } from "../../progress/run_sums.ts";
import type { RunRow } from "../rows/run_row.ts";
import { type Quantiles, RunTimes } from "./run_times.ts";
import { isGone, type Session } from "../rows/sessions.ts";
import { type StoredOutcome, storedOutcomes } from "./stored_outcomes.ts";

/**
 * A process that has not written for this long, in milliseconds, may be suspended. A guess: it writes once a second, and later
 * on a busy machine.
 */
const SILENT = 5_000;

const MAX_ERRORS = 20;

/** The status of a run. `status --json` writes it as it is. */
export interface RunStatus {
  state: "running" | "stopped" | "finished";
  module: string;
  started: string;
  finished: string | null;
  /** The process that runs it, or ran it last; null while a process that resumes it is starting. */
  process: { pid: number; host: string; since: string } | null;
  /** Number of sessions: the run, and each resume. */
  sessions: number;
  /** When the process wrote last. A process that runs, and is not suspended, writes once a second. */
  updated: string;
  /** Inputs with an outcome. Outcomes whose input is missing count as `kept` instead. */
  done: number;
  ok: number;
  failed: number;
  /** Outcomes whose input is missing, as the last session knew that read the whole input. */
  kept: number;
  /** Attempts beyond the first, of all inputs with an outcome. */
  retries: number;
  /** What the attempts that gave these outcomes have counted, by name. */
  counts: SumsByName;
  /** What all attempts have counted, by name, as far as their sessions have written it. */
  spent: SumsByName;
  /** Tasks on workers; 0 if the run is not running. */
  inFlight: number;
  /** Inputs in all, or an estimate by the size of the input; null if unknown. */
  total: number | null;
  totalIsExact: boolean;
  /** `done / total`, from 0 to 1. */
  share: number | null;
  /** Time until the end at the rate of the last minute, in milliseconds; null if unknown, or if the run is not running. */
  leftMs: number | null;
  /** Inputs per second in the last minute; if the run is not running, in the last minute with any. */
  rate: number;
  /** Inputs per second in the whole run, without pauses of more than a minute. */
  meanRate: number;
  lastOutcome: string | null;
  /** Percentiles of the running times, in milliseconds; null without outcomes. */
  ms: Quantiles | null;
  slowest: { line: number; ms: number }[];
  /** Errors by name and message, the most frequent first; at most twenty. */
  errors: { name: string; message: string; count: number; line: number }[];
}

interface StatusInit {
  db: DatabaseSync;
  run: RunRow;
  sessions: Session[];
  running: boolean;
  now: number;
}

export function readStatus({ db, run, sessions, running, now }: StatusInit): RunStatus {
  const times = new RunTimes();
  const [counts, spent] = [new Sums(), new Sums()];
  let retries = 0;
  const found = { ok: 0, failed: 0 };
  const errors = new Map<string, RunStatus["errors"][number]>();
  for (const outcome of storedOutcomes(db)) {
    times.add(outcome);
    retries += Math.max(0, outcome.attempts - 1);
    if (outcome.counts) counts.addAll(outcome.counts);
    found[outcome.ok ? "ok" : "failed"]++;
    if (!outcome.ok) countError(errors, outcome);
  }
  for (const session of sessions) spent.addAll(session.spent);
  const last = sessions.at(-1)!;
  const kept = sessions.findLast((session) => session.kept !== null)?.kept ??
    { ok: 0, failed: 0, counts: {} };
  for (const [name, amount] of Object.entries(kept.counts)) counts.add(name, -amount);
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
    process: running && (last.ended !== null || isGone(last))
      ? null
      : { pid: last.pid, host: last.host, since: iso(last.started) },
    sessions: sessions.length,
    updated: iso(last.at),
    done,
    ok,
    failed,
    kept: kept.ok + kept.failed,
    retries,
    counts: counts.toRecord(),
    spent: spent.toRecord(),
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
      .slice(0, MAX_ERRORS),
  };
}

/** Whether the process that runs it has not written for longer than it should. */
export function isSilent({ state, updated }: RunStatus, now: number): boolean {
  return state === "running" && now - Date.parse(updated) > SILENT;
}

/** The number of inputs, as the last session knew that had one; at least as many as have an outcome. */
function totalOf(sessions: Session[], done: number): Pick<RunStatus, "total" | "totalIsExact"> {
  const known = sessions.findLast(({ total }) => total !== null);
  if (!known) return { total: null, totalIsExact: false };
  if (known.totalIsExact) return { total: known.total, totalIsExact: true };
  return { total: Math.max(known.total!, done), totalIsExact: false };
}

function countError(errors: Map<string, RunStatus["errors"][number]>, { error, line }: StoredOutcome): void {
  const { name, message } = error ?? { name: "Error", message: "not known" };
  const key = `${name}\n${message}`;
  const group = errors.get(key);
  if (!group) return void errors.set(key, { name, message, count: 1, line });
  group.count++;
  group.line = Math.min(group.line, line);
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
