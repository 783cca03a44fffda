/**
 * Takes jobs from the two queues of a version, and runs them on this worker's executor. BullMQ hands over the jobs and renews their
 * locks. It gives the jobs of a lost worker to other workers.
 */

import { type ModuleLoadError, WorkerLostError } from "../../errors.ts";
import type { Executor } from "../../executor/executor.ts";
import { waitAtMost } from "../../executor/basics/deadlines.ts";
import type { Broker } from "../broker/broker.ts";
import { type BullQueue, type BullWorker, type Job, Worker } from "../broker/bullmq.ts";
import { isName, KEYS_LAST } from "../broker/names.ts";
import {
  type ChunkData,
  LOST_STREAM,
  MOST_PRINTED,
  type PrintedRecord,
  type Results,
  type RoomRecord,
  RUN_BY,
} from "../broker/protocol.ts";
import { ChunkRun } from "./chunk_run.ts";
import type { ChunksInHand } from "./chunks_in_hand.ts";
import { errorOf } from "./error_json.ts";
import type { Inbox } from "./inbox.ts";
import type { JobCheck } from "./job_check.ts";
import type { JobRunInit } from "./job_run.ts";
import type { StartRequests } from "./start_requests.ts";
import { StreamRun } from "./stream_run.ts";
import { Wakes } from "./wakes.ts";

/** Adds a part only if the job exists. A job that has lost its lock may have ended elsewhere, and its parts would never be removed. */
const PUSH_PART = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('RPUSH', KEYS[2], ARGV[1])
return redis.call('PEXPIRE', KEYS[2], ${KEYS_LAST})`;

/** The field of a stream's job with the body of which values were sent: the number of a job chunk on a worker. */
const YIELDED = "polyloop:yielded";

/**
 * Adds values of a stream, if the job exists, this worker was the last to begin it, and no other body has sent any. Returns 0 if not.
 * Values that are sent twice, because the connection broke meanwhile, are added once.
 */
const PUSH_VALUES = `
local by, body = unpack(redis.call('HMGET', KEYS[1], '${RUN_BY}', '${YIELDED}'))
if not by or string.sub(by, -#ARGV[1]) ~= ARGV[1] or body and body ~= ARGV[4] then return 0 end
redis.call('HSET', KEYS[1], '${YIELDED}', ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[3])
return redis.call('PEXPIRE', KEYS[2], ${KEYS_LAST})`;

/**
 * Returns the token of the producer that waits for a job's results. Also returns whether values of its stream were sent already,
 * and how long its inputs may still wait. Notes in the job, if it still exists, which worker begins it.
 */
const TAKE = `
local yielded = 0
if redis.call('EXISTS', KEYS[1]) == 1 then
  local before = redis.call('HGET', KEYS[1], '${RUN_BY}')
  redis.call('HSET', KEYS[1], '${RUN_BY}', before and before .. ' ' .. ARGV[1] or ARGV[1])
  yielded = redis.call('HEXISTS', KEYS[1], '${YIELDED}')
end
return {redis.call('GET', KEYS[2]), yielded, redis.call('PTTL', KEYS[3])}`;

/** Results of a stream that another body has begun, on a worker that was lost. */
function lostStream(server: string): Results {
  const error = new WorkerLostError({ workerId: 0, reason: LOST_STREAM });
  return { v: 1, server, done: [], failed: [[0, 1, 0, errorOf(error), 0]] };
}

/** Adds what bodies have printed, if the job exists and its run has read most of what they have printed before. */
const PUSH_PRINTED = `
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('LLEN', KEYS[2]) >= ${MOST_PRINTED} then return 0 end
redis.call('RPUSH', KEYS[2], ARGV[1])
return redis.call('PEXPIRE', KEYS[2], ${KEYS_LAST})`;

export interface JobTakerHost {
  /** A job chunk of a run has begun. */
  began(run: string): void;
  /** BullMQ has met an error. */
  troubled(error: unknown): void;
  /** A body has printed a text that its run does not take. */
  printed(text: string): void;
  /** No thread or process can be started any more. */
  broken(error: ModuleLoadError): void;
}

interface JobTakerInit {
  broker: Broker;
  executor: Executor;
  /** The worker's id. */
  server: string;
  /** The fingerprint of the module when it was loaded. */
  print: string;
  lockDuration: number;
  /** The two queues of the version and the worker's pool. */
  queues: { chunks: BullQueue; quarantine: BullQueue };
  jobs: JobCheck;
  chunks: ChunksInHand;
  starts: StartRequests;
  inbox: Inbox;
  host: JobTakerHost;
}

export class JobTaker {
  /** Numbers of job chunks that have ended. */
  readonly chunksEnded = { completed: 0, failed: 0 };
  /** The ids of jobs that BullMQ has handed over and that have not ended, whether begun or not. */
  readonly handedOver = new Set<string>();
  readonly #init: JobTakerInit;
  readonly #wakes: Wakes;
  #workers: BullWorker[] = [];
  #isDraining = false;
  #streams = 0;

  constructor(init: JobTakerInit) {
    this.#init = init;
    this.#wakes = new Wakes(init.broker);
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
    this.#isDraining = true;
    this.#init.chunks.drain();
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
    const { broker: { client, keys }, server, lockDuration, host } = this.#init;
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
    worker.on("error", (error: unknown) => host.troubled(error));
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
      return isQuarantine ? await this.#processAlone(job) : await this.#process(job);
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
      return await this.#process(job);
    } finally {
      if (!this.#isDraining) chunks.resume();
    }
  }

  /** Runs one job, and resolves with its results. Inputs without a result are handed out again. */
  async #process(job: Job): Promise<Results | undefined> {
    const { broker: { client, keys }, executor, server, queues, jobs, host } = this.#init;
    const id = job.id!;
    const { chunk, inputs } = jobs.check(job.data);
    const jobKey = Object.values(queues).find(({ name }) => name === job.queueName)!.toKey(id);
    const [holder, yielded, wait] = await client.eval(
      TAKE,
      3,
      jobKey,
      keys.lock(chunk.run),
      keys.waits(id),
      server,
    ) as [string | null, number, number];
    // No producer waits for this job, as far as is known. A producer that does wait adds it again.
    if (holder !== chunk.token || this.#isDraining) return undefined;
    host.began(chunk.run);
    const known = this.#init.chunks.get(id);
    // The lock has expired while the broker was away, and this worker got its own job again: the body goes on.
    if (known instanceof StreamRun) return await this.#init.chunks.run(job, { chunk, run: known });
    // Its reader has had values of the body before. Those of another body would not go on from there.
    if (yielded === 1) return lostStream(server);
    const init = {
      executor,
      server,
      chunk,
      inputs,
      queueTimeout: chunk.options.queueTimeout === undefined ? undefined : Math.max(0, wait),
      startOf: chunk.limited ? this.#startsOf(id, chunk) : undefined,
      onPart: async (results: Results) => {
        await client.eval(PUSH_PART, 2, jobKey, keys.parts(id), JSON.stringify(results));
        this.#wake(job);
      },
      onPrinted: async (printed: PrintedRecord) => {
        const taken = await client.eval(PUSH_PRINTED, 2, jobKey, keys.printed(id), JSON.stringify(printed))
          .catch(() => 0);
        if (taken !== 1) { for (const [, , , , text] of printed.pieces) host.printed(text); }
        this.#wake(job);
      },
      onBroken: (error: ModuleLoadError) => host.broken(error),
    };
    if (chunk.stream === undefined) {
      return await this.#init.chunks.run(job, { chunk, run: new ChunkRun(init), lock: `${jobKey}:lock` });
    }
    return await this.#init.chunks.run(job, { chunk, run: this.#startStream(job, jobKey, init) });
  }

  #startStream(job: Job, jobKey: string, init: JobRunInit): StreamRun {
    const { broker: { client, keys }, server, inbox } = this.#init;
    const body = `${server}/${++this.#streams}`;
    inbox.open();
    return new StreamRun({
      ...init,
      sendValues: async (first, values) => {
        const text = JSON.stringify({ v: 1, server, first, values });
        const last = first + values.length;
        const [jobs, own] = [[jobKey, keys.values(job.id!)], [server, last, text, body]];
        const isOurs = Number(await client.eval(PUSH_VALUES, 2, ...jobs, ...own)) === 1;
        if (isOurs) this.#wake(job);
        return isOurs;
      },
    });
  }

  #startsOf(id: string, chunk: ChunkData): JobRunInit["startOf"] {
    const { starts, inbox } = this.#init;
    inbox.open();
    return starts.startsOf(id, chunk);
  }

  /** Lets a stream yield more values. */
  roomGranted({ job, room }: RoomRecord): void {
    const run = this.#init.chunks.get(job);
    if (run instanceof StreamRun) run.grant(room);
  }

  /** Notes that a job has ended in Redis, too. */
  #ended(job: Job): void {
    if (this.#init.chunks.isUnwanted(job)) void this.#drop(job);
    else this.#wake(job);
  }

  async #drop(job: Job): Promise<void> {
    const { client, keys } = this.#init.broker;
    await job.remove().then(() => client.del(keys.listsOf(job.id!))).catch(() => {});
  }

  /** Tells the job's producer that there is news. */
  #wake(job: Job): void {
    const run = (job.data as { run?: unknown } | null)?.run;
    if (typeof run === "string" && isName(run)) this.#wakes.add(run, job.id!);
  }
}
