/**
 * Where the tasks of a run are executed: by workers of this machine (`local_host.ts`), or by workers that a broker reaches
 * (`broker_host.ts`). A run knows nothing else of the difference.
 *
 * @module
 */

import type { ExecutorStats } from "../../executor/stats.ts";
import type { CloseOptions } from "../../executor/types.ts";
import type { Feeding } from "../input/line_pump.ts";
import type { Keeper } from "../journal/keeper.ts";
import type { ShownStats } from "../progress/figures.ts";

/** The figures that a run shows. */
export type HostStats = ShownStats & { workers: Pick<ExecutorStats["workers"][number], "workerId">[] };

/** What a host reports to its run. */
export interface HostListener {
  workerStarted(): void;
  /** `teardown` of the module threw on a worker. */
  teardownFailed(error: unknown): void;
  /** The run cannot go on, for the reason in this line. */
  giveUp(line: string): void;
}

/** The outcomes that a journal keeps, as a host needs them. */
export type HostKeeper = Pick<Keeper, "commit" | "keysOf">;

/** Executes the tasks of one run. */
export interface Host extends Feeding {
  /** Number of workers on this machine, or the cores where workers are elsewhere. */
  readonly workers: number;
  /** Number of the workers that are processes of this machine. Their CPU time is the run's. */
  readonly processes: number;
  /** Maximum number of inputs between the slowest one and the newest one, where results are in order. */
  readonly window: number;
  /** Whether workers know an input's key by its content. If not, the host asks its keeper. */
  readonly keysByContent: boolean;
  /** Tasks in flight per worker. */
  readonly concurrency: number;
  /** The concurrency that was found to be best; undefined if nobody asked for that. */
  readonly settledConcurrency: number | undefined;
  /** The figures of this moment. */
  stats(): HostStats;
  /** Number of slots of the workers on other machines; undefined if workers are on this one. */
  farSlots(): number | undefined;
  /** The input that has been in flight for longest, and since when; undefined if that is not known. */
  oldest(): { index: number; sent: number } | undefined;
  /** Reports to the listener until the function that it returns is called. `keeper` is there if the run has a journal. */
  watch(listener: HostListener, keeper: HostKeeper | undefined): () => void;
  /** Finishes what runs, and stops the workers. */
  close(options?: CloseOptions): Promise<void>;
  /** Stops the workers at once. */
  terminate(): Promise<void>;
}
