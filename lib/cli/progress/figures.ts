/**
 * How far a run is at one moment: the figures behind the live line, the plain lines and the JSON objects.
 *
 * @module
 */

import type { ExecutorStats } from "../../executor/stats.ts";
import { RecentRate } from "./recent_rate.ts";
import type { Tally } from "./tally.ts";

/** The figures of one moment. */
export interface Figures {
  elapsedMs: number;
  /** Inputs that have an outcome, those of earlier runs included. */
  done: number;
  ok: number;
  failed: number;
  /** Those whose outcome an earlier run had kept. */
  before: number;
  /** Attempts that failed and were followed by another. */
  retries: number;
  /** Tasks on workers. */
  inFlight: number;
  /** Inputs read. */
  read: number;
  /** How many inputs there are in all, if that is known or can be guessed from the size. */
  total: number | undefined;
  totalIsExact: boolean;
  /** Bytes of the inputs read. */
  bytes: number;
  /** Bytes of the whole input. */
  size: number | undefined;
  /** `done / total`, from 0 to 1. */
  share: number | undefined;
  /** Inputs per second, lately. */
  perSecond: number;
  /** How long the rest takes at that rate. */
  leftMs: number | undefined;
  /** The part of all slots' time in which a task ran, from 0 to 1, since the start; of tasks that have ended. */
  load: number | undefined;
}

/** What is shown of an executor's figures. */
export type ShownStats = Pick<
  ExecutorStats,
  "inFlight" | "retries" | "utilization" | "succeeded" | "failed" | "runTime"
>;

/** Takes the figures of a run, now and then. */
export class Meter {
  readonly #tally: Tally;
  readonly #stats: () => ShownStats;
  readonly #rate = new RecentRate();

  constructor(tally: Tally, stats: () => ShownStats) {
    this.#tally = tally;
    this.#stats = stats;
  }

  /** The figures of this moment. */
  read(): Figures {
    const tally = this.#tally;
    const { inFlight, retries, utilization, succeeded, failed } = this.#stats();
    const { elapsed, total } = tally;
    const done = tally.done + tally.doneBefore;
    const perSecond = this.#rate.at(elapsed, tally.done);
    return {
      elapsedMs: elapsed,
      done,
      ok: tally.ok,
      failed: tally.failed,
      before: tally.doneBefore,
      retries,
      inFlight,
      read: tally.read,
      total,
      totalIsExact: !tally.unread,
      bytes: tally.bytes,
      size: tally.size,
      share: total ? Math.min(1, done / total) : undefined,
      perSecond,
      leftMs: total && perSecond > 0 ? Math.max(0, total - done) / perSecond * 1_000 : undefined,
      load: succeeded + failed > 0 ? utilization : undefined,
    };
  }
}
