/**
 * Shares the workers with the other runs on the queue. Each producer divides the workers by itself, from what the others have entered in the
 * roster. A run that begins, ends, or has no more waiting inputs tells the others at once.
 */

import type { Broker } from "../broker/broker.ts";
import { KEYS_LAST } from "../broker/names.ts";
import { NEWS_OF_RUNS, type RunRecord, type WorkerRecord } from "../broker/protocol.ts";
import { runsOf } from "../broker/roster.ts";
import type { Cutter } from "./cutter.ts";
import type { OpenChunks } from "./open_chunks.ts";
import type { Pools } from "./pools.ts";
import type { RunEntry } from "./run_entry.ts";
import type { Supply } from "./supply.ts";
import type { Withdrawals } from "./withdrawals.ts";

/** Minimum time between two messages to the other runs, in milliseconds. A guess: inputs may come one by one. The next check tells the rest. */
const PAUSE = 250;

interface SharingInit {
  broker: Broker;
  run: string;
  fingerprint: string;
  cutter: Cutter;
  pools: Pools;
  open: OpenChunks;
  supply: Supply;
  entry: RunEntry;
  withdrawals: Withdrawals;
}

export class Sharing {
  readonly #init: SharingInit;
  #workers: readonly WorkerRecord[] = [];
  #others: RunRecord[] = [];
  /** Whether inputs waited when the others were told last; undefined before the first time. */
  #told: boolean | undefined;
  #toldAt = -Infinity;

  constructor(init: SharingInit) {
    this.#init = init;
  }

  /** Divides the workers anew. `workers` are those of the run's version, if they may have changed. */
  async look(workers: readonly WorkerRecord[] = this.#workers): Promise<void> {
    const { broker, run, fingerprint, cutter, pools, open, supply, entry, withdrawals } = this.#init;
    this.#workers = workers;
    this.#others = (await runsOf(broker, fingerprint)).filter((other) => other.run !== run);
    pools.divide(workers, entry.priority, this.#others);
    supply.refill();
    const excess = pools.crowded(!cutter.canCut).flatMap(([name, excess]) =>
      open.all.filter(({ pool, alone }) => pool === name && !alone).slice(-excess)
    );
    // Not awaited: this is a turn of the collector, and taking job chunks back is another.
    if (excess.length > 0) void withdrawals.takeBack(excess);
  }

  /** Whether the other runs do not know yet that this one has begun, or that inputs wait, or no longer wait. */
  get hasNews(): boolean {
    const { open, supply } = this.#init;
    if (this.#told === undefined) return open.size > 0;
    return supply.waits !== this.#told && performance.now() - this.#toldAt >= PAUSE;
  }

  /** Tells the other runs that this one has changed. */
  async tell(): Promise<void> {
    this.#told = this.#init.supply.waits;
    this.#toldAt = performance.now();
    await this.#init.entry.publish();
    await this.#send();
  }

  /** Tells the other runs that this one has left the roster. */
  async leave(): Promise<void> {
    if (this.#told !== undefined) await this.#send();
  }

  async #send(): Promise<void> {
    const { client, keys } = this.#init.broker;
    if (this.#others.length === 0) return;
    const pipeline = client.pipeline();
    for (const { run } of this.#others) {
      pipeline.rpush(keys.wake(run), NEWS_OF_RUNS).pexpire(keys.wake(run), KEYS_LAST);
    }
    await pipeline.exec();
  }
}
