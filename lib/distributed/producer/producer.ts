/**
 * The producer of one run: its parts add job chunks, collect results, and settle each input once, even if workers, Redis or
 * messages are lost. It checks all its jobs every two seconds. Messages from workers only make it collect results sooner.
 */

import { waitAtMost } from "../../executor/basics/deadlines.ts";
import type { Broker } from "../broker/broker.ts";
import { BrokerWatch } from "../broker/broker_watch.ts";
import { newToken } from "../broker/names.ts";
import { shown } from "../broker/protocol.ts";
import { type Checking, RegularChecks } from "../broker/regular_checks.ts";
import { runOf } from "../broker/roster.ts";
import { RunLock } from "../broker/run_lock.ts";
import { retireVersion, sweepVersions } from "../broker/versions.ts";
import { areLimited, type RunLimits } from "../limits/input_terms.ts";
import type { KeyShares } from "../limits/key_shares.ts";
import { StartOffice, type StartOfficeHost } from "../limits/start_office.ts";
import { BrokerTroubles } from "./broker_troubles.ts";
import type { Chunk, ChunkFeed } from "./chunk_feed.ts";
import { Collector } from "./collector.ts";
import { Cutter } from "./cutter.ts";
import { EndedJobs, type EndedJobsHost } from "./ended_jobs.ts";
import { JobTable } from "./job_table.ts";
import { Losses } from "./losses.ts";
import { MatchingWorkers } from "./matching_workers.ts";
import { OpenChunks } from "./open_chunks.ts";
import { Pools } from "./pools.ts";
import { Intake } from "./result_intake.ts";
import { RunCheck } from "./run_check.ts";
import { RunEntry } from "./run_entry.ts";
import type { RunHost } from "./run_host.ts";
import { Sharing } from "./sharing.ts";
import { SpentJobs } from "./spent_jobs.ts";
import { type Pauser, Supply } from "./supply.ts";
import { Withdrawals } from "./withdrawals.ts";

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
  /** The workers that serve the run. */
  readonly matching: MatchingWorkers;
  readonly #brokerWatch: BrokerWatch;
  readonly #troubles: BrokerTroubles;
  readonly #checks: RegularChecks;
  /** Hands out inputs as workers have room. */
  readonly supply: Supply;
  readonly #sharing: Sharing;
  readonly #ended: EndedJobs;
  readonly #collector: Collector;
  /** Takes job chunks back. */
  readonly withdrawals: Withdrawals;
  readonly #entry: RunEntry;
  readonly #check: RunCheck;
  /** Lets attempts start; undefined if nothing limits them. */
  readonly starts: StartOffice | undefined;
  #hasEnded = false;

  constructor(init: ProducerInit) {
    const { broker, run, fingerprint, host, limits, on } = init;
    const token = this.#token;
    const notice = (line: string) => host.notice(line);
    const common = { broker, run, token, fingerprint, on, module: init.module, notice, host: this };
    this.#init = init;
    const limited = areLimited(limits) || undefined;
    const intervals = limits.rates.map(({ amount, perMs, weight }) => weight ? 0 : perMs / amount);
    const cutter = this.#cutter = new Cutter(init.chunkSize, Math.max(0, ...intervals));
    const pools = this.#pools = new Pools(on);
    const open = this.#open = new OpenChunks({ run, token, pools, shares: init.shares });
    const intake = this.#intake = new Intake(cutter);
    const jobs = this.#jobs = new JobTable(broker, { run, token, fingerprint, limited });
    this.starts = limited && new StartOffice({ broker, run, token, limits, host: this.#startHost() });
    const spent = this.#spent = new SpentJobs({ jobs, commit: () => host.commit() });
    const lock = this.#lock = new RunLock({ client: broker.client, keys: broker.keys, run, token });
    const matching = this.matching = new MatchingWorkers(common);
    const watch = this.#brokerWatch = new BrokerWatch({ label: broker.label, notice });
    const losses = new Losses(broker, watch);
    this.#troubles = new BrokerTroubles(broker.label, watch);
    this.#checks = new RegularChecks({ broker, watch, host: this });
    const supply = this.supply = new Supply({
      cutter,
      pools,
      open,
      spent,
      add: (chunks) => this.add(chunks),
    });
    const ended = this.#ended = new EndedJobs({ ...common, open, spent, intake });
    const parts = { ...common, cutter, pools, open, intake, jobs, spent, lock, losses, supply, ended };
    const collector = this.#collector = new Collector(parts);
    const withdrawals = this.withdrawals = new Withdrawals({ ...parts, collector });
    const entry = this.#entry = new RunEntry({ ...parts, started: this.#started });
    const sharing = this.#sharing = new Sharing({ ...parts, entry, withdrawals });
    this.#check = new RunCheck({
      ...parts,
      waitWorkers: init.waitWorkers,
      matching,
      collector,
      withdrawals,
      entry,
      sharing,
      // Not awaited: the check that finds the order is a turn of the collector, and taking job chunks back is the next.
      setPaused: (isPaused) => void (isPaused ? this.pause("operator") : supply.resume("operator")),
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
    await broker.answer(this.#check.look());
    void this.#collector.listen();
    void this.starts?.listen();
    this.#checks.start();
    return this.matching.tasks;
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

  stats() {
    const { slots } = this.matching;
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

  /** Returns how many inputs of a task are useful at once. */
  appetite(task: string): number {
    return this.#cutter.appetite(task, this.#pools.slots);
  }

  /** Hands out no more inputs, and takes back job chunks that no worker has begun. */
  async pause(by: Pauser): Promise<void> {
    this.supply.pause(by);
    // Inputs that must run alone stay in their job chunks.
    await this.withdrawals.takeBack(this.#open.all.filter(({ alone }) => !alone));
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

  /** Removes the remaining jobs, and releases the run. */
  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#checks.stop();
    this.supply.stop();
    this.starts?.stop();
    const { broker, fingerprint, host } = this.#init;
    const spent = this.#spent.stop();
    const goodbye = async () => {
      await this.#collector.rest();
      host.commit();
      await this.#jobs.remove([...spent, ...this.#open.all]);
      await this.#entry.remove();
      await this.#sharing.leave();
      await this.#lock.release();
      await retireVersion(broker, fingerprint);
    };
    await waitAtMost(GOODBYE, goodbye());
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

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
    await this.#brokerWatch.asked(this.#collector.inTurn(() => this.#check.look()));
    this.#brokerWatch.works();
  }
}
