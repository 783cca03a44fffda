/** Reads the outcomes of a journal one after another, for `polyloop status` and reports. */

import type { DatabaseSync } from "node:sqlite";
import { Sums } from "../../../executor/basics/sums.ts";
import type { ShownSums } from "../../progress/run_sums.ts";
import { allFailures, type Failure } from "../rows/failure_rows.ts";
import { allSegments } from "../rows/segment_rows.ts";
import { readSession, sessionIds } from "../rows/sessions.ts";

export interface StoredOutcome extends Pick<Failure, "at" | "line" | "ms" | "attempts" | "counts"> {
  ok: boolean;
  /** The error and the beginning of the input, of an input that failed. */
  error?: Failure["error"];
  input?: Failure["input"];
}

/** All outcomes in the order of writing. */
export function* storedOutcomes(db: DatabaseSync): Generator<StoredOutcome> {
  const failures = allFailures(db);
  let failure = failures.next();
  for (const { segment } of allSegments(db)) {
    const { at } = segment;
    for (; !failure.done && failure.value.at <= at; failure = failures.next()) {
      yield { ...failure.value, ok: false };
    }
    for (let position = 0; position < segment.count; position++) {
      const [line, ms] = [segment.line(position), segment.ms(position)];
      const [attempts, counts] = [segment.attempts(position), segment.countsOf(position)];
      yield { ok: true, at, line, ms, attempts, counts };
    }
  }
  for (; !failure.done; failure = failures.next()) yield { ...failure.value, ok: false };
}

/** What the tasks of a run have counted by `context.count`, in all outcomes and sessions. */
export function sumsIn(db: DatabaseSync): ShownSums {
  const [counts, spent] = [new Sums(), new Sums()];
  for (const outcome of storedOutcomes(db)) counts.addAll(outcome.counts ?? {});
  for (const id of sessionIds(db)) spent.addAll(readSession(db, id).spent);
  return { counts: counts.toRecord(), spent: spent.toRecord() };
}
