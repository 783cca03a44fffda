/**
 * The producer of one run: its parts add job chunks, collect results, and settle each input once, even if workers, Redis or
 * messages are lost. It checks all its jobs every two seconds. Messages from workers only make it collect results sooner.
 */

import { waitAtMost } from "../../executor/basics/deadlines.ts";
import type { Broker } from "../broker/broker.ts";
import { BrokerWatch } from "../broker/broker_watch.ts";
import { hostName } from "../broker/host_name.ts";
import { named } from "../broker/labels.ts";
import { KEYS_LAST, newToken } from "../broker/names.ts";
import { shown } from "../broker/protocol.ts";
import { type Checking, RegularChecks } from "../broker/regular_checks.ts";
import { leaveRoster, publishRun, runOf } from "../broker/roster.ts";
import { RunLock } from "../broker/run_lock.ts";
import { retireVersion, sweepVersions, useVersion } from "../broker/versions.ts";
import { BrokerTroubles } from "./broker_troubles.ts";
import type { Chunk, ChunkFeed } from "./chunk_feed.ts";
import { Collector } from "./collector.ts";
import { Cutter } from "./cutter.ts";
import { EndedJobs, type EndedJobsHost } from "./ended_jobs.ts";
import { HeldQueue } from "./held_queue.ts";
import { HeldRun } from "./held_run.ts";
import { areLimited, type RunLimits } from "../limits/input_terms.ts";
import { JobTable } from "./job_table.ts";
import type { KeyShares } from "../limits/key_shares.ts";
import { Losses, STALLED } from "./losses.ts";
import { OpenChunks } from "./open_chunks.ts";
import { Pools } from "./pools.ts";
import { Intake } from "./result_intake.ts";
import { Sharing } from "./sharing.ts";
import { SpentJobs } from "./spent_jobs.ts";
import { StartOffice, type StartOfficeHost } from "../limits/start_office.ts";
import { MatchingWorkers } from "./matching_workers.ts";
import { type Pauser, Supply } from "./supply.ts";

/** The host interface of a producer: how it talks to its executor. */
interface RunHost {
  /** Keeps the results that were handed on permanently. Their jobs are removed next. */
  commit(): void;
  /** Shows a line to the user. */
  notice(line: string): void;
  /** Shows the line of a producer that waits for the run's lock. */
  waits(line: string): void;
  /** The run cannot go on. All inputs without an outcome get this error next. */
  failed(error: Error): void;
  /** An error's `retryAfter` has paused all tasks, or those with this key, for `delay` milliseconds. */
  paused(delay: number, key: string | number | undefined): void;
  /** What a successor must know to keep the limits has changed by much. */
  limitsChanged(): void;
}

interface ProducerInit {
  broker: Broker;
  run: string;
  /** The name of the module in messages to the user. */
  module: string;
  fingerprint: string;
  /** Number of inputs of a job chunk. Default: as many as take 1.5 seconds. */
  chunkSize?: number;
  /** The name of a process that had the run and is known to be gone: its lock is taken at once. */
  predecessor?: string;
  /** How long there may be no worker that serves the run, in milliseconds. */
  waitWorkers: number;
  /** The labels that its workers need, in order. */
  on: readonly string[];
  limits: RunLimits;
  /** The keys whose inputs are limited; undefined if there is no such limit. */
  shares: KeyShares | undefined;
  host: RunHost;
}

/** How long `stop()` waits for the broker, in milliseconds. Workers remove what is left then. */
const GOODBYE = 3_000;

export class Producer implements Checking, EndedJobsHost {
  readonly #init: ProducerInit;
  readonly #token = newToken();
  readonly #started = Date.now();
  readonly #cutter: Cutter;
  readonly #pools: Pools;
  readonly #open: OpenChunks;
  readonly #intake: Intake;
  readonly #jobs: JobTable;
  readonly #spent: SpentJobs;
  readonly #lock: RunLock;
  readonly #matching: MatchingWorkers;
  readonly #held: HeldQueue;
  readonly #heldRun: HeldRun;
  readonly #losses: Losses;
  readonly #brokerWatch: BrokerWatch;
  readonly #troubles: BrokerTroubles;
  readonly #checks: RegularChecks;
  readonly #supply: Supply;
  readonly #sharing: Sharing;
  readonly #ended: EndedJobs;
  readonly #collector: Collector;
  /** Lets attempts start; undefined if nothing limits them. */
  readonly starts: StartOffice | undefined;
  #hasEnded = false;

  constructor(init: ProducerInit) {
    const { broker, run, fingerprint, host, limits } = init;
    const token = this.#token;
    const notice = (line: string) => host.notice(line);
    this.#init = init;
    const limited = areLimited(limits) || undefined;
    const intervals = limits.rates.map(({ amount, perMs, weight }) => weight ? 0 : perMs / amount);
    this.#cutter = new Cutter(init.chunkSize, Math.max(0, ...intervals));
    const pools = this.#pools = new Pools(init.on);
    this.#open = new OpenChunks({ run, token, pools, shares: init.shares });
    this.#intake = new Intake(this.#cutter);
    this.#jobs = new JobTable(broker, { run, token, fingerprint, limited });
    this.starts = limited && new StartOffice({ broker, run, token, limits, host: this.#startHost() });
    this.#spent = new SpentJobs({ jobs: this.#jobs, commit: () => host.commit() });
    this.#lock = new RunLock({ client: broker.client, keys: broker.keys, run, token });
    this.#matching = new MatchingWorkers({ ...init, notice });
    this.#held = new HeldQueue({ broker, queue: broker.queues(fingerprint).chunks, notice });
    // Not awaited: the check that finds the order is a turn of the collector, and taking job chunks back is the next.
    const setPaused = (isPaused: boolean) =>
      void (isPaused ? this.pause("operator") : this.resume("operator"));
    this.#heldRun = new HeldRun({ broker, run, notice, setPaused });
    this.#brokerWatch = new BrokerWatch({ label: broker.label, notice });
    this.#losses = new Losses(broker, this.#brokerWatch);
    this.#troubles = new BrokerTroubles(broker.label, this.#brokerWatch);
    this.#checks = new RegularChecks({ broker, watch: this.#brokerWatch, host: this });
    const parts = { open: this.#open, spent: this.#spent };
    this.#supply = new Supply({ ...parts, pools, cutter: this.#cutter, add: (chunks) => this.add(chunks) });
    this.#sharing = new Sharing({
      broker,
      run,
      fingerprint,
      pools,
      cutter: this.#cutter,
      open: this.#open,
      supply: this.#supply,
      host: { publish: () => this.#publish(), takeBack: (chunks) => this.#takeBack(chunks) },
    });
    this.#ended = new EndedJobs({ ...parts, run, intake: this.#intake, notice, host: this });
    this.#collector = new Collector({
      ...parts,
      broker,
      run,
      jobs: this.#jobs,
      losses: this.#losses,
      lock: this.#lock,
      ended: this.#ended,
      supply: this.#supply,
      host: this,
    });
  }

  /**
   * Takes the lock of the run, and finds out which workers are present.
   *
   * @returns the names of the tasks that the workers have; undefined if there are no workers
   * @throws {RunHeldError} if another producer has the run
   */
  async start(): Promise<string[] | undefined> {
    await this.#acquire();
    const { broker } = this.#init;
    await broker.answer(sweepVersions(broker));
    await broker.answer(this.#look());
    void this.#collector.listen();
    void this.starts?.listen();
    this.#checks.start();
    return this.tasks;
  }

  async #acquire(): Promise<void> {
    const { broker, run, predecessor, host } = this.#init;
    const holder = await broker.answer(runOf(broker, run));
    const from = holder ? ` on ${shown(holder.from)}` : "";
    await this.#lock.acquire({
      answer: (work) => broker.answer(work),
      gone: holder?.from === predecessor ? holder?.token : undefined,
      onWait: (left) =>
        host.waits(
          `waiting for the run ${run}, at most ${
            Math.ceil(left / 1_000)
          } s: its last producer${from} has not released it`,
        ),
    });
  }

  #startHost(): StartOfficeHost {
    const hasEnded = () => this.#hasEnded;
    return {
      get hasEnded() {
        return hasEnded();
      },
      find: (job, at) => {
        const chunk = this.#open.get(job);
        if (!chunk || at >= chunk.size) return undefined;
        return { terms: chunk.feed.termsAt(chunk, at), place: chunk.first + at };
      },
      succeeded: () => this.#intake.counts.succeeded,
      paused: (delay, key) => this.#init.host.paused(delay, key),
      changed: () => this.#init.host.limitsChanged(),
      troubled: (error) => this.troubled(error),
    };
  }

  /** The figures of the run at this moment. */
  stats() {
    const { slots } = this;
    const { counts, sums, runTime, workers } = this.#intake;
    const capacity = (Date.now() - this.#started) * slots;
    return {
      ...counts,
      ...sums,
      quarantined: this.#ended.quarantined,
      runTime: runTime.distribution(),
      utilization: capacity > 0 ? Math.min(1, runTime.sum / capacity) : 0,
      inFlight: this.#open.inputs,
      slots,
      workers,
    };
  }

  /** The names of the tasks that the workers have; undefined while no worker is present. */
  get tasks(): string[] | undefined {
    return this.#matching.tasks;
  }

  /** Maximum number of tasks in flight in one thread or process of a worker. */
  get concurrency(): number {
    return this.#matching.concurrency;
  }

  /** Number of slots of the workers that serve this run. */
  get slots(): number {
    return this.#matching.slots;
  }

  /** Returns how many inputs of a task are useful at once. */
  appetite(task: string): number {
    return this.#cutter.appetite(task, this.#pools.slots);
  }

  /** Notes that a feed has waiting inputs. */
  filled(feed: ChunkFeed): void {
    this.#supply.filled(feed);
  }

  /** Looks again whether inputs wait that can be handed out. */
  refill(): void {
    this.#supply.refill();
  }

  /** Hands out no more inputs, and takes back job chunks that no worker has begun. */
  async pause(by: Pauser = "program"): Promise<void> {
    this.#supply.pause(by);
    // Inputs that must run alone stay in their job chunks.
    await this.#takeBack(this.#open.all.filter(({ alone }) => !alone));
  }

  /** Takes back job chunks that no worker has begun. Their inputs wait again. */
  async #takeBack(chunks: Chunk[]): Promise<void> {
    const withdrawn = await this.withdraw(chunks, { force: false });
    // The last one first, because each is put before the waiting inputs.
    for (const chunk of chunks.filter((_, at) => withdrawn[at]).reverse()) {
      for (const block of chunk.openBlocks().reverse()) {
        chunk.feed.putBack({ ...block, arrived: chunk.arrived });
      }
    }
  }

  /** Tells the worker of a stream that the reader has room for more values. */
  async grantRoom(feed: ChunkFeed): Promise<void> {
    try {
      await this.#jobs.sendRoom([...feed.chunks]);
    } catch (error) {
      // The next check sends it again.
      this.troubled(error);
    }
  }

  /** Takes back job chunks of pools that have no workers any more, so that others get them. */
  async #moveOn(): Promise<void> {
    const chunks = this.#open.all.filter(({ pool, added }) => added && !this.#pools.has(pool));
    if (chunks.length === 0) return;
    const begunBy = await this.#jobs.begunBy(chunks);
    const states = begunBy.map((workers) => ({ kind: "failed" as const, reason: STALLED, workers }));
    const verdicts = await this.#losses.judge(chunks, states, { all: true });
    const removed = await this.#jobs.remove(chunks);
    for (const [at, chunk] of chunks.entries()) {
      // As long as its worker may still have it, it is not removed.
      if (removed[at] && this.#open.has(chunk)) {
        this.#ended.moved(chunk, begunBy[at].length > 0 ? verdicts[at] : undefined);
      }
    }
  }

  /** Ends this pause. */
  resume(by: Pauser = "program"): void {
    this.#supply.resume(by);
  }

  /**
   * Takes back job chunks that no worker has begun. With `force`, gives up the others, too, and workers abort them.
   * Resolves for each with whether it was taken back.
   */
  async withdraw(chunks: Chunk[], { force }: { force: boolean }): Promise<boolean[]> {
    if (force) { for (const chunk of chunks) this.#open.close(chunk); }
    if (this.#hasEnded || chunks.length === 0) return chunks.map(() => true);
    try {
      // Finished results count.
      if (!force) await this.#collector.inTurn(() => this.#collector.collect(chunks, { all: false }));
      const removed = await this.#jobs.remove(chunks);
      for (const [at, chunk] of chunks.entries()) if (removed[at]) this.#open.close(chunk);
      const running = chunks.filter((_, at) => !removed[at]);
      if (force && running.length > 0) await this.#cancel(running);
      return removed;
    } catch {
      // The next check finds their states.
      return chunks.map(() => false);
    }
  }

  async #cancel(chunks: Chunk[]): Promise<void> {
    const { broker: { client, keys }, run } = this.#init;
    const key = keys.cancelled(run);
    await client.sadd(key, ...chunks.map(({ id }) => id));
    await client.pexpire(key, KEYS_LAST);
    this.#spent.add(...chunks);
  }

  /** Removes the remaining jobs, and releases the run. */
  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#checks.stop();
    this.#supply.stop();
    this.starts?.stop();
    const { broker, run, fingerprint, host } = this.#init;
    const spent = this.#spent.stop();
    const goodbye = async () => {
      await this.#collector.rest();
      host.commit();
      await this.#jobs.remove([...spent, ...this.#open.all]);
      await leaveRoster(broker, run);
      await this.#sharing.leave();
      await this.#lock.release();
      await retireVersion(broker, fingerprint);
    };
    await waitAtMost(GOODBYE, goodbye());
  }

  /** Whether the run has ended. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Adds job chunks to Redis. */
  async add(chunks: Chunk[]): Promise<void> {
    try {
      await this.#jobs.add(chunks);
      for (const chunk of chunks) chunk.added = true;
      this.#troubles.taken();
      if (this.#sharing.hasNews) void this.#collector.inTurn(() => this.#sharing.tell()).catch(() => {});
    } catch (error) {
      // The next check finds out whether they were added.
      this.troubled(error);
    }
  }

  async runsChanged(): Promise<void> {
    await this.#sharing.look();
  }

  /** Waits if the broker cannot be used for now. Any other error ends the run. */
  troubled(error: unknown): void {
    const hasJobs = this.#open.all.some(({ added }) => added) || this.#spent.size > 0;
    const fatal = this.#troubles.fatal(error, { hasJobs });
    if (fatal) this.fail(fatal);
  }

  unusableFor(ms: number): void {
    const fatal = this.#troubles.lasting(ms);
    if (fatal) this.fail(fatal);
  }

  /** Ends the run. All inputs without an outcome fail. */
  fail(error: Error): void {
    if (this.#hasEnded) return;
    this.#init.host.failed(error);
    void this.stop();
  }

  async check(): Promise<void> {
    // The check renews the lock, which is a write. Earlier work in the same order may wait for an answer, too.
    await this.#brokerWatch.asked(this.#collector.inTurn(() => this.#look()));
    this.#brokerWatch.works();
  }

  /** Renews the run's keys in Redis, and checks all its jobs. */
  async #look(): Promise<void> {
    const { broker, run, fingerprint, host } = this.#init;
    await this.#lock.renew();
    await this.#publish();
    await useVersion(broker, fingerprint, this.#pools.names);
    await this.#matching.look(this.#intake.counts.succeeded + this.#intake.counts.failed > 0);
    this.#giveUpWithoutWorkers();
    if (this.#hasEnded) return;
    await this.#held.look();
    await this.#heldRun.look();
    await this.#sharing.look(this.#matching.ofVersion);
    if (this.#sharing.hasNews) await this.#sharing.tell();
    const chunks = this.#open.all;
    const missing = new Set(chunks.filter(({ added }) => !added));
    await this.#jobs.removeLost(chunks);
    await this.#jobs.sendRoom(chunks);
    await this.#collector.collect(chunks, { all: true });
    await this.#moveOn();
    const open = chunks.filter((chunk) => this.#open.has(chunk));
    const lost = open.filter((chunk) => !chunk.added && !missing.has(chunk)).length;
    if (lost > 0) {
      const jobs = lost === 1 ? "a job" : `${lost} jobs`;
      host.notice(
        `the broker no longer has ${jobs} of the run ${run}; adding the inputs without an outcome again`,
      );
    }
    if (missing.size > 0 && !this.#supply.isFilling) {
      await this.add(
        open.filter((chunk) => missing.has(chunk) && !chunk.added).flatMap((chunk) =>
          this.#ended.openPartsOf(chunk)
        ),
      );
    }
    void this.#collector.removeSpent();
    this.#supply.refill();
    for (const feed of new Set(chunks.map(({ feed }) => feed))) feed.takeBack();
  }

  #giveUpWithoutWorkers(): void {
    const { waitWorkers, broker: { keys }, module, on } = this.#init;
    if (this.#matching.noneFor(performance.now()) < waitWorkers) return;
    const seconds = Math.round(waitWorkers / 1_000);
    const labels = on.length > 0 ? ` with ${named(on)}` : "";
    this.fail(
      new Error(`No worker${labels} on the queue ${keys.queue} has served ${module} for ${seconds} s`),
    );
  }

  async #publish(): Promise<void> {
    const { broker, run, module, fingerprint } = this.#init;
    const { succeeded, failed } = this.#intake.counts;
    await publishRun(broker, {
      run,
      token: this.#token,
      task: this.#cutter.tasks.join(", ").slice(0, 500),
      module,
      fingerprint,
      from: hostName(),
      started: this.#started,
      waiting: this.#cutter.waiting,
      inFlight: this.#open.inputs,
      succeeded,
      failed,
      quarantined: this.#ended.quarantined,
      ...this.#sharing.asking,
    });
  }
}
