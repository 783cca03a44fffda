/** What a producer checks every two seconds: its keys in Redis, the workers, what operators ask for, and all its jobs. */

import type { Broker } from "../broker/broker.ts";
import { named } from "../broker/labels.ts";
import type { RunLock } from "../broker/run_lock.ts";
import { useVersion } from "../broker/versions.ts";
import type { Chunk } from "./chunk_feed.ts";
import type { Collector } from "./collector.ts";
import type { EndedJobs } from "./ended_jobs.ts";
import { HeldQueue } from "./held_queue.ts";
import { HeldRun } from "./held_run.ts";
import type { JobTable } from "./job_table.ts";
import type { MatchingWorkers } from "./matching_workers.ts";
import type { OpenChunks } from "./open_chunks.ts";
import type { Pools } from "./pools.ts";
import type { Intake } from "./result_intake.ts";
import type { RunEntry } from "./run_entry.ts";
import type { Sharing } from "./sharing.ts";
import type { Supply } from "./supply.ts";
import type { Withdrawals } from "./withdrawals.ts";

interface RunCheckHost {
  readonly hasEnded: boolean;
  add(chunks: Chunk[]): Promise<void>;
  fail(error: Error): void;
}

interface RunCheckInit {
  broker: Broker;
  run: string;
  module: string;
  fingerprint: string;
  /** How long there may be no worker that serves the run, in milliseconds. */
  waitWorkers: number;
  /** The labels that its workers need. */
  on: readonly string[];
  lock: RunLock;
  entry: RunEntry;
  pools: Pools;
  matching: MatchingWorkers;
  intake: Intake;
  sharing: Sharing;
  open: OpenChunks;
  jobs: JobTable;
  collector: Collector;
  withdrawals: Withdrawals;
  ended: EndedJobs;
  supply: Supply;
  notice(line: string): void;
  /** An operator has paused the run, or ended the pause. */
  setPaused(isPaused: boolean): void;
  host: RunCheckHost;
}

export class RunCheck {
  readonly #init: RunCheckInit;
  readonly #heldQueue: HeldQueue;
  readonly #heldRun: HeldRun;

  constructor(init: RunCheckInit) {
    const { broker, fingerprint } = init;
    this.#init = init;
    this.#heldQueue = new HeldQueue({ ...init, queue: broker.queues(fingerprint).chunks });
    this.#heldRun = new HeldRun(init);
  }

  /** Renews the run's keys in Redis, and checks all its jobs. */
  async look(): Promise<void> {
    const { broker, fingerprint, lock, entry, pools, matching, intake, sharing, host } = this.#init;
    await lock.renew();
    await entry.publish();
    await useVersion(broker, fingerprint, pools.names);
    await matching.look(intake.counts.succeeded + intake.counts.failed > 0);
    this.#giveUpWithoutWorkers();
    if (host.hasEnded) return;
    await this.#heldQueue.look();
    await this.#heldRun.look();
    await sharing.look(matching.ofVersion);
    if (sharing.hasNews) await sharing.tell();
    await this.#checkJobs();
  }

  async #checkJobs(): Promise<void> {
    const { run, open, jobs, collector, withdrawals, ended, supply, notice, host } = this.#init;
    const chunks = open.all;
    const missing = new Set(chunks.filter(({ added }) => !added));
    await jobs.removeLost(chunks);
    await jobs.sendRoom(chunks);
    await collector.collect(chunks, { all: true });
    await withdrawals.moveOn();
    const left = chunks.filter((chunk) => open.has(chunk));
    const lost = left.filter((chunk) => !chunk.added && !missing.has(chunk)).length;
    if (lost > 0) {
      const jobs = lost === 1 ? "a job" : `${lost} jobs`;
      notice(
        `the broker no longer has ${jobs} of the run ${run}; adding the inputs without an outcome again`,
      );
    }
    if (missing.size > 0 && !supply.isFilling) {
      const again = left.filter((chunk) => missing.has(chunk) && !chunk.added);
      await host.add(again.flatMap((chunk) => ended.openPartsOf(chunk)));
    }
    void collector.removeSpent();
    supply.refill();
    for (const feed of new Set(chunks.map(({ feed }) => feed))) feed.takeBack();
  }

  #giveUpWithoutWorkers(): void {
    const { waitWorkers, broker: { keys }, module, on, matching, host } = this.#init;
    if (matching.noneFor(performance.now()) < waitWorkers) return;
    const seconds = Math.round(waitWorkers / 1_000);
    const labels = on.length > 0 ? ` with ${named(on)}` : "";
    host.fail(
      new Error(`No worker${labels} on the queue ${keys.queue} has served ${module} for ${seconds} s`),
    );
  }
}
