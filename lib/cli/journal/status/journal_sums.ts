/** What the tasks of a run have counted by `context.count`, by its journal. */

import type { DatabaseSync } from "node:sqlite";
import { Sums } from "../../../executor/basics/sums.ts";
import type { ShownSums, SumsByName } from "../../progress/run_sums.ts";
import { allFailures, type Failure } from "../rows/failure_rows.ts";
import type { Segment } from "../rows/segment.ts";
import { allSegments } from "../rows/segment_rows.ts";
import { readSession, type Session, sessionIds } from "../rows/sessions.ts";

export class JournalSums {
  readonly #counts = new Sums();
  readonly #spent = new Sums();

  constructor(sessions: Iterable<Pick<Session, "spent">>) {
    for (const { spent } of sessions) this.#spent.addAll(spent);
  }

  addSegment({ counts }: Pick<Segment, "counts">): void {
    for (const one of counts) this.#counts.addAll(one);
  }

  addFailure({ counts }: Pick<Failure, "counts">): void {
    if (counts) this.#counts.addAll(counts);
  }

  /** The sums, without those of outcomes whose input is missing. */
  read({ without = {} }: { without?: SumsByName } = {}): ShownSums {
    for (const [name, amount] of Object.entries(without)) this.#counts.add(name, -amount);
    return { counts: this.#counts.toRecord(), spent: this.#spent.toRecord() };
  }
}

/** The sums of all outcomes and sessions in a journal. */
export function sumsIn(db: DatabaseSync): ShownSums {
  const sums = new JournalSums(sessionIds(db).map((id) => readSession(db, id)));
  for (const { segment } of allSegments(db)) sums.addSegment(segment);
  for (const failure of allFailures(db)) sums.addFailure(failure);
  return sums.read();
}
