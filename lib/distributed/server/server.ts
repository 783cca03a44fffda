/**
 * A worker: takes job chunks from the broker and runs them on its own executor. The thread that talks to the broker
 * runs no tasks, so a task never delays the renewal of a lock.
 *
 * @module
 */

import type { ModuleLoadError } from "../../errors.ts";
import type { Executor } from "../../executor/executor.ts";
import { stuckThreadText } from "../../executor/pool/stuck_threads.ts";
import { waitAtMost } from "../../executor/wait_at_most.ts";
import { fingerprint } from "../../fingerprint.ts";
import type { Broker } from "../broker/broker.ts";
import { BrokerWatch } from "../broker/broker_watch.ts";
import { type BullQueue, type BullWorker, type Job, Worker } from "../broker/bullmq.ts";
import { hostName } from "../broker/host_name.ts";
import { moduleName } from "../broker/module_name.ts";
import { isName, KEYS_LAST, newToken, queueNames } from "../broker/names.ts";
import { type Results, shown, type WorkerRecord } from "../broker/protocol.ts";
import { sweep } from "../broker/sweep.ts";
import { retireVersion, sweepVersions, useVersion } from "../broker/versions.ts";
import { RUN_BY } from "../producer/job_table.ts";
import { BrokerErrors } from "./broker_errors.ts";
import { ChunkRun } from "./chunk_run.ts";
import { ChunksInHand } from "./chunks_in_hand.ts";
import { JobCheck } from "./job_check.ts";
import { OrphanedJobs } from "./orphaned_jobs.ts";
import { announce, leave, RateMeter } from "./presence.ts";
import type { ServeOptions } from "./serve_options.ts";
import type { ServerStats, TaskServer } from "./task_server.ts";
import { removeUnreadable } from "./unreadable_jobs.ts";
import { Wakes } from "./wakes.ts";

/** Interval of the checks, in milliseconds. The roster entry, which lasts 10 s, relies on it. */
const INTERVAL = 2_000;
/** Maximum number of job chunks in flight. */
const MOST_CHUNKS = 256;
/** How long the broker may take to accept news or the last results when the worker ends, in milliseconds. A guess. */
const HANDING_OVER = 5_000;
/** How long bodies may take to end when the worker closes, in milliseconds. A guess. */
const CLOSING = 10_000;
/**
 * How long the broker may take to remove the worker's roster entry, in milliseconds. Otherwise the entry expires by
 * itself.
 */
const LEAVING = 1_000;
/** Number of checks between two sweeps of jobs that runs have left: a minute. */
const LOOKS_PER_SWEEP = 30;

/**
 * Adds a part only if the job exists. A job that has lost its lock may have ended elsewhere, and its parts would never
 * be removed.
 */
const PUSH_PART = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('RPUSH', KEYS[2], ARGV[1])
return redis.call('PEXPIRE', KEYS[2], ${KEYS_LAST})`;

/**
 * Returns the token of the producer that waits for a job's results. Notes in the job, if it still exists, which worker
 * has begun it.
 */
const TAKE = `
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], '${RUN_BY}', ARGV[1]) end
return redis.call('GET', KEYS[2])`;

/** The parts of a server. */
export interface ServerInit {
  broker: Broker;
  executor: Executor;
  url: string;
  /** The fingerprint of the module when it was loaded. */
  print: string;
  tasks: string[];
  lockDuration: number;
  options: ServeOptions;
}

/** A worker that serves. */
export class Server implements TaskServer {
  readonly id: string = `${hostName()}:${newToken().slice(0, 6)}`;
  readonly ended: Promise<void>;
  readonly tasks: string[];
  /** Number of threads or processes. */
  readonly #size: number;
  readonly #init: ServerInit;
  readonly #end = Promise.withResolvers<void>();
  readonly #started = Date.now();
  readonly #queues: BullQueue[];
  #workers: BullWorker[] = [];
  readonly #jobs: JobCheck;
  readonly #chunks: ChunksInHand;
  /** The ids of jobs that BullMQ has handed over and that have not ended, whether begun or not. */
  readonly #handedOver = new Set<string>();
  readonly #orphaned: OrphanedJobs;
  readonly #wakes: Wakes;
  readonly #rate = new RateMeter();
  readonly #brokerWatch: BrokerWatch;
  readonly #errors: BrokerErrors;
  readonly #chunksEnded = { completed: 0, failed: 0 };
  #isDraining = false;
  #isGone = false;
  #isLooking = false;
  #looks = 0;
  #closing: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hasNamedStuckThread = false;

  constructor(init: ServerInit) {
    const { broker, print, tasks, options: { workers } } = init;
    const most = typeof workers === "object" ? workers.max : workers;
    const notice = (line: string) => this.#notice(line);
    this.#init = init;
    this.tasks = tasks;
    this.#size = most ?? navigator.hardwareConcurrency;
    this.#queues = Object.values(broker.queues(print));
    this.#jobs = new JobCheck({ fingerprint: print, tasks, notice });
    this.#chunks = new ChunksInHand(broker);
    this.#wakes = new Wakes(broker);
    this.#brokerWatch = new BrokerWatch({ label: broker.label, notice });
    this.#errors = new BrokerErrors({ label: broker.label, watch: this.#brokerWatch, notice });
    this.#orphaned = new OrphanedJobs({ broker, id: this.id, queues: this.#queues, held: this.#handedOver });
    this.ended = this.#end.promise;
    // So that a caller that does not read `ended` gets no unhandled rejection.
    this.ended.catch(() => {});
  }

  get slots(): number {
    return this.#size * this.#init.executor.concurrency;
  }

  /**
   * Maximum number of job chunks in flight: one for each slot, and more while the best number of slots is still
   * unknown.
   */
  get #mostChunks(): number {
    const { concurrency } = this.#init.options;
    return Math.min(MOST_CHUNKS, concurrency === "auto" ? 2 * this.slots : this.slots);
  }

  /** Enters the roster and starts taking jobs. */
  async start(): Promise<void> {
    const { broker, executor, print } = this.#init;
    executor.addEventListener("threadstuck", (event) => this.#threadStuck(event));
    for (const warning of broker.warnings) this.#notice(warning);
    executor.addEventListener("workerstart", () => this.#checkVersion());
    await this.#announce();
    const names = queueNames(print);
    this.#workers = [
      this.#take(names.chunks, { concurrency: this.#mostChunks, maxStalledCount: 1 }),
      // One at a time and alone, because if it ends the process, no other job must be lost with it.
      this.#take(names.quarantine, { concurrency: 1, maxStalledCount: 0 }),
    ];
    this.#watch();
  }

  stats(): ServerStats {
    const executor = this.#init.executor.stats();
    return {
      chunks: this.#chunks.size,
      chunksEnded: { ...this.#chunksEnded },
      rejected: this.#jobs.rejected,
      tasks: executor.succeeded + executor.failed,
      rate: this.#rate.perSecond,
      executor,
    };
  }

  async metrics(): Promise<string> {
    const { metricsOf } = await import("./metrics.ts");
    return await metricsOf(this, this.#queues);
  }

  async close({ timeout }: { timeout?: number } = {}): Promise<void> {
    this.#closing ??= this.#close();
    const timer = timeout === undefined ? undefined : setTimeout(() => this.abort(), timeout);
    await this.#closing;
    clearTimeout(timer);
  }

  abort(): void {
    this.#chunks.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(failure?: Error): Promise<void> {
    const { broker, executor, print } = this.#init;
    this.#isDraining = true;
    this.#chunks.drain();
    await waitAtMost(HANDING_OVER, this.#announce());
    await this.#handOver();
    this.#isGone = true;
    clearTimeout(this.#timer);
    await executor.close({ timeout: CLOSING });
    await waitAtMost(LEAVING, leave(broker, this.id).then(() => retireVersion(broker, print)));
    await broker.close();
    if (failure) this.#end.reject(failure);
    else this.#end.resolve();
  }

  /**
   * Waits until all running tasks have ended and their results are in Redis. Does not wait for a broker that accepts
   * none.
   */
  async #handOver(): Promise<void> {
    let done = false;
    const closed = Promise.all(this.#workers.map((worker) => worker.close())).then(() => done = true);
    await Promise.race([closed, this.#chunks.ended()]);
    await waitAtMost(HANDING_OVER, closed);
    if (done) return;
    const { label } = this.#init.broker;
    this.#notice(
      `the broker at ${label} accepts no results: inputs without a result run again on other workers`,
    );
  }

  /** Starts taking jobs of one of BullMQ's queues. */
  #take(name: string, options: { concurrency: number; maxStalledCount: number }): BullWorker {
    const { broker: { client, keys }, lockDuration } = this.#init;
    const isQuarantine = options.maxStalledCount === 0;
    const worker = new Worker(name, (job: Job) => this.#hold(job, isQuarantine), {
      connection: client,
      prefix: keys.prefix,
      skipVersionCheck: true,
      name: this.id,
      lockDuration,
      // Redis accepts only whole numbers. BullMQ's check continues after an error of Redis.
      stalledInterval: Math.max(500, Math.floor(lockDuration / 3)),
      runRetryDelay: 1_000,
      drainDelay: 5,
      ...options,
    });
    worker.on("error", (error: unknown) => this.#hear(error));
    worker.on("completed", (job: Job) => {
      this.#chunksEnded.completed++;
      this.#ended(job);
    });
    worker.on("failed", (job: Job | undefined) => {
      this.#chunksEnded.failed++;
      if (job) this.#ended(job);
    });
    return worker;
  }

  async #hold(job: Job, isQuarantine: boolean): Promise<Results | undefined> {
    this.#handedOver.add(job.id!);
    try {
      return isQuarantine ? await this.#processAlone(job) : await this.#process(job);
    } finally {
      this.#handedOver.delete(job.id!);
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
    const { broker: { client, keys }, executor } = this.#init;
    const id = job.id!;
    const { chunk, inputs } = this.#jobs.check(job.data);
    const jobKey = this.#queues.find(({ name }) => name === job.queueName)!.toKey(id);
    const holder = await client.eval(TAKE, 2, jobKey, keys.lock(chunk.run), this.id);
    // No producer waits for it, or that is not known yet. If one does, it hands the job out again.
    if (holder !== chunk.token || this.#isDraining) return undefined;
    const run = new ChunkRun({
      executor,
      server: this.id,
      chunk,
      inputs,
      onPart: async (results) => {
        await client.eval(PUSH_PART, 2, jobKey, keys.parts(id), JSON.stringify(results));
        this.#wake(job);
      },
      onBroken: (error) => this.#broken(error),
    });
    return await this.#chunks.run(job, { chunk, run });
  }

  /** Notes that a job has ended in Redis, too. */
  #ended(job: Job): void {
    if (this.#chunks.isUnwanted(job)) void this.#drop(job);
    else this.#wake(job);
  }

  /** Removes a job whose results are not wanted. */
  async #drop(job: Job): Promise<void> {
    const { client, keys } = this.#init.broker;
    await job.remove().then(() => client.del(keys.parts(job.id!))).catch(() => {});
  }

  /** Tells the job's producer that there is news. */
  #wake(job: Job): void {
    const run = (job.data as { run?: unknown } | null)?.run;
    if (typeof run === "string" && isName(run)) this.#wakes.add(run, job.id!);
  }

  /**
   * Drains if the module has changed. A new thread or process would load the changed module, and the results of a run
   * would mix two versions.
   */
  #checkVersion(): void {
    const { print, url } = this.#init;
    if (this.#isDraining || fingerprint(url) === print) return;
    this.#notice(
      `${moduleName(url)} has changed since this worker started. Draining; start the worker again`,
    );
    void this.close();
  }

  #broken(error: ModuleLoadError): void {
    if (this.#closing) return;
    this.#notice(`no worker can be started any more: ${error.message}`);
    this.#closing = this.#close(error);
  }

  #watch(): void {
    this.#timer = setTimeout(() => {
      if (!this.#init.broker.connected) this.#brokerWatch.away();
      else if (!this.#isLooking) void this.#lookAround();
      this.#brokerWatch.remind();
      if (!this.#isGone) this.#watch();
    }, INTERVAL);
  }

  /** Checks everything. Never awaited, because the broker may never answer. */
  async #lookAround(): Promise<void> {
    const { broker, print } = this.#init;
    this.#isLooking = true;
    try {
      await this.#brokerWatch.asked(this.#announce());
      this.#brokerWatch.works();
      await useVersion(broker, print);
      await this.#chunks.look();
      const removed = await this.#orphaned.look();
      if (removed > 0) {
        const jobs = removed === 1 ? "a job" : `${removed} jobs`;
        this.#notice(`${jobs} could not be begun or ended; inputs without an outcome run again`);
      }
      if (this.#looks++ % LOOKS_PER_SWEEP !== 0) return;
      await sweep(broker, this.#queues);
      await sweepVersions(broker);
    } catch (error) {
      this.#hear(error);
    } finally {
      this.#isLooking = false;
    }
  }

  #hear(error: unknown): void {
    // BullMQ could not parse a job.
    if (error instanceof SyntaxError) void this.#rejectUnreadable();
    else this.#errors.hear(error);
  }

  async #rejectUnreadable(): Promise<void> {
    try {
      for (const queue of this.#queues) {
        const removed = await removeUnreadable(this.#init.broker, queue, this.#chunks);
        for (let left = removed; left > 0; left--) this.#jobs.reject("its data is not JSON");
      }
    } catch (error) {
      this.#errors.hear(error);
    }
  }

  /** Renews the worker's entry in the roster, and shows the notes of producers. */
  async #announce(): Promise<void> {
    const [chunks] = this.#workers;
    if (chunks) chunks.concurrency = this.#mostChunks;
    const { broker, executor, print, url, lockDuration } = this.#init;
    const { succeeded, failed, inFlight } = executor.stats();
    this.#rate.look(succeeded + failed);
    const record: WorkerRecord = {
      id: this.id,
      fingerprint: print,
      module: moduleName(url),
      tasks: this.tasks,
      slots: this.slots,
      concurrency: executor.concurrency,
      started: this.#started,
      draining: this.#isDraining,
      inFlight,
      succeeded,
      failed,
      rejected: this.#jobs.rejected,
      rate: this.#rate.perSecond,
    };
    for (const { run, from, reason } of await announce(broker, record, lockDuration)) {
      this.#notice(`refuses the run ${run} of ${shown(from)}: ${shown(reason)}`);
    }
  }

  #threadStuck(event: Event): void {
    const { onNotice, onStuckThread = "thread" } = this.#init.options;
    // Without `onNotice`, the console shows it.
    if (!onNotice) return;
    event.preventDefault();
    if (this.#hasNamedStuckThread) return;
    this.#hasNamedStuckThread = true;
    const advice =
      "Start the worker with isolation process, or let it go on in processes: on-stuck-thread process";
    onNotice(stuckThreadText(onStuckThread, advice));
  }

  #notice(line: string): void {
    this.#init.options.onNotice?.(line);
  }
}
