/**
 * A worker over a broker, from its entry in the roster until it has drained. `job_taker.ts` takes and runs its jobs. The thread that
 * talks to the broker runs no tasks, so a task never delays the renewal of a lock.
 */

import process from "node:process";
import type { ModuleLoadError } from "../../errors.ts";
import type { Executor } from "../../executor/executor.ts";
import { stuckThreadText } from "../../executor/pool/stuck_threads.ts";
import { waitAtMost } from "../../executor/basics/deadlines.ts";
import { fingerprint } from "../../fingerprint.ts";
import type { Broker } from "../broker/broker.ts";
import { BrokerWatch } from "../broker/broker_watch.ts";
import type { BullQueue } from "../broker/bullmq.ts";
import { hostName } from "../broker/host_name.ts";
import { labelsOf, poolOf, serves } from "../broker/labels.ts";
import { moduleName } from "../broker/module_name.ts";
import { newToken } from "../broker/names.ts";
import { type RunRecord, shown, type WorkerRecord } from "../broker/protocol.ts";
import { runsOf } from "../broker/roster.ts";
import { type Checking, RegularChecks } from "../broker/regular_checks.ts";
import { sweep } from "../broker/sweep.ts";
import { retireVersion, sweepVersions, useVersion } from "../broker/versions.ts";
import { BrokerErrors } from "./broker_errors.ts";
import { ChunksInHand } from "./chunks_in_hand.ts";
import { Inbox } from "./inbox.ts";
import { JobCheck } from "./job_check.ts";
import { JobTaker, type JobTakerHost } from "./job_taker.ts";
import { OrphanedJobs, removeUnreadable } from "./stray_jobs.ts";
import { announce, leave, RateMeter } from "./presence.ts";
import type { ServeOptions } from "./serve_options.ts";
import { ServedRuns } from "./served_runs.ts";
import { StartRequests } from "./start_requests.ts";
import type { ServerStats, TaskServer } from "./task_server.ts";

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

/** A worker that serves. */
export class Server implements TaskServer, Checking, JobTakerHost {
  readonly id: string = `${hostName()}:${newToken().slice(0, 6)}`;
  readonly ended: Promise<void>;
  readonly tasks: string[];
  /** Number of threads or processes. */
  readonly #size: number;
  readonly #init: ServerInit;
  readonly #end = Promise.withResolvers<void>();
  readonly #started = Date.now();
  /** Its labels in order, and the name of the pool that they make. */
  readonly #labels: string[];
  readonly #pool: string;
  readonly #queues: BullQueue[];
  readonly #jobs: JobCheck;
  readonly #chunks: ChunksInHand;
  readonly #taker: JobTaker;
  readonly #starts: StartRequests;
  readonly #inbox: Inbox;
  /** The runs with which the worker ends; undefined if it stays. */
  readonly #runs: ServedRuns | undefined;
  readonly #orphaned: OrphanedJobs;
  readonly #rate = new RateMeter();
  readonly #brokerWatch: BrokerWatch;
  readonly #errors: BrokerErrors;
  readonly #checks: RegularChecks;
  #isDraining = false;
  #looks = 0;
  /** When it was seen last that there was a job, in milliseconds of `performance.now()`, and how many had ended then. */
  #busyAt = performance.now();
  #endedThen = 0;
  #closing: Promise<void> | undefined;
  #hasNamedStuckThread = false;

  constructor(init: ServerInit) {
    const { broker, executor, print, tasks, lockDuration, options: { workers, exitWithRun, label } } = init;
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
    this.#runs = exitWithRun ? new ServedRuns(broker, print, this.#labels) : undefined;
    this.#inbox = new Inbox(broker, this.id, {
      granted: (grant) => this.#starts.granted(grant),
      roomGranted: (room) => this.#taker.roomGranted(room),
    });
    this.#taker = new JobTaker({
      broker,
      executor,
      server: this.id,
      print,
      lockDuration,
      queues,
      jobs: this.#jobs,
      chunks: this.#chunks,
      starts: this.#starts,
      inbox: this.#inbox,
      host: this,
    });
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
    const { broker, executor } = this.#init;
    executor.addEventListener("threadstuck", (event) => this.#threadStuck(event));
    // What a body prints when its job chunk has ended.
    executor.addEventListener("taskoutput", ({ detail }) => this.printed(detail.text));
    for (const warning of broker.warnings) this.#notice(warning);
    executor.addEventListener("workerstart", () => this.#checkVersion());
    await broker.answer(this.#announce());
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
      rate: this.#rate.perSecond,
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
    await waitAtMost(HANDING_OVER, this.#announce());
    if (!await this.#taker.handOver(HANDING_OVER)) {
      this.#notice(
        `the broker at ${broker.label} accepts no results: inputs without a result run again on other workers`,
      );
    }
    this.#checks.stop();
    await executor.close({ timeout: CLOSING });
    this.#starts.stop();
    this.#inbox.stop();
    await waitAtMost(LEAVING, leave(broker, this.id).then(() => retireVersion(broker, print)));
    await broker.close();
    if (failure) this.#end.reject(failure);
    else this.#end.resolve();
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
    await this.#brokerWatch.asked(this.#announce());
    this.#brokerWatch.works();
    await useVersion(broker, print, [this.#pool]);
    await this.#chunks.look();
    this.#closeIfIdle();
    await this.#closeWithRun();
    const removed = await this.#orphaned.look();
    if (removed > 0) {
      const jobs = removed === 1 ? "a job" : `${removed} jobs`;
      this.#notice(`${jobs} could not be begun or ended; inputs without an outcome run again`);
    }
    if (this.#looks++ % LOOKS_PER_SWEEP !== 0) return;
    await sweep(broker, this.#queues);
    await sweepVersions(broker);
  }

  #closeIfIdle(): void {
    const { idleExit = Infinity } = this.#init.options;
    const now = performance.now();
    const { handedOver, chunksEnded: { completed, failed } } = this.#taker;
    if (handedOver.size > 0 || completed + failed > this.#endedThen) this.#busyAt = now;
    this.#endedThen = completed + failed;
    if (this.#isDraining || now - this.#busyAt < idleExit) return;
    this.#notice(`no work for ${Math.round(idleExit / 1_000)} s; leaving`);
    void this.close();
  }

  async #closeWithRun(): Promise<void> {
    const end = await this.#runs?.look();
    if (end === undefined || this.#isDraining) return;
    this.#notice(`${end}; leaving`);
    void this.close();
  }

  began(run: string): void {
    this.#runs?.add(run);
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

  /** Renews the worker's entry in the roster. Shows the notes of producers, and obeys operators. */
  async #announce(): Promise<void> {
    this.#taker.setMostChunks(this.#mostChunks);
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
      ...(this.#labels.length > 0 && { labels: this.#labels }),
    };
    for (const message of await announce(broker, record, lockDuration)) {
      const from = shown(message.from);
      if (!("drain" in message)) {
        this.#notice(`refuses the run ${message.run} of ${from}: ${shown(message.reason)}`);
      } else if (!this.#isDraining) {
        this.#notice(`draining, as polyloop top on ${from} asks: takes no more inputs`);
        void this.close();
      }
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
