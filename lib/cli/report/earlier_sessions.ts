/**
 * Adds the earlier sessions of a run, from its journal, to a report. They have a separate row, because a journal does not
 * keep workers.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { readRunRow } from "../journal/rows/run_row.ts";
import { EARLIER, type Recorder } from "./recording/recorder.ts";
import { PAUSE, replay, type Replayed, type Told } from "./replay.ts";

/** What this session goes on with. */
export interface EarlierSessions extends Replayed {
  /** When the run began, in milliseconds since 1970. */
  started: number;
  /** How long it ran until now, in milliseconds, without pauses. */
  ranMs: number;
}

/**
 * Tells a recorder, whose time begins at 0, of all that they did; none if they left no outcome. `now` is asked by the
 * recorder for where the input stood. `retryFailed` says that what failed runs again.
 */
export function tellEarlier(
  db: DatabaseSync,
  { recorder, retryFailed, now }: {
    recorder: Pick<Recorder, "settled">;
    retryFailed: boolean;
    now: (told: Told | undefined) => void;
  },
): EarlierSessions | undefined {
  const { started } = readRunRow(db);
  const replayed = replay(db, { started, failures: !retryFailed }, (told) => {
    now(told);
    recorder.settled({ ...told, index: told.line - 1, workerId: EARLIER, at: told.time });
  });
  now(undefined);
  if (replayed.ok + replayed.failed === 0) return undefined;
  const idle = Date.now() - replayed.last;
  const pause = idle > PAUSE ? { pauses: replayed.pauses + 1, pausedMs: replayed.pausedMs + idle } : {};
  const whole = { ...replayed, ...pause };
  return { ...whole, started, ranMs: Date.now() - started - whole.pausedMs };
}
