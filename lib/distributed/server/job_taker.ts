/**
 * Takes jobs from the two queues of a version, and runs them on this worker's executor. BullMQ hands over the jobs and renews their
 * locks. It gives the jobs of a lost worker to other workers.
 */

import { waitAtMost } from "../../executor/basics/deadlines.ts";
import type { Broker } from "../broker/broker.ts";
import { type BullQueue, type BullWorker, type Job, Worker } from "../broker/bullmq.ts";
import type { Results } from "../broker/protocol.ts";
import type { ChunksInHand } from "./chunks_in_hand.ts";
import type { JobProcessor } from "./job_processor.ts";

interface JobTakerInit {
  broker: Broker;
  /** The worker's id. */
  server: string;
  lockDuration: number;
  /** The two queues of the version and the worker's pool. */
  queues: { chunks: BullQueue; quarantine: BullQueue };
  chunks: ChunksInHand;
  processor: JobProcessor;
  /** BullMQ has met an error. */
  troubled(error: unknown): void;
}

export class JobTaker {
  /** Numbers of job chunks that have ended. */
  readonly chunksEnded = { completed: 0, failed: 0 };
  /** The ids of jobs that BullMQ has handed over and that have not ended, whether begun or not. */
  readonly handedOver = new Set<string>();
  readonly #init: JobTakerInit;
  #workers: BullWorker[] = [];

  constructor(init: JobTakerInit) {
    this.#init = init;
  }

  /** Starts taking jobs, with at most `mostChunks` job chunks in flight. */
  start(mostChunks: number): void {
    const { chunks, quarantine } = this.#init.queues;
    this.#workers = [
      this.#take(chunks.name, { concurrency: mostChunks, maxStalledCount: 1 }),
      // One at a time and alone, because if it ends the process, no other job must be lost with it.
      this.#take(quarantine.name, { concurrency: 1, maxStalledCount: 0 }),
    ];
  }

  /** Sets the maximum number of job chunks in flight, if jobs are being taken. */
  setMostChunks(mostChunks: number): void {
    const [chunks] = this.#workers;
    if (chunks) chunks.concurrency = mostChunks;
  }

  /** Begins no more jobs. */
  drain(): void {
    this.#init.processor.drain();
  }

  /**
   * Waits until all running tasks have ended and their results are in Redis. Resolves with false if the broker accepts none within
   * `patience` milliseconds.
   */
  async handOver(patience: number): Promise<boolean> {
    let done = false;
    const closed = Promise.all(this.#workers.map((worker) => worker.close())).then(() => done = true);
    await Promise.race([closed, this.#init.chunks.ended()]);
    await waitAtMost(patience, closed);
    return done;
  }

  /** Starts taking jobs of one of BullMQ's queues. */
  #take(name: string, options: { concurrency: number; maxStalledCount: number }): BullWorker {
    const { broker: { client, keys }, server, lockDuration, troubled } = this.#init;
    const isQuarantine = options.maxStalledCount === 0;
    const worker = new Worker(name, (job: Job) => this.#hold(job, isQuarantine), {
      connection: client,
      prefix: keys.prefix,
      skipVersionCheck: true,
      name: server,
      lockDuration,
      // Redis accepts only whole numbers. BullMQ's check continues after an error of Redis.
      stalledInterval: Math.max(500, Math.floor(lockDuration / 3)),
      runRetryDelay: 1_000,
      drainDelay: 5,
      ...options,
    });
    worker.on("error", troubled);
    worker.on("completed", (job: Job) => {
      this.chunksEnded.completed++;
      this.#ended(job);
    });
    worker.on("failed", (job: Job | undefined) => {
      this.chunksEnded.failed++;
      if (job) this.#ended(job);
    });
    return worker;
  }

  async #hold(job: Job, isQuarantine: boolean): Promise<Results | undefined> {
    this.handedOver.add(job.id!);
    try {
      return isQuarantine ? await this.#processAlone(job) : await this.#init.processor.process(job);
    } finally {
      this.handedOver.delete(job.id!);
    }
  }

  /** Runs an input that may end this process. */
  async #processAlone(job: Job): Promise<Results | undefined> {
    const [chunks] = this.#workers;
    // Waits for the other jobs of this worker to end.
    await chunks.pause();
    try {
      return await this.#init.processor.process(job);
    } finally {
      if (!this.#init.processor.isDraining) chunks.resume();
    }
  }

  /** Notes that a job has ended in Redis, too. */
  #ended(job: Job): void {
    if (this.#init.chunks.isUnwanted(job)) void this.#drop(job);
    else this.#init.processor.wake(job);
  }

  async #drop(job: Job): Promise<void> {
    const { client, keys } = this.#init.broker;
    await job.remove().then(() => client.del(keys.listsOf(job.id!))).catch(() => {});
  }
}
