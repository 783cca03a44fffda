/**
 * A worker: takes chunks from the broker and runs them on an executor of its own, whose threads or processes are not the
 * one that talks to the broker. Longer than most files, because all that can become of a job meets here.
 *
 * @module
 */

import { resolveModule } from "../../backends/default.ts";
import type { ModuleLoadError } from "../../errors.ts";
import { checkNames, functionOf, oneOf, type OptionNames } from "../../executor/checks.ts";
import { Executor } from "../../executor/executor.ts";
import { stuckThreadText } from "../../executor/pool/stuck_threads.ts";
import type { ExecutorOptions } from "../../executor/types.ts";
import { fingerprint } from "../../fingerprint.ts";
import { Broker, type BrokerOptions } from "../broker/broker.ts";
import { BrokerWatch } from "../broker/broker_watch.ts";
import { type BullQueue, type BullWorker, type Job, UnrecoverableError, Worker } from "../broker/bullmq.ts";
import { ChunkRun } from "./chunk_run.ts";
import { unpackKeyed } from "../broker/encoding.ts";
import { brokerError } from "../errors.ts";
import { hostName } from "../broker/host_name.ts";
import { moduleName } from "../broker/module_name.ts";
import { RUN_BY } from "../producer/job_table.ts";
import { OrphanedJobs } from "./orphaned_jobs.ts";
import { isName, newToken, queueNames } from "../broker/names.ts";
import { BROKER } from "../option_names.ts";
import { announce, leave } from "./presence.ts";
import { type ChunkData, chunkSchema, type Results, shown, type WorkerRecord } from "../broker/protocol.ts";
import type { ServerStats, TaskServer } from "./task_server.ts";
import { sweep } from "../broker/sweep.ts";
import { waitAtMost } from "../../executor/wait_at_most.ts";
import { removeUnreadable } from "./unreadable_jobs.ts";
import { retireVersion, sweepVersions, useVersion } from "../broker/versions.ts";
import { Wakes } from "./wakes.ts";

/** Options of a worker: which broker, and how tasks are run here. */
export interface ServeOptions extends
  BrokerOptions,
  Pick<
    ExecutorOptions,
    | "workers"
    | "concurrency"
    | "permissions"
    | "denoOptions"
    | "workerData"
    | "env"
    | "argv"
    | "execArgv"
    | "resourceLimits"
    | "onStuckThread"
    | "recycle"
    | "stallTimeout"
    | "startTimeout"
    | "schema"
    | "tracing"
  > {
  /** Where a task's `console.log` goes: to stdout as usual (default), or to stderr. */
  console?: "inherit" | "stderr";
  /** `"thread"` (default) or `"process"`. The thread that talks to the broker runs no tasks. */
  isolation?: "thread" | "process";
  /** How long this worker may be silent before its chunks are given to others, in milliseconds. 15,000 by default. */
  lockDuration?: number;
  /** Is told what a user may want to know. */
  onNotice?: (line: string) => void;
}

/** The names of its options. */
const SERVE_OPTIONS: OptionNames<ServeOptions> = {
  ...BROKER,
  workers: true,
  concurrency: true,
  isolation: true,
  permissions: true,
  denoOptions: true,
  workerData: true,
  env: true,
  argv: true,
  execArgv: true,
  resourceLimits: true,
  console: true,
  onStuckThread: true,
  recycle: true,
  stallTimeout: true,
  startTimeout: true,
  schema: true,
  tracing: true,
  lockDuration: true,
  onNotice: true,
};

/** How often it says that it is there, in milliseconds. */
const INTERVAL = 2_000;
/** A run without a lock at so many looks in a row is over; at fewer, Redis may have lost it. */
const MISSED = 4;
/** What BullMQ says of a chunk whose lock has run out. */
const LOCK_LOST =
  /Missing lock for job|could not renew lock|Lock mismatch|Missing key for job|not in the active state/i;
/** Maximum number of different errors that are said. */
const MOST_SAID = 20;
/** It has no more chunks at once. */
const MOST_CHUNKS = 256;
/** How long the broker may take to be told, or to take the last results, when the worker ends; in milliseconds. */
const HANDING_OVER = 5_000;
/** Every how many intervals it looks for what runs have left behind. */
const SWEEP = 30;

/** A job that has lost its lock may have ended elsewhere: then nobody takes its parts, nor removes them. */
const PUSH_PART = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('RPUSH', KEYS[2], ARGV[1])
return redis.call('EXPIRE', KEYS[2], 3600)`;

/** The producer that waits for a job's results; the job says who has it, if it is still there. */
const TAKE = `
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], '${RUN_BY}', ARGV[1]) end
return redis.call('GET', KEYS[2])`;

/** A chunk in hand. */
interface Running {
  chunk: ChunkData;
  run: ChunkRun;
  missed: number;
}

/**
 * Serves a module's tasks to the runs on a queue, until it is closed. Resolves once it takes tasks.
 *
 * @throws {BrokerError} if the broker cannot be used
 * @throws {ModuleLoadError} if the module cannot be loaded
 *
 * @example
 * ```ts ignore
 * import { serveTasks } from "@polyloop/polyloop/distributed";
 *
 * const server = await serveTasks(new URL("../../../tests/examples/sha256.ts", import.meta.url), {
 *   redis: "redis://127.0.0.1:6379",
 *   workers: 4,
 * });
 * await server.ended;
 * ```
 */
export async function serveTasks(module: URL | string, options: ServeOptions): Promise<TaskServer> {
  checkNames(options, SERVE_OPTIONS, { subject: "option of serveTasks()" });
  functionOf("onNotice", options.onNotice);
  const { lockDuration = 15_000, isolation = "thread" as string } = options;
  if (isolation === "none") {
    throw new TypeError(
      'isolation must be "thread" or "process": a task would block the client of the broker',
    );
  }
  if (!(Number.isInteger(lockDuration) && lockDuration >= 1_000 && lockDuration <= 3_600_000)) {
    throw new RangeError(
      `lockDuration must be a whole number of milliseconds from 1,000 to 3,600,000, got ${lockDuration}`,
    );
  }
  const url = resolveModule(module);
  if (url === null) throw new TypeError("serveTasks() needs a module");
  const executor = new Executor(url, {
    workers: options.workers,
    concurrency: options.concurrency,
    isolation: isolation as "thread" | "process",
    permissions: options.permissions,
    denoOptions: options.denoOptions,
    workerData: options.workerData,
    env: options.env,
    argv: options.argv,
    execArgv: options.execArgv,
    resourceLimits: options.resourceLimits,
    onStuckThread: options.onStuckThread,
    recycle: options.recycle,
    stallTimeout: options.stallTimeout,
    startTimeout: options.startTimeout,
    schema: options.schema,
    tracing: options.tracing,
    console: oneOf<"inherit" | "stderr">("console", options.console ?? "inherit", ["inherit", "stderr"]),
    idleTimeout: Infinity,
  });
  let broker: Broker | undefined;
  try {
    // The module as it is when it is loaded; what others have is compared with this.
    const print = fingerprint(url);
    const [opened, tasks] = await Promise.all([
      Broker.open(options).then((opened) => broker = opened),
      executor.ready(),
    ]);
    if (fingerprint(url) !== print) throw new Error(`${moduleName(url)} was changed while it was loaded`);
    const server = new Server({ broker: opened, executor, url, print, tasks, lockDuration, options });
    await server.start();
    return server;
  } catch (error) {
    await Promise.all([executor.terminate(), broker?.close()]);
    throw error;
  }
}

/** What a server is made of. */
interface ServerInit {
  broker: Broker;
  executor: Executor;
  url: string;
  print: string;
  tasks: string[];
  lockDuration: number;
  options: ServeOptions;
}

class Server implements TaskServer {
  readonly id: string = `${hostName()}:${newToken().slice(0, 6)}`;
  readonly ended: Promise<void>;
  readonly tasks: string[];
  /** Threads or processes. */
  readonly #size: number;
  readonly #init: ServerInit;
  readonly #end = Promise.withResolvers<void>();
  readonly #queues: BullQueue[];
  readonly #started = Date.now();
  readonly #running = new Map<string, Running>();
  /** The ids of jobs that BullMQ has handed over and that have not ended, begun or not. */
  readonly #inHand = new Set<string>();
  readonly #orphaned: OrphanedJobs;
  readonly #wakes: Wakes;
  #workers: BullWorker[] = [];
  /** Chunks that were aborted because nobody waits for them. */
  readonly #unwanted = new Set<string>();
  readonly #chunksEnded = { completed: 0, failed: 0 };
  #rejected = 0;
  #draining = false;
  #gone = false;
  #closing: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looks = 0;
  #rate = 0;
  #counted = { tasks: 0, at: performance.now() };
  #saidStuck = false;
  #announcing = false;
  readonly #brokerWatch: BrokerWatch;
  /** Errors of BullMQ that were said, by their text. */
  readonly #said = new Set<string>();

  constructor(init: ServerInit) {
    const { broker, print, tasks, options: { workers } } = init;
    const most = typeof workers === "object" ? workers.max : workers;
    this.#init = init;
    this.tasks = tasks;
    this.#size = most ?? navigator.hardwareConcurrency;
    this.#wakes = new Wakes(broker);
    this.#brokerWatch = new BrokerWatch({ label: broker.label, notice: (line) => this.#notice(line) });
    this.#queues = Object.values(broker.queues(print));
    this.#orphaned = new OrphanedJobs({
      broker,
      id: this.id,
      queues: this.#queues,
      has: (id) => this.#inHand.has(id),
    });
    this.ended = this.#end.promise;
    // A caller that does not ask need not catch it.
    this.ended.catch(() => {});
  }

  get slots(): number {
    return this.#size * this.#init.executor.concurrency;
  }

  /** So many chunks at once: one for each slot, and more where it is still to be found out how many slots are best. */
  get #chunks(): number {
    const { concurrency } = this.#init.options;
    return Math.min(MOST_CHUNKS, concurrency === "auto" ? 2 * this.slots : this.slots);
  }

  async start(): Promise<void> {
    const { broker, executor, print } = this.#init;
    executor.addEventListener("threadstuck", (event) => this.#threadStuck(event));
    for (const warning of broker.warnings) this.#notice(warning);
    executor.addEventListener("workerstart", () => this.#checkVersion());
    await this.#announce();
    const names = queueNames(print);
    this.#workers = [
      this.#take(names.chunks, { concurrency: this.#chunks, maxStalledCount: 1 }),
      // One at a time, and with nothing else beside it: should it take the process with it, it takes nobody else.
      this.#take(names.quarantine, { concurrency: 1, maxStalledCount: 0 }),
    ];
    this.#watch();
  }

  stats(): ServerStats {
    const executor = this.#init.executor.stats();
    return {
      chunks: this.#running.size,
      chunksEnded: { ...this.#chunksEnded },
      rejected: this.#rejected,
      tasks: executor.succeeded + executor.failed,
      rate: this.#rate,
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
    for (const { run } of this.#running.values()) run.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(failure?: Error): Promise<void> {
    const { broker, executor } = this.#init;
    this.#draining = true;
    for (const { run } of this.#running.values()) run.drain();
    await waitAtMost(HANDING_OVER, this.#announce());
    await this.#handOver();
    this.#gone = true;
    clearTimeout(this.#timer);
    await executor.close({ timeout: 10_000 });
    await waitAtMost(1_000, leave(broker, this.id).then(() => retireVersion(broker, this.#init.print)));
    await broker.close();
    if (failure) this.#end.reject(failure);
    else this.#end.resolve();
  }

  /** Waits until all that runs has ended and its results are in Redis; not for a broker that takes none. */
  async #handOver(): Promise<void> {
    let done = false;
    const closed = Promise.all(this.#workers.map((worker) => worker.close())).then(() => done = true);
    const ended = Promise.allSettled(Array.from(this.#running.values(), ({ run }) => run.ended));
    await Promise.race([closed, ended]);
    await waitAtMost(HANDING_OVER, closed);
    if (done) return;
    const { label } = this.#init.broker;
    this.#notice(`the broker at ${label} takes no results: inputs without one run again on other workers`);
  }

  #take(name: string, options: { concurrency: number; maxStalledCount: number }): BullWorker {
    const { broker: { client, keys }, lockDuration } = this.#init;
    const alone = options.concurrency === 1 && options.maxStalledCount === 0;
    const process = (job: Job) => alone ? this.#processAlone(job) : this.#process(job);
    const worker = new Worker(name, (job: Job) => this.#hold(job, process), {
      connection: client,
      prefix: keys.prefix,
      skipVersionCheck: true,
      name: this.id,
      lockDuration,
      // Redis takes whole numbers alone.
      stalledInterval: Math.max(500, Math.floor(lockDuration / 3)),
      runRetryDelay: 1_000,
      drainDelay: 5,
      ...options,
    });
    worker.on("error", (error: unknown) => this.#heard(error));
    worker.on("completed", (job: Job) => {
      this.#chunksEnded.completed++;
      if (this.#unwanted.delete(job.id!)) void this.#drop(job);
      else this.#wake(job);
    });
    worker.on("failed", (job: Job | undefined) => {
      this.#chunksEnded.failed++;
      if (job) this.#wake(job);
    });
    return worker;
  }

  async #hold<T>(job: Job, process: (job: Job) => Promise<T>): Promise<T> {
    this.#inHand.add(job.id!);
    try {
      return await process(job);
    } finally {
      this.#inHand.delete(job.id!);
    }
  }

  /** An input that may end this process. */
  async #processAlone(job: Job): Promise<Results | undefined> {
    const [chunks] = this.#workers;
    // Waits for what runs beside it.
    await chunks.pause();
    try {
      return await this.#process(job);
    } finally {
      if (!this.#draining) chunks.resume();
    }
  }

  /** One job. What it returns are results; inputs that are not among them go out again. */
  async #process(job: Job): Promise<Results | undefined> {
    const { broker: { client, keys }, executor } = this.#init;
    const { chunk, inputs } = this.#check(job.data);
    const jobKey = this.#queues.find(({ name }) => name === job.queueName)!.toKey(job.id!);
    const holder = await client.eval(TAKE, 2, jobKey, keys.lock(chunk.run), this.id);
    // Nobody waits for it, or nobody knows yet; if somebody does, it comes again.
    if (holder !== chunk.token || this.#draining) return undefined;
    const id = job.id!;
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
    this.#running.set(id, { chunk, run, missed: 0 });
    try {
      return await run.ended;
    } finally {
      this.#running.delete(id);
    }
  }

  /** Jobs are what anybody who may write to the queue wants them to be. */
  #check(data: unknown): { chunk: ChunkData; inputs: NonNullable<ReturnType<typeof unpackKeyed>> } {
    const { success, data: chunk, error } = chunkSchema.safeParse(data);
    if (!success) throw this.#reject(`it is no chunk (${error.issues[0]?.path.join(".")})`);
    if (chunk.fingerprint !== this.#init.print) throw this.#reject("its module is another");
    if (!this.tasks.includes(chunk.task)) {
      throw this.#reject(`the module has no task ${shown(JSON.stringify(chunk.task.slice(0, 100)))}`);
    }
    const inputs = unpackKeyed(chunk);
    if (!inputs) throw this.#reject("its inputs are not as many as it says");
    return { chunk, inputs };
  }

  #reject(why: string): Error {
    this.#rejected++;
    if (this.#rejected <= 10) this.#notice(`a job was rejected: ${why}`);
    return new UnrecoverableError(`rejected: ${why}`);
  }

  /** Nobody waits for it any more. */
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
   * A thread or process that has just started has the module as it is now. If that is another, nothing is started on it:
   * the results of a run would mix two versions of the module.
   */
  #checkVersion(): void {
    const { print, url } = this.#init;
    if (this.#draining || fingerprint(url) === print) return;
    this.#notice(`${moduleName(url)} has changed since this worker started; draining. Start it again`);
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
      else if (!this.#announcing) void this.#lookAround();
      if (!this.#gone) this.#watch();
    }, INTERVAL);
  }

  /** Not awaited: it may never be answered. */
  async #lookAround(): Promise<void> {
    this.#announcing = true;
    try {
      await this.#brokerWatch.asked(this.#announce());
      this.#brokerWatch.works();
      await useVersion(this.#init.broker, this.#init.print);
      await this.#lookAtRuns();
      const removed = await this.#orphaned.look();
      if (removed > 0) this.#notice(`${removed} jobs could not be begun or ended; their inputs run again`);
      if (this.#looks++ % SWEEP !== 0) return;
      await sweep(this.#init.broker, this.#queues);
      await sweepVersions(this.#init.broker);
    } catch (error) {
      this.#heard(error);
    } finally {
      this.#announcing = false;
    }
  }

  /** What is wrong with the broker, or with what stands in it. */
  #heard(error: unknown): void {
    if (error instanceof SyntaxError) return void this.#rejectUnreadable();
    const trouble = brokerError(error, this.#init.broker.label);
    if (trouble.trouble === "unreachable") return;
    if (trouble.trouble === "unavailable") return this.#brokerWatch.refuses(trouble);
    // Somebody else has the chunk by now.
    if (LOCK_LOST.test(trouble.message)) return;
    if (this.#said.has(trouble.message) || this.#said.size >= MOST_SAID) return;
    this.#said.add(trouble.message);
    this.#notice(trouble.message);
  }

  async #rejectUnreadable(): Promise<void> {
    const { broker } = this.#init;
    const counts = await Promise.all(
      this.#queues.map((queue) => removeUnreadable(broker, queue, this.#running)),
    )
      .catch((error) => {
        this.#heard(error);
        return [];
      });
    for (let left = counts.reduce((sum, count) => sum + count, 0); left > 0; left--) {
      this.#reject("its data is no JSON");
    }
  }

  async #announce(): Promise<void> {
    const [chunks] = this.#workers;
    if (chunks) chunks.concurrency = this.#chunks;
    const { broker, print, url } = this.#init;
    const { succeeded, failed, inFlight } = this.#init.executor.stats();
    const now = performance.now();
    const seconds = (now - this.#counted.at) / 1_000;
    if (seconds > 1) {
      this.#rate = (succeeded + failed - this.#counted.tasks) / seconds;
      this.#counted = { tasks: succeeded + failed, at: now };
    }
    const record: WorkerRecord = {
      id: this.id,
      fingerprint: print,
      module: moduleName(url),
      tasks: this.tasks,
      slots: this.slots,
      concurrency: this.#init.executor.concurrency,
      started: this.#started,
      draining: this.#draining,
      inFlight,
      succeeded,
      failed,
      rejected: this.#rejected,
      rate: this.#rate,
    };
    for (const { run, from, reason } of await announce(broker, record, this.#init.lockDuration)) {
      this.#notice(`refuses the run ${run} of ${shown(from)}: ${shown(reason)}`);
    }
  }

  /** Runs that are over, and chunks that nobody waits for, are aborted. */
  async #lookAtRuns(): Promise<void> {
    const { client, keys } = this.#init.broker;
    const running = [...this.#running];
    if (running.length === 0) return;
    const pipeline = client.pipeline();
    for (const [id, { chunk: { run } }] of running) {
      pipeline.get(keys.lock(run)).sismember(keys.cancelled(run), id);
    }
    const replies = await pipeline.exec() ?? [];
    for (const [at, [id, entry]] of running.entries()) {
      const [[error, holder], [, cancelled]] = [replies[2 * at], replies[2 * at + 1]];
      if (error) continue;
      entry.missed = holder === null ? entry.missed + 1 : 0;
      const other = holder !== null && holder !== entry.chunk.token;
      if (cancelled !== 1 && !other && entry.missed < MISSED) continue;
      this.#unwanted.add(id);
      entry.run.abort();
    }
  }

  #threadStuck(event: Event): void {
    const { onNotice, onStuckThread = "thread" } = this.#init.options;
    // The console says it.
    if (!onNotice) return;
    event.preventDefault();
    if (this.#saidStuck) return;
    this.#saidStuck = true;
    const advice =
      "Start the worker with isolation process, or let it go on in processes: on-stuck-thread process";
    onNotice(stuckThreadText(onStuckThread, advice));
  }

  #notice(line: string): void {
    this.#init.options.onNotice?.(line);
  }
}
