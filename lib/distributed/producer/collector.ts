/**
 * Collects the results of the jobs of one run: when workers send news of them, and at each check. One check at a time, because each
 * settles what it finds.
 */

import type { Broker } from "../broker/broker.ts";
import { readList } from "../broker/read_list.ts";
import type { RunLock } from "../broker/run_lock.ts";
import { BrokerError } from "../broker/errors.ts";
import { NEWS_OF_RUNS } from "../broker/protocol.ts";
import type { Chunk } from "./chunk_feed.ts";
import type { EndedJobs } from "./ended_jobs.ts";
import type { JobState, JobTable } from "./job_table.ts";
import type { Losses, Verdict } from "./losses.ts";
import type { OpenChunks } from "./open_chunks.ts";
import type { SpentJobs } from "./spent_jobs.ts";
import type { Supply } from "./supply.ts";

interface CollectorHost {
  /** Whether the run has ended: then nothing settles any more. */
  readonly hasEnded: boolean;
  /** Other runs have begun or ended, or their needs have changed. */
  runsChanged(): Promise<void>;
  /** The broker has refused a command, or cannot be reached. */
  troubled(error: unknown): void;
}

interface CollectorInit {
  broker: Broker;
  run: string;
  open: OpenChunks;
  jobs: JobTable;
  spent: SpentJobs;
  losses: Losses;
  lock: RunLock;
  ended: EndedJobs;
  supply: Supply;
  host: CollectorHost;
}

export class Collector {
  readonly #init: CollectorInit;
  /** The work under way. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(init: CollectorInit) {
    this.#init = init;
  }

  /** Waits for news of job chunks. News may be lost: then the next check finds out. */
  async listen(): Promise<void> {
    const { broker, run, open, host } = this.#init;
    await readList({
      client: broker.duplicate(),
      key: broker.keys.wake(run),
      wait: 5,
      most: 500,
      hasEnded: () => host.hasEnded,
      take: async (news) => {
        if (news.length === 0) return;
        const ids = [...new Set(news)];
        const chunks = ids.map((id) => open.get(id)).filter((chunk) => chunk !== undefined);
        await this.inTurn(async () => {
          await this.collect(chunks, { all: false });
          if (ids.includes(NEWS_OF_RUNS)) await host.runsChanged();
        });
      },
      failed: (error) => host.troubled(error),
    });
  }

  /** Does some work after all work before it. Rejects once the run has ended. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(() => {
      if (this.#init.host.hasEnded) throw new BrokerError("unreachable", "The run has ended");
      return work();
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Resolves when the work under way has ended. */
  async rest(): Promise<void> {
    await this.#turn.catch(() => {});
  }

  /** Takes the available results of these job chunks. */
  async collect(chunks: Chunk[], { all }: { all: boolean }): Promise<void> {
    if (chunks.length === 0) return;
    const { jobs, losses, lock, open, ended, host } = this.#init;
    // Values last, because all values of a stream were sent before its outcome.
    const [states, parts, values] = await Promise.all([
      jobs.look(chunks),
      jobs.parts(chunks),
      jobs.values(chunks),
    ]);
    const verdicts = await losses.judge(chunks, states, { all });
    // While Redis was away, another producer may have taken over. Then this one must not settle anything.
    if (!lock.isSure) await lock.renew();
    for (const [at, chunk] of chunks.entries()) {
      if (!open.has(chunk)) continue;
      for (const text of values[at]) ended.takeValues(chunk, text);
      for (const message of parts[at].printed) chunk.feed.printed(chunk, message);
      for (const part of parts[at].parts) {
        chunk.parts++;
        ended.take(chunk, part);
      }
      if (!host.hasEnded) this.#handle(chunk, states[at], { all, verdict: verdicts[at] });
    }
    void this.removeSpent();
  }

  #handle(chunk: Chunk, state: JobState, { all, verdict }: { all: boolean; verdict: Verdict }): void {
    switch (state.kind) {
      case "open":
        chunk.added = true;
        return;
      case "missing":
        // A job that is being added at this moment is not missing.
        if (all && chunk.added) chunk.added = false;
        return;
      case "failed":
        return this.#init.ended.failed(chunk, state, verdict);
      case "completed":
        return this.#init.ended.completed(chunk, state.results);
      default:
        return state satisfies never;
    }
  }

  /** Removes jobs whose results are kept. */
  async removeSpent(): Promise<void> {
    const { spent, supply, host } = this.#init;
    if (host.hasEnded) return;
    try {
      await spent.remove(() => supply.refill());
    } catch (error) {
      host.troubled(error);
    }
  }
}
