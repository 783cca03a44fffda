/**
 * A worker over a broker, from its entry in the roster until it has drained. `job_taker.ts` takes and runs its jobs. The thread that
 * talks to the broker runs no tasks, so a task never delays the renewal of a lock.
 */

import process from "node:process";
import type { ModuleLoadError } from "../../errors.ts";
import type { Executor } from "../../executor/executor.ts";
import { waitAtMost } from "../../executor/basics/deadlines.ts";
import type { Broker } from "../broker/broker.ts";
import { BrokerWatch } from "../broker/broker_watch.ts";
import type { BullQueue } from "../broker/bullmq.ts";
import { hostName } from "../broker/host_name.ts";
import { labelsOf, poolOf, serves } from "../broker/labels.ts";
import { newToken } from "../broker/names.ts";
import type { RunRecord } from "../broker/protocol.ts";
import { runsOf } from "../broker/roster.ts";
import { type Checking, RegularChecks } from "../broker/regular_checks.ts";
import { sweep } from "../broker/sweep.ts";
import { retireVersion, sweepVersions, useVersion } from "../broker/versions.ts";
import { BrokerErrors } from "./broker_errors.ts";
import { ChunksInHand } from "./chunks_in_hand.ts";
import { Inbox } from "./inbox.ts";
import { JobCheck } from "./job_check.ts";
import { JobProcessor, type JobProcessorHost } from "./job_processor.ts";
import { JobTaker } from "./job_taker.ts";
import { OwnEnd } from "./own_end.ts";
import type { ServeOptions } from "./serve_options.ts";
import { StartRequests } from "./start_requests.ts";
import { OrphanedJobs, removeUnreadable } from "./stray_jobs.ts";
import { tellStuckThread } from "./stuck_thread.ts";
import type { ServerStats, TaskServer } from "./task_server.ts";
import { WorkerEntry } from "./worker_entry.ts";

/** Maximum number of job chunks in flight. */
const MOST_CHUNKS = 256;
/** How long the broker may take to accept news or the last results when the worker ends, in milliseconds. A guess. */
const HANDING_OVER = 5_000;
/** How long bodies may take to end when the worker closes, in milliseconds. A guess. */
const CLOSING = 10_000;
/** How long the broker may take to remove the worker's roster entry, in milliseconds. Otherwise the entry expires by itself. */
const LEAVING = 1_000;
/** How long a worker takes to end after its last task at most, in milliseconds. */
export const MOST_LEAVING: number = 2 * HANDING_OVER + CLOSING + LEAVING;
/** Number of checks between two sweeps of jobs that runs have left: a minute. */
const LOOKS_PER_SWEEP = 30;

interface ServerInit {
  broker: Broker;
  executor: Executor;
  url: string;
  /** The fingerprint of the module when it was loaded. */
  print: string;
  tasks: string[];
  lockDuration: number;
  options: ServeOptions;
}

export class Server implements TaskServer, Checking, JobProcessorHost {
  readonly id: string = `${hostName()}:${newToken().slice(0, 6)}`;
  readonly ended: Promise<void>;
  readonly tasks: string[];
  /** Number of threads or processes. */
  readonly #size: number;
  readonly #init: ServerInit;
  readonly #end = Promise.withResolvers<void>();
  /** Its labels in order, and the name of the pool that they make. */
  readonly #labels: string[];
  readonly #pool: string;
  readonly #queues: BullQueue[];
  readonly #jobs: JobCheck;
  readonly #chunks: ChunksInHand;
  readonly #taker: JobTaker;
  readonly #starts: StartRequests;
  readonly #inbox: Inbox;
  readonly #entry: WorkerEntry;
  readonly #ownEnd: OwnEnd;
  readonly #orphaned: OrphanedJobs;
  readonly #brokerWatch: BrokerWatch;
  readonly #errors: BrokerErrors;
  readonly #checks: RegularChecks;
  #isDraining = false;
  #looks = 0;
  #closing: Promise<void> | undefined;

  constructor(init: ServerInit) {
    const { broker, executor, print, tasks, lockDuration, options } = init;
    const { workers, label } = options;
    const most = typeof workers === "object" ? workers.max : workers;
    const notice = (line: string) => this.#notice(line);
    this.#init = init;
    this.tasks = tasks;
    this.#size = most ?? navigator.hardwareConcurrency;
    this.#labels = labelsOf("label", label);
    this.#pool = poolOf(this.#labels);
    const queues = broker.queues(print, { pool: this.#pool });
    this.#queues = Object.values(queues);
    this.#jobs = new JobCheck({ fingerprint: print, tasks, notice });
    this.#chunks = new ChunksInHand(broker);
    const slots = () => this.slots;
    this.#starts = new StartRequests({ broker, server: this.id, lock: lockDuration, slots });
    this.#inbox = new Inbox(broker, this.id, {
      granted: (grant) => this.#starts.granted(grant),
      roomGranted: (room) => processor.roomGranted(room),
    });
    const processor = new JobProcessor({
      broker,
      executor,
      server: this.id,
      queues,
      jobs: this.#jobs,
      chunks: this.#chunks,
      starts: this.#starts,
      inbox: this.#inbox,
      host: this,
    });
    this.#taker = new JobTaker({
      broker,
      server: this.id,
      lockDuration,
      queues,
      chunks: this.#chunks,
      processor,
      troubled: (error) => this.troubled(error),
    });
    const labels = this.#labels;
    this.#entry = new WorkerEntry({ ...init, server: this.id, labels, jobs: this.#jobs, notice, host: this });
    const { idleExit, exitWithRun } = options;
    this.#ownEnd = new OwnEnd({ ...init, labels, idleExit, exitWithRun, taker: this.#taker });
    this.#brokerWatch = new BrokerWatch({ label: broker.label, notice });
    this.#errors = new BrokerErrors({ label: broker.label, watch: this.#brokerWatch, notice });
    this.#checks = new RegularChecks({ broker, watch: this.#brokerWatch, host: this });
    const held = this.#taker.handedOver;
    this.#orphaned = new OrphanedJobs({ broker, id: this.id, queues: this.#queues, held });
    this.ended = this.#end.promise;
    // So that a caller that does not read `ended` gets no unhandled rejection.
    this.ended.catch(() => {});
  }

  get labels(): readonly string[] {
    return this.#labels;
  }

  get slots(): number {
    return this.#size * this.#init.executor.concurrency;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  get isReady(): boolean {
    return !this.#isDraining && this.#brokerWatch.failure === undefined;
  }

  /** Maximum number of job chunks in flight: one for each slot, and more while the best number of slots is still unknown. */
  get #mostChunks(): number {
    const { concurrency } = this.#init.options;
    return Math.min(MOST_CHUNKS, concurrency === "auto" ? 2 * this.slots : this.slots);
  }

  /** Enters the roster and starts taking jobs. */
  async start(): Promise<void> {
    const { broker, executor, options } = this.#init;
    tellStuckThread(executor, options);
    // What a body prints when its job chunk has ended.
    executor.addEventListener("taskoutput", ({ detail }) => this.printed(detail.text));
    for (const warning of broker.warnings) this.#notice(warning);
    executor.addEventListener("workerstart", () => this.#leaveIfChanged());
    await broker.answer(this.#entry.renew());
    this.#taker.start(this.#mostChunks);
    this.#checks.start();
  }

  stats(): ServerStats {
    const executor = this.#init.executor.stats();
    return {
      chunks: this.#chunks.size,
      chunksEnded: { ...this.#taker.chunksEnded },
      rejected: this.#jobs.rejected,
      tasks: executor.succeeded + executor.failed,
      rate: this.#entry.rate,
      executor,
    };
  }

  async metrics(): Promise<string> {
    const { metricsOf } = await import("./metrics.ts");
    const isAway = this.#brokerWatch.failure !== undefined;
    return await metricsOf(
      this,
      isAway ? undefined : { queues: this.#queues, runs: () => this.#served() },
    );
  }

  /** Returns the runs that it may serve. */
  async #served(): Promise<RunRecord[]> {
    const { broker, print } = this.#init;
    return (await runsOf(broker, print)).filter(({ on }) => serves(this.#labels, on));
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
    this.#taker.drain();
    await waitAtMost(HANDING_OVER, this.#entry.renew());
    if (!await this.#taker.handOver(HANDING_OVER)) {
      this.#notice(
        `the broker at ${broker.label} accepts no results: inputs without a result run again on other workers`,
      );
    }
    this.#checks.stop();
    await executor.close({ timeout: CLOSING });
    this.#starts.stop();
    this.#inbox.stop();
    await waitAtMost(LEAVING, this.#entry.remove().then(() => retireVersion(broker, print)));
    await broker.close();
    if (failure) this.#end.reject(failure);
    else this.#end.resolve();
  }

  #leaveIfChanged(): void {
    if (this.#isDraining) return;
    const why = this.#ownEnd.changed();
    if (why !== undefined) this.leave(why);
  }

  leave(why: string): void {
    if (this.#isDraining) return;
    this.#notice(why);
    void this.close();
  }

  /** Prints here what a body has printed, and its run does not take. */
  printed(text: string): void {
    process.stderr.write(text);
  }

  broken(error: ModuleLoadError): void {
    if (this.#closing) return;
    this.#notice(`no worker can be started any more: ${error.message}`);
    this.#closing = this.#close(error);
  }

  async check(): Promise<void> {
    const { broker, print } = this.#init;
    this.#taker.setMostChunks(this.#mostChunks);
    await this.#brokerWatch.asked(this.#entry.renew());
    this.#brokerWatch.works();
    await useVersion(broker, print, [this.#pool]);
    await this.#chunks.look();
    const why = await this.#ownEnd.look();
    if (why !== undefined) this.leave(why);
    const removed = await this.#orphaned.look();
    if (removed > 0) {
      const jobs = removed === 1 ? "a job" : `${removed} jobs`;
      this.#notice(`${jobs} could not be begun or ended; inputs without an outcome run again`);
    }
    if (this.#looks++ % LOOKS_PER_SWEEP !== 0) return;
    await sweep(broker, this.#queues);
    await sweepVersions(broker);
  }

  began(run: string): void {
    this.#ownEnd.began(run);
  }

  troubled(error: unknown): void {
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

  #notice(line: string): void {
    this.#init.options.onNotice?.(line);
  }
}
