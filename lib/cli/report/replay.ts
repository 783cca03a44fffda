/**
 * Replays the outcomes of a journal in the order of writing, as one run, for a recorder. Pauses between sessions are left out. A
 * journal does not keep workers, so earlier sessions have a row of their own in a report.
 */

import type { DatabaseSync } from "node:sqlite";
import { readRunRow } from "../journal/rows/run_row.ts";
import { type StoredOutcome, storedOutcomes } from "../journal/status/stored_outcomes.ts";
import { EARLIER, type Recorder, type Settled } from "./recording/recorder.ts";

/** Maximum number of breaks that are marked. A guess: more would hide the bars. */
const MAX_BREAKS = 200;

export interface Break {
  /** Milliseconds since the run began, without breaks. */
  at: number;
  ms: number;
  /** Whether it lies between two sessions, or the process was suspended. */
  why: "sessions" | "suspended";
}

export function note(breaks: Break[], one: Break): void {
  if (breaks.length < MAX_BREAKS) breaks.push(one);
}

/** A time without outcomes that is longer than this is left out, in milliseconds. A guess: a slow task is no pause. */
const PAUSE = 60_000;

export interface Told extends Omit<Settled, "at" | "workerId" | "index"> {
  line: number;
  /** The beginning of the input; empty for a success, whose input a journal does not keep. */
  input: string;
  /** Milliseconds since the run began, without pauses. */
  time: number;
}

interface Replayed {
  ok: number;
  failed: number;
  retries: number;
  pauses: number;
  pausedMs: number;
  breaks: Break[];
  /** When the last outcome was written, in milliseconds since 1970. */
  last: number;
}

/**
 * Calls `tell` for each outcome.
 *
 * @param options `failures`: whether to tell of failed inputs. If not, only their attempts count, because they run again.
 */
export function replay(
  db: DatabaseSync,
  { started, failures }: { started: number; failures: boolean },
  tell: (told: Told) => void,
): Replayed {
  const replayed: Replayed = {
    ok: 0,
    failed: 0,
    retries: 0,
    pauses: 0,
    pausedMs: 0,
    breaks: [],
    last: started,
  };
  for (const outcomes of writtenTogether(db)) {
    const [{ at }] = outcomes;
    const longest = outcomes.reduce((longest, { ms }) => Math.max(longest, ms), 0);
    const idle = at - longest - replayed.last;
    if (idle > PAUSE) {
      note(replayed.breaks, { at: replayed.last - started - replayed.pausedMs, ms: idle, why: "sessions" });
      replayed.pauses++;
      replayed.pausedMs += idle;
    }
    replayed.last = Math.max(replayed.last, at);
    const time = at - started - replayed.pausedMs;
    for (const { ok, ms, attempts, error, line, input } of outcomes) {
      replayed.retries += Math.max(0, attempts - 1);
      if (!ok && !failures) continue;
      replayed[ok ? "ok" : "failed"]++;
      tell({ ok, ms, attempts, error, line, input: input ?? "", time });
    }
  }
  return replayed;
}

function* writtenTogether(db: DatabaseSync): Generator<StoredOutcome[]> {
  let together: StoredOutcome[] = [];
  for (const outcome of storedOutcomes(db)) {
    if (together.length > 0 && together[0].at !== outcome.at) {
      yield together;
      together = [];
    }
    together.push(outcome);
  }
  if (together.length > 0) yield together;
}

export interface EarlierSessions extends Replayed {
  /** When the run began, in milliseconds since 1970. */
  started: number;
  /** How long the run took until now, in milliseconds, without pauses. */
  ranMs: number;
}

/**
 * Passes the outcomes of earlier sessions to a recorder, whose time begins at 0.
 *
 * @param options `now`: called with each outcome before the recorder, and with undefined after the last one. `retryFailed`:
 * whether inputs that failed run again.
 * @returns undefined if there are no outcomes
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
  if (idle > PAUSE) {
    note(replayed.breaks, { at: replayed.last - started - replayed.pausedMs, ms: idle, why: "sessions" });
  }
  const pause = idle > PAUSE ? { pauses: replayed.pauses + 1, pausedMs: replayed.pausedMs + idle } : {};
  const whole = { ...replayed, ...pause };
  return { ...whole, started, ranMs: Date.now() - started - whole.pausedMs };
}
