/**
 * Replays the outcomes of a journal in the order in which they were written, as one run. Pauses between sessions are
 * left out.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { allSegments } from "../journal/rows/segment_rows.ts";
import { allFailures } from "../journal/rows/failure_rows.ts";
import type { Settled } from "./recording/recorder.ts";

/** Between two sessions hours may pass: a pause longer than this, in milliseconds, is left out. */
export const PAUSE = 60_000;

/** An outcome, and where its input stood; that of one that ended well is not kept. */
export interface Told extends Omit<Settled, "at" | "workerId" | "index"> {
  line: number;
  input: string;
  /** Milliseconds since the run began, without pauses. */
  time: number;
}

/** What came of it. */
export interface Replayed {
  ok: number;
  failed: number;
  retries: number;
  pauses: number;
  pausedMs: number;
  /** When the last outcome was written, in milliseconds since 1970. */
  last: number;
}

/** What was written together. */
interface Batch {
  at: number;
  outcomes: Omit<Told, "time">[];
  retries: number;
}

/** Tells of all of them. Without `failures` those that failed are counted as attempts alone: they run again. */
export function replay(
  db: DatabaseSync,
  { started, failures }: { started: number; failures: boolean },
  tell: (told: Told) => void,
): Replayed {
  const replayed: Replayed = { ok: 0, failed: 0, retries: 0, pauses: 0, pausedMs: 0, last: started };
  for (const { at, outcomes, retries } of batches(db)) {
    replayed.retries += retries;
    const longest = outcomes.reduce((longest, { ms }) => Math.max(longest, ms), 0);
    const idle = at - longest - replayed.last;
    if (idle > PAUSE) {
      replayed.pauses++;
      replayed.pausedMs += idle;
    }
    replayed.last = Math.max(replayed.last, at);
    const time = at - started - replayed.pausedMs;
    for (const outcome of outcomes) {
      if (!outcome.ok && !failures) continue;
      replayed[outcome.ok ? "ok" : "failed"]++;
      tell({ ...outcome, time });
    }
  }
  return replayed;
}

/** In the order in which they were written. */
function* batches(db: DatabaseSync): Generator<Batch> {
  const failures = failedBatches(db);
  let failed = failures.next();
  for (const { segment } of allSegments(db)) {
    while (!failed.done && failed.value.at <= segment.at) {
      yield failed.value;
      failed = failures.next();
    }
    const batch: Batch = { at: segment.at, outcomes: [], retries: 0 };
    for (let position = 0; position < segment.count; position++) {
      batch.outcomes.push({ ok: true, ms: segment.ms(position), line: segment.line(position), input: "" });
      batch.retries += Math.max(0, segment.attempts(position) - 1);
    }
    yield batch;
  }
  for (; !failed.done; failed = failures.next()) yield failed.value;
}

function* failedBatches(db: DatabaseSync): Generator<Batch> {
  for (const { at, line, ms, attempts, error, input } of allFailures(db)) {
    const outcome = { ok: false, ms, error, line, input: input ?? "" };
    yield { at, outcomes: [outcome], retries: Math.max(0, attempts - 1) };
  }
}
