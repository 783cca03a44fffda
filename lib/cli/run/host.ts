/**
 * The interface to the workers of a run: workers on this machine (`local_host.ts`), or workers behind a broker
 * (`broker_host.ts`). A run knows no other difference between the two.
 */

import type { Pressure } from "../../executor/queue/start_limit.ts";
import type { ExecutorStats } from "../../executor/stats.ts";
import type { CloseOptions } from "../../executor/options/close_options.ts";
import type { BatchFeed } from "../../executor/calls/batch_feed.ts";
import type { Feeding } from "../input/line_pump.ts";
import type { Keeper } from "../journal/keeper.ts";
import type { ShownStats } from "../progress/figures.ts";
import type { PauseSpan } from "../progress/pauses.ts";
import type { RunLimits } from "./run_limits.ts";

type HostStats = ShownStats & Pick<ExecutorStats, "spent"> & {
  /** `machine` is the name of another machine. */
  workers: (Pick<ExecutorStats["workers"][number], "workerId"> & { machine?: string })[];
};

export interface HostListener {
  workerStarted(): void;
  /** An error's `retryAfter` has paused all tasks, or the tasks with this key. Times are those of `performance.now()`. */
  paused(pause: PauseSpan): void;
  teardownFailed(error: unknown): void;
  /** The limits have changed by much, so that the journal has to be written. */
  limitsChanged(): void;
  giveUp(line: string): void;
}

/** The outcomes that a journal keeps, as a host needs them. */
export type HostKeeper = Pick<Keeper, "commit" | "keysOf">;

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
  /** Loads what makes batches of inputs; undefined if workers on other machines make them. */
  batchFeed(): Promise<typeof BatchFeed> | undefined;
  readonly concurrency: number;
  /** The best concurrency that was found; undefined if it was not searched for. */
  readonly settledConcurrency: number | undefined;
  readonly limits: Pick<RunLimits, "settledRates" | "saved">;
  stats(): HostStats;
  /** Number of slots of workers on other machines; undefined if workers are on this machine. */
  farSlots(): number | undefined;
  /** The input that has been in flight for longest, and since when; undefined if that is not known. */
  oldest(): { index: number; sent: number } | undefined;
  /** What keeps further tasks from starting now, and how busy event loops were so far. */
  pressure(): Pressure;
  /** Reports to the listener until the returned function is called. `keeper` is set if the run has a journal. */
  watch(listener: HostListener, keeper: HostKeeper | undefined): () => void;
  close(options?: CloseOptions): Promise<void>;
  terminate(): Promise<void>;
}
