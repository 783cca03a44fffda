/**
 * A report of all that a journal knows: `polyloop status --report`.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { allChunks } from "../journal/chunk_store.ts";
import { allFailures } from "../journal/failure_rows.ts";
import type { RunRow } from "../journal/run_row.ts";
import type { RunOptions } from "../options.ts";
import { namesOf } from "../module_reference.ts";
import { chosenOptions, type ReportData, reportOf, targetName } from "./facts.ts";
import { Recorder, type Settled } from "./recorder.ts";

/** Between two runs of a journal hours may pass: a pause longer than this, in milliseconds, is left out. */
const PAUSE = 60_000;

/** What was kept together: outcomes and the time. */
interface Batch {
  at: number;
  outcomes: Omit<Settled, "at" | "workerId" | "index">[];
  lines: number[];
  inputs: string[];
  retries: number;
}

/** Reads it all in one go. */
export function reportFromJournal(db: DatabaseSync, run: RunRow, options: RunOptions): ReportData {
  // A journal does not keep which worker it was: all are one, with as many lanes as there were tasks at once.
  let now: Batch | undefined;
  const recorder = new Recorder({
    begun: run.started,
    concurrency: Infinity,
    originOf: (index) => ({ number: index + 1, line: now!.inputs[now!.lines.indexOf(index + 1)] ?? "" }),
    workers: () => [1],
  });
  let [pauses, pausedMs, last, retries] = [0, 0, run.started, 0];
  for (const batch of batches(db)) {
    now = batch;
    retries += batch.retries;
    const longest = batch.outcomes.reduce((longest, { ms }) => Math.max(longest, ms), 0);
    const idle = batch.at - longest - last;
    if (idle > PAUSE) [pauses, pausedMs] = [pauses + 1, pausedMs + idle];
    last = Math.max(last, batch.at);
    batch.outcomes.forEach((outcome, at) => {
      recorder.settled({ ...outcome, index: batch.lines[at] - 1, workerId: 1, at: batch.at - pausedMs });
    });
  }
  recorder.finish();
  const finished = run.finished ?? last;
  const facts = {
    target: targetName(namesOf(options)),
    started: run.started,
    finished,
    wallMs: Math.max(0, finished - run.started - pausedMs),
    exitCode: null,
    counts: { before: { ok: 0, failed: 0 }, left: 0, unread: run.finished === null, retries },
    options: chosenOptions(options),
  };
  // Of a journal a page does not say how many slots there were.
  return { ...reportOf(recorder, facts, 0), journal: { pauses, pausedMs } };
}

/** In the order in which they were written. */
function* batches(db: DatabaseSync): Generator<Batch> {
  const failures = failedBatches(db);
  let failed = failures.next();
  for (const { chunk } of allChunks(db)) {
    while (!failed.done && failed.value.at <= chunk.at) {
      yield failed.value;
      failed = failures.next();
    }
    const batch: Batch = { at: chunk.at, outcomes: [], lines: [], inputs: [], retries: 0 };
    for (let position = 0; position < chunk.count; position++) {
      batch.outcomes.push({ ok: true, ms: chunk.ms(position) });
      batch.lines.push(chunk.line(position));
      batch.retries += Math.max(0, chunk.attempts(position) - 1);
    }
    yield batch;
  }
  for (; !failed.done; failed = failures.next()) yield failed.value;
}

function* failedBatches(db: DatabaseSync): Generator<Batch> {
  for (const { at, line, ms, attempts, error, input } of allFailures(db)) {
    yield {
      at,
      outcomes: [{ ok: false, ms, error }],
      lines: [line],
      inputs: [input ?? ""],
      retries: Math.max(0, attempts - 1),
    };
  }
}
