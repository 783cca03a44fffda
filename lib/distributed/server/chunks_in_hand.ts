/**
 * The job chunks that a worker runs. A job chunk is aborted if its results are not wanted: its run has ended, or its producer has
 * cancelled it. It is also aborted if its job has gone to another worker while this one stood still.
 */

import type { Broker } from "../broker/broker.ts";
import type { Job as BullJob } from "../broker/bullmq.ts";
import type { ChunkData, Results } from "../broker/protocol.ts";
import type { ChunkRun } from "./chunk_run.ts";

/**
 * A run counts as ended if its lock is missing at this number of consecutive checks. A job counts as lost if its lock is not this worker's.
 * With fewer checks, Redis may have lost the lock of the run, and the producer takes it again.
 */
const MOST_MISSED = 4;

/** The part of a job that identifies it. */
type Job = Pick<BullJob, "id" | "token">;

interface Running {
  job: Job;
  chunk: Pick<ChunkData, "run" | "token">;
  run: Pick<ChunkRun, "abort" | "drain" | "ended">;
  /** The key of the job's lock, whose value is the job's token while the job is ours. Undefined for a stream, which goes on. */
  lock?: string;
  /** Numbers of consecutive checks at which its run had no lock, and at which the job was not ours. */
  missed: number;
  lost: number;
}

export class ChunksInHand {
  readonly #broker: Broker;
  readonly #running = new Map<string, Running>();
  readonly #unwanted = new WeakSet<Job>();

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  get size(): number {
    return this.#running.size;
  }

  has(id: string): boolean {
    return this.#running.has(id);
  }

  /** The run of a job chunk; undefined if it does not run here. */
  get(id: string): Running["run"] | undefined {
    return this.#running.get(id)?.run;
  }

  /** Keeps a job chunk until it has ended. Resolves with its results. */
  async run(job: Job, { chunk, run, lock }: Pick<Running, "chunk" | "run" | "lock">): Promise<Results> {
    const known = this.#running.get(job.id!)?.run;
    // This worker has lost the job, and got it again.
    if (known !== run) known?.abort();
    this.#running.set(job.id!, { job, chunk, run, lock, missed: 0, lost: 0 });
    try {
      return await run.ended;
    } finally {
      if (this.#running.get(job.id!)?.run === run) this.#running.delete(job.id!);
    }
  }

  /** Whether the results of a job are no longer wanted. */
  isUnwanted(job: Job): boolean {
    return this.#unwanted.has(job);
  }

  /** Starts no more inputs. */
  drain(): void {
    for (const { run } of this.#running.values()) run.drain();
  }

  abort(): void {
    for (const { run } of this.#running.values()) run.abort();
  }

  /** Resolves when the job chunks that run now have ended. */
  async ended(): Promise<void> {
    await Promise.allSettled(Array.from(this.#running.values(), ({ run }) => run.ended));
  }

  /** Aborts job chunks whose results are no longer wanted. */
  async look(): Promise<void> {
    const { client, keys } = this.#broker;
    const running = [...this.#running];
    if (running.length === 0) return;
    const pipeline = client.pipeline();
    for (const [id, { chunk: { run }, lock }] of running) {
      pipeline.get(keys.lock(run)).sismember(keys.cancelled(run), id).get(lock ?? keys.lock(run));
    }
    const replies = await pipeline.exec() ?? [];
    for (const [at, [id, entry]] of running.entries()) {
      const [[error, holder], [, cancelled], [, token]] = replies.slice(3 * at, 3 * at + 3);
      if (error || this.#running.get(id) !== entry) continue;
      entry.lost = entry.lock === undefined || token === entry.job.token ? 0 : entry.lost + 1;
      // Its attempts would ask for their starts for ever, and take the slots of others. The job itself is not ours to remove.
      if (entry.lost === MOST_MISSED) entry.run.abort();
      entry.missed = holder === null ? entry.missed + 1 : 0;
      const isOther = holder !== null && holder !== entry.chunk.token;
      if (cancelled !== 1 && !isOther && entry.missed < MOST_MISSED) continue;
      this.#unwanted.add(entry.job);
      entry.run.abort();
    }
  }
}
