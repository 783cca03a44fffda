/**
 * The interface to the workers of a run: workers on this machine (`local_host.ts`), or workers behind a broker
 * (`broker_host.ts`). A run knows no other difference between the two.
 */

import type { Pressure } from "../../executor/queue/start_limit.ts";
import type { ExecutorStats } from "../../executor/stats.ts";
import type { CloseOptions } from "../../executor/options/close_options.ts";
import type { Feeding } from "../input/line_pump.ts";
import type { Keeper } from "../journal/keeper.ts";
import type { ShownStats } from "../progress/figures.ts";
import type { SessionProgress } from "../journal/rows/sessions.ts";
import type { PauseSpan } from "../progress/pauses.ts";

/** The limits of a run, as its journal keeps them. */
export type SavedLimits = NonNullable<SessionProgress["limits"]>;

/** The figures that a run shows. */
type HostStats = ShownStats & Pick<ExecutorStats, "spent"> & {
  /** `machine` is the name of another machine. */
  workers: (Pick<ExecutorStats["workers"][number], "workerId"> & { machine?: string })[];
};

/** What a host reports to its run. */
export interface HostListener {
  workerStarted(): void;
  /** An error's `retryAfter` has paused all tasks, or the tasks with this key. Times are those of `performance.now()`. */
  paused(pause: PauseSpan): void;
  /** `teardown` of the module threw on a worker. */
  teardownFailed(error: unknown): void;
  /** What {@link Host.limits} returns has changed, so that the journal has to be written. */
  limitsChanged(): void;
  /** The run cannot go on, for the reason in this line. */
  giveUp(line: string): void;
}

/** The outcomes that a journal keeps, as a host needs them. */
export type HostKeeper = Pick<Keeper, "commit" | "keysOf">;

/** Executes the tasks of one run. */
export interface Host extends Feeding {
  /** Number of workers on this machine. Over a broker: the number of cores. */
  readonly workers: number;
  /** Number of workers that are processes of this machine. Their CPU time belongs to the run. */
  readonly processes: number;
  /** Maximum distance between the slowest and the newest input, if results are in order. */
  readonly window: number;
  /** Whether workers make the key of an input from its content. If not, the host asks its keeper for keys. */
  readonly keysByContent: boolean;
  /** Whether it tells each failed attempt that another one follows. If not, outcomes tell only the number of attempts. */
  readonly tellsRetries: boolean;
  /** Tasks in flight per worker. */
  readonly concurrency: number;
  /** The best concurrency that was found; undefined if it was not searched for. */
  readonly settledConcurrency: number | undefined;
  /** The rates with `,auto`, and what was found: `100/s,auto` and `52.5/s`. */
  readonly settledRates: { text: string; found: string }[];
  /** The figures of this moment. */
  stats(): HostStats;
  /** Number of slots of workers on other machines; undefined if workers are on this machine. */
  farSlots(): number | undefined;
  /** The input that has been in flight for longest, and since when; undefined if that is not known. */
  oldest(): { index: number; sent: number } | undefined;
  /** What keeps further tasks from starting now, and how busy event loops were so far. */
  pressure(): Pressure;
  /** What a resumed run must know to keep the limits of this one; undefined if others keep them. */
  limits(): SavedLimits | undefined;
  /** Reports to the listener until the returned function is called. `keeper` is set if the run has a journal. */
  watch(listener: HostListener, keeper: HostKeeper | undefined): () => void;
  /** Finishes what runs, and stops the workers. */
  close(options?: CloseOptions): Promise<void>;
  /** Stops the workers at once. */
  terminate(): Promise<void>;
}
