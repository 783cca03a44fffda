/** Takes job chunks back from Redis before a worker begins them, and lets workers abort those that they have begun. */

import type { Broker } from "../broker/broker.ts";
import { KEYS_LAST } from "../broker/names.ts";
import type { Chunk } from "./chunk_feed.ts";
import type { Collector } from "./collector.ts";
import type { EndedJobs } from "./ended_jobs.ts";
import type { JobTable } from "./job_table.ts";
import { type Losses, STALLED } from "./losses.ts";
import type { OpenChunks } from "./open_chunks.ts";
import type { Pools } from "./pools.ts";
import type { SpentJobs } from "./spent_jobs.ts";

interface WithdrawalsInit {
  broker: Broker;
  run: string;
  open: OpenChunks;
  jobs: JobTable;
  spent: SpentJobs;
  pools: Pools;
  losses: Losses;
  ended: EndedJobs;
  collector: Collector;
  host: { readonly hasEnded: boolean };
}

export class Withdrawals {
  readonly #init: WithdrawalsInit;

  constructor(init: WithdrawalsInit) {
    this.#init = init;
  }

  /**
   * Takes back job chunks that no worker has begun. With `force`, gives up the others, too, and workers abort them.
   * Resolves for each with whether it was taken back.
   */
  async withdraw(chunks: Chunk[], { force }: { force: boolean }): Promise<boolean[]> {
    const { open, jobs, collector, host } = this.#init;
    if (force) { for (const chunk of chunks) open.close(chunk); }
    if (host.hasEnded || chunks.length === 0) return chunks.map(() => true);
    try {
      // Finished results count.
      if (!force) await collector.inTurn(() => collector.collect(chunks, { all: false }));
      // The body of a stream may go on although its job has ended: see EndedJobs.failed.
      const free = chunks.filter(({ yielded }) => yielded === 0);
      const removals = await jobs.remove(free);
      const removed = new Set(free.filter((_, at) => removals[at]));
      for (const chunk of removed) open.close(chunk);
      const running = chunks.filter((chunk) => !removed.has(chunk));
      if (force && running.length > 0) await this.#cancel(running);
      return chunks.map((chunk) => removed.has(chunk));
    } catch {
      // The next check finds their states.
      return chunks.map(() => false);
    }
  }

  async #cancel(chunks: Chunk[]): Promise<void> {
    const { broker: { client, keys }, run, spent } = this.#init;
    const key = keys.cancelled(run);
    await client.sadd(key, ...chunks.map(({ id }) => id));
    await client.pexpire(key, KEYS_LAST);
    spent.add(...chunks);
  }

  /** Takes back job chunks that no worker has begun. Their inputs wait again. */
  async takeBack(chunks: Chunk[]): Promise<void> {
    const withdrawn = await this.withdraw(chunks, { force: false });
    // The last one first, because each is put before the waiting inputs.
    for (const chunk of chunks.filter((_, at) => withdrawn[at]).reverse()) {
      for (const block of chunk.openBlocks().reverse()) {
        chunk.feed.putBack({ ...block, arrived: chunk.arrived });
      }
    }
  }

  /** Takes back job chunks of pools that have no workers any more, so that others get them. */
  async moveOn(): Promise<void> {
    const { open, pools, jobs, losses, ended } = this.#init;
    const chunks = open.all.filter(({ pool, added }) => added && !pools.has(pool));
    if (chunks.length === 0) return;
    const begunBy = await jobs.begunBy(chunks);
    const states = begunBy.map((workers) => ({ kind: "failed" as const, reason: STALLED, workers }));
    const verdicts = await losses.judge(chunks, states, { all: true });
    // A stream has only its own worker, which may have been silent because the broker was away.
    const movable = [...chunks.keys()].filter((at) => chunks[at].yielded === 0 || verdicts[at] === "proof");
    const removed = await jobs.remove(movable.map((at) => chunks[at]));
    for (const [number, at] of movable.entries()) {
      // As long as its worker may still have it, it is not removed.
      if (removed[number] && open.has(chunks[at])) {
        ended.moved(chunks[at], begunBy[at].length > 0 ? verdicts[at] : undefined);
      }
    }
  }
}
