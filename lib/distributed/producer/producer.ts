/**
 * The producer of one run: it adds job chunks, checks their states, and settles each input once, even if workers, Redis
 * or messages are lost. It checks all its jobs every two seconds. Messages from workers only make it check sooner.
 *
 * @module
 */

import { WorkerLostError } from "../../errors.ts";
import type { Histogram } from "../../executor/histogram.ts";
import { waitAtMost } from "../../executor/wait_at_most.ts";
import type { Broker } from "../broker/broker.ts";
import { BrokerWatch } from "../broker/broker_watch.ts";
import { hostName } from "../broker/host_name.ts";
import { KEYS_LAST, newToken } from "../broker/names.ts";
import { shown } from "../broker/protocol.ts";
import { leaveRoster, publishRun, runOf } from "../broker/roster.ts";
import { RunLock } from "../broker/run_lock.ts";
import { retireVersion, sweepVersions, useVersion } from "../broker/versions.ts";
import { BrokerError, brokerError, RunHeldError, RunRefusedError } from "../errors.ts";
import type { Chunk, ChunkFeed } from "./chunk_feed.ts";
import { Cutter } from "./cutter.ts";
import { HeldQueue } from "./held_queue.ts";
import { Intake } from "./result_intake.ts";
import { type JobState, JobTable } from "./job_table.ts";
import { isLoss, Losses, type Verdict } from "./losses.ts";
import { OpenChunks } from "./open_chunks.ts";
import { SpentJobs } from "./spent_jobs.ts";
import { Suitors } from "./suitors.ts";

/** The host interface of a producer: how it talks to its executor. */
export interface RunHost {
  /** Keeps the results that were handed on permanently. Their jobs are removed next. */
  commit(): void;
  /** Shows a line to the user. */
  notice(line: string): void;
  /** Shows the line of a producer that waits for the run's lock. */
  waits(line: string): void;
  /** The run cannot go on. All inputs without an outcome get this error next. */
  failed(error: Error): void;
}

/** What a producer works with. */
export interface ProducerInit {
  broker: Broker;
  run: string;
  /** The name of the module in messages to the user. */
  module: string;
  fingerprint: string;
  /** Number of inputs of a job chunk. Default: as many as take 1.5 seconds. */
  chunkSize?: number;
  /** The name of a process that had the run and is known to be gone: its lock is taken at once. */
  predecessor?: string;
  host: RunHost;
}

/** Interval of the checks, in milliseconds. The lock and the roster entry, which last 10 s, rely on it. */
const INTERVAL = 2_000;
/** How long a run waits for an unusable broker, in milliseconds. A guess: longer than a failover or a restart takes. */
const PATIENCE = 5 * 60_000;
/**
 * How long a run waits for a full broker, in milliseconds. A guess: results that are taken make room within seconds.
 */
const PATIENCE_IF_FULL = 30_000;
/** Number of slots that are assumed while no worker is present. A guess. */
const SLOTS_UNSEEN = 8;
/** Maximum length of all inputs in Redis together, in bytes. A guess that leaves Redis room. */
const MOST_OPEN = 64 * 1024 * 1024;
/** Maximum number of job chunks that are added in one go. */
const MOST_ADDED = 64;
/** Maximum number of consecutive jobs that workers cannot begin, or whose results cannot be read. A guess. */
const MOST_FAILURES = 100;
/** Maximum number of rejected results that are reported by name. */
const MOST_NAMED = 10;
/** How long `stop()` waits for the broker, in milliseconds. Workers remove what is left then. */
const GOODBYE = 3_000;
/** Maximum number of losses of an input of which none proves anything. A guess: else it might go round for ever. */
const MOST_LOST = 20;

/** The producer of one run. */
export class Producer {
  readonly #init: ProducerInit;
  readonly #token = newToken();
  readonly #started = Date.now();
  readonly #cutter: Cutter;
  readonly #open: OpenChunks;
  readonly #intake: Intake;
  readonly #jobs: JobTable;
  readonly #spent: SpentJobs;
  readonly #lock: RunLock;
  readonly #suitors: Suitors;
  readonly #held: HeldQueue;
  readonly #losses: Losses;
  readonly #brokerWatch: BrokerWatch;
  /** Number of inputs that ran alone, and of rejected results. */
  #quarantined = 0;
  #rejected = 0;
  /** Number of consecutive jobs that failed through no fault of their inputs. */
  #failures = 0;
  #slots = SLOTS_UNSEEN;
  #isFilling = false;
  #isLooking = false;
  #isPaused = false;
  #hasEnded = false;
  #fullSince: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** One check at a time, because each settles what it finds. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(init: ProducerInit) {
    const { broker, run, fingerprint, host } = init;
    const token = this.#token;
    const notice = (line: string) => host.notice(line);
    this.#init = init;
    this.#cutter = new Cutter(init.chunkSize);
    this.#open = new OpenChunks({ run, token });
    this.#intake = new Intake(this.#cutter);
    this.#jobs = new JobTable(broker, { run, token, fingerprint });
    this.#spent = new SpentJobs({ jobs: this.#jobs, commit: () => host.commit() });
    this.#lock = new RunLock({ client: broker.client, keys: broker.keys, run, token });
    this.#suitors = new Suitors({ ...init, notice });
    this.#held = new HeldQueue({ broker, queue: broker.queues(fingerprint).chunks, notice });
    this.#brokerWatch = new BrokerWatch({ label: broker.label, notice });
    this.#losses = new Losses(broker, this.#brokerWatch);
  }

  /**
   * Takes the lock of the run, and finds out which workers are present.
   *
   * @returns the names of the tasks that the workers have; undefined if there are no workers
   * @throws {RunHeldError} if another producer has the run
   */
  async start(): Promise<string[] | undefined> {
    await this.#acquire();
    await sweepVersions(this.#init.broker);
    await this.#look();
    void this.#listen();
    this.#watch();
    return this.tasks;
  }

  async #acquire(): Promise<void> {
    const { broker, run, predecessor, host } = this.#init;
    const holder = await runOf(broker, run);
    const from = holder ? ` on ${shown(holder.from)}` : "";
    await this.#lock.acquire({
      gone: holder?.from === predecessor ? holder?.token : undefined,
      onWait: (left) =>
        host.waits(
          `waiting for the run ${run}, at most ${
            Math.ceil(left / 1_000)
          } s: its last producer${from} has not released it`,
        ),
    });
  }

  /** The counts of settled inputs. */
  get counts(): Intake["counts"] & { quarantined: number } {
    return { ...this.#intake.counts, quarantined: this.#quarantined };
  }

  /** Durations of the tasks. */
  get runTime(): Histogram {
    return this.#intake.runTime;
  }

  /** The numbers of the workers that have sent results. */
  get workers(): number[] {
    return this.#intake.workers;
  }

  /** The names of the tasks that the workers have; undefined while no worker is present. */
  get tasks(): string[] | undefined {
    return this.#suitors.tasks;
  }

  /** Maximum number of tasks in flight in one thread or process of a worker. */
  get concurrency(): number {
    return this.#suitors.concurrency;
  }

  /** The fraction of all slots' time in which a task ran, from 0 to 1. */
  get utilization(): number {
    const capacity = (Date.now() - this.#started) * this.slots;
    return capacity > 0 ? Math.min(1, this.runTime.sum / capacity) : 0;
  }

  /** Number of slots of the workers that serve this run. */
  get slots(): number {
    return this.#suitors.slots;
  }

  /** Number of inputs in Redis or on workers. */
  get inFlight(): number {
    return this.#open.inputs;
  }

  /** Returns how many inputs of a task are useful at once. */
  appetite(task: string): number {
    return this.#cutter.appetite(task, this.#slots);
  }

  /** Notes that a feed has waiting inputs. */
  filled(feed: ChunkFeed): void {
    this.#cutter.add(feed);
    if (this.#isFilling || this.#hasEnded) return;
    this.#isFilling = true;
    // In a microtask, so that inputs that are handed in one after another share a job chunk.
    queueMicrotask(() => this.#fill());
  }

  /** Hands out no more inputs, and takes back job chunks that no worker has begun. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    // Inputs that must run alone stay in their job chunks.
    const chunks = this.#open.all.filter(({ alone }) => !alone);
    const withdrawn = await this.withdraw(chunks, { force: false });
    // The last one first, because each is put before the waiting inputs.
    for (const chunk of chunks.filter((_, at) => withdrawn[at]).reverse()) {
      for (const block of chunk.openBlocks().reverse()) chunk.feed.putBack(block);
    }
  }

  /** Ends the pause. */
  resume(): void {
    this.#isPaused = false;
    this.#refill();
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
      if (!force) await this.#inTurn(() => this.#collect(chunks, { all: false }));
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
    clearTimeout(this.#timer);
    const { broker, run, fingerprint, host } = this.#init;
    const spent = this.#spent.stop();
    const goodbye = async () => {
      await this.#turn.catch(() => {});
      host.commit();
      await this.#jobs.remove([...spent, ...this.#open.all]);
      await leaveRoster(broker, run);
      await this.#lock.release();
      await retireVersion(broker, fingerprint);
    };
    await waitAtMost(GOODBYE, goodbye());
  }

  /** Adds job chunks while there is room for them. */
  async #fill(): Promise<void> {
    try {
      while (!this.#hasEnded) {
        const chunks: Chunk[] = [];
        while (chunks.length < MOST_ADDED && this.#hasRoom()) {
          const cut = this.#cutter.cut(this.#slots);
          if (!cut) break;
          chunks.push(this.#open.open(cut.feed, cut.inputs));
        }
        if (chunks.length === 0) break;
        await this.#add(chunks);
      }
    } finally {
      this.#isFilling = false;
    }
    // More inputs may have arrived while the last job chunks were added.
    if (this.#cutter.waiting > 0 && this.#hasRoom()) this.#refill();
  }

  #refill(): void {
    for (const feed of this.#cutter.feeds) this.filled(feed);
  }

  #hasRoom(): boolean {
    return !this.#isPaused && this.#open.size + this.#spent.size < 2 * this.#slots &&
      this.#open.bytes < MOST_OPEN;
  }

  async #add(chunks: Chunk[]): Promise<void> {
    try {
      await this.#jobs.add(chunks);
      for (const chunk of chunks) chunk.added = true;
      this.#fullSince = undefined;
    } catch (error) {
      // The next check finds out whether they were added.
      this.#troubled(error);
    }
  }

  /** Waits if the broker cannot be used for now. Any other error ends the run. */
  #troubled(error: unknown): void {
    if (error instanceof RunHeldError || error instanceof RunRefusedError) return this.#fail(error);
    const trouble = brokerError(error, this.#init.broker.label);
    // If the broker is still away at the next check, that check reports it.
    if (trouble.trouble === "unreachable") return;
    if (trouble.trouble === "unavailable") return this.#brokerWatch.refuses(trouble);
    if (trouble.trouble !== "full") return this.#fail(trouble);
    this.#brokerWatch.refuses(trouble);
    this.#fullSince ??= Date.now();
    const isAnyAdded = this.#open.all.some(({ added }) => added) || this.#spent.size > 0;
    // No job is in Redis whose end would make room.
    if (!isAnyAdded || Date.now() - this.#fullSince > PATIENCE_IF_FULL) this.#fail(trouble);
  }

  #fail(error: Error): void {
    if (this.#hasEnded) return;
    const feeds = new Set([...this.#cutter.feeds, ...this.#open.all.map(({ feed }) => feed)]);
    this.#init.host.failed(error);
    for (const feed of feeds) feed.cancel(error);
    void this.stop();
  }

  #watch(): void {
    this.#timer = setTimeout(() => {
      // A disconnected client answers only after it has reconnected. Until then there is nothing to check.
      if (!this.#init.broker.connected) this.#brokerWatch.away();
      else if (!this.#isLooking) void this.#lookAround();
      this.#brokerWatch.remind();
      if (this.#brokerWatch.failingFor >= PATIENCE) this.#giveUp();
      if (!this.#hasEnded) this.#watch();
    }, INTERVAL);
  }

  /** Checks everything. Never awaited, because the broker may never answer. */
  async #lookAround(): Promise<void> {
    this.#isLooking = true;
    try {
      // The check renews the lock, which is a write. Earlier work in the same order may wait for an answer, too.
      await this.#brokerWatch.asked(this.#inTurn(() => this.#look()));
      this.#brokerWatch.works();
    } catch (error) {
      this.#troubled(error);
    } finally {
      this.#isLooking = false;
    }
  }

  #giveUp(): void {
    const { label } = this.#init.broker;
    const { failure } = this.#brokerWatch;
    this.#fail(
      new BrokerError(
        "unreachable",
        `The broker at ${label} has ${failure} for ${PATIENCE / 60_000} minutes`,
      ),
    );
  }

  /** Renews the run's keys in Redis, and checks all its jobs. */
  async #look(): Promise<void> {
    const { broker, run, fingerprint, host } = this.#init;
    await this.#lock.renew();
    await this.#publish();
    await useVersion(broker, fingerprint);
    await this.#suitors.look(this.#intake.counts.succeeded + this.#intake.counts.failed > 0);
    await this.#held.look();
    this.#slots = this.#suitors.slots || SLOTS_UNSEEN;
    const chunks = this.#open.all;
    const missing = new Set(chunks.filter(({ added }) => !added));
    await this.#jobs.removeLost(chunks);
    await this.#collect(chunks, { all: true });
    const open = chunks.filter((chunk) => this.#open.has(chunk));
    const lost = open.filter((chunk) => !chunk.added && !missing.has(chunk)).length;
    if (lost > 0) {
      const jobs = lost === 1 ? "a job" : `${lost} jobs`;
      host.notice(`the broker no longer has ${jobs} of the run ${run}; adding again what has no outcome`);
    }
    if (missing.size > 0 && !this.#isFilling) {
      await this.#add(
        open.filter((chunk) => missing.has(chunk) && !chunk.added).flatMap((chunk) =>
          this.#openPartsOf(chunk)
        ),
      );
    }
    void this.#removeSpent();
    this.#refill();
    for (const feed of new Set(chunks.map(({ feed }) => feed))) feed.takeBack();
  }

  /**
   * The job chunks by which a chunk that is not in Redis goes out: itself, or others with its inputs that have no outcome. Those
   * that have one would run once more, and have no key any more.
   */
  #openPartsOf(chunk: Chunk): Chunk[] {
    if (chunk.left === chunk.size) return [chunk];
    this.#end(chunk);
    const { feed, alone, lost } = chunk;
    return chunk.openBlocks().map((block) => this.#open.open(feed, { ...block, alone, lost }));
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
      inFlight: this.inFlight,
      succeeded,
      failed,
      quarantined: this.#quarantined,
    });
  }

  /** Waits for news of job chunks. News may be lost: then the next check finds out. */
  async #listen(): Promise<void> {
    const { broker, run } = this.#init;
    const client = broker.duplicate();
    const key = broker.keys.wake(run);
    while (!this.#hasEnded) {
      try {
        const first = await client.blpop(key, 5);
        if (!first || this.#hasEnded) continue;
        const more = await client.lpop(key, 500) ?? [];
        const ids = [...new Set([first[1], ...more])];
        const chunks = ids.map((id) => this.#open.get(id)).filter((chunk) => chunk !== undefined);
        await this.#inTurn(() => this.#collect(chunks, { all: false }));
      } catch (error) {
        if (this.#hasEnded) return;
        this.#troubled(error);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(() => {
      if (this.#hasEnded) throw new BrokerError("unreachable", "The run has ended");
      return work();
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Takes the available results of these job chunks. */
  async #collect(chunks: Chunk[], { all }: { all: boolean }): Promise<void> {
    if (chunks.length === 0) return;
    const [states, parts] = await Promise.all([this.#jobs.look(chunks), this.#jobs.parts(chunks)]);
    const verdicts = await this.#losses.judge(chunks, states, { all });
    // While Redis was away, another producer may have taken over. Then this one must not settle anything.
    if (!this.#lock.isSure) await this.#lock.renew();
    for (const [at, chunk] of chunks.entries()) {
      if (!this.#open.has(chunk)) continue;
      for (const part of parts[at]) {
        chunk.parts++;
        this.#take(chunk, part);
      }
      if (!this.#hasEnded) this.#handle(chunk, states[at], { all, verdict: verdicts[at] });
    }
    void this.#removeSpent();
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
        return this.#jobFailed(chunk, state.reason, verdict);
      case "completed": {
        const { left } = chunk;
        // A worker that drains, or that does not know the run, returns no results.
        if (state.results !== "" && state.results !== "null") this.#take(chunk, state.results);
        if (this.#hasEnded) return;
        this.#end(chunk);
        // At once if the worker settled an input. Otherwise a fault could send the job round and round without a pause.
        return this.#goAgain(chunk, { later: chunk.left === left });
      }
      default:
        return state satisfies never;
    }
  }

  /** Takes results. If they are rejected, their inputs run again. */
  #take(chunk: Chunk, text: string): void {
    const taken = this.#intake.take(chunk, text);
    if ("inputs" in taken) {
      if (taken.inputs > 0) this.#failures = 0;
      return;
    }
    const fault = shown(taken.fault);
    const { run, host } = this.#init;
    if (this.#rejected++ < MOST_NAMED) {
      host.notice(`results of the run ${run} are rejected, and their inputs run again: ${fault}`);
    }
    if (++this.#failures > MOST_FAILURES) {
      this.#fail(new Error(`The results of workers cannot be read: ${fault}`));
    }
  }

  #jobFailed(chunk: Chunk, reason: string, verdict: Verdict): void {
    if (reason.startsWith("rejected: ")) {
      const { run } = this.#init;
      return this.#fail(
        new RunRefusedError(run, `A worker rejects the run ${run}: ${shown(reason.slice(10))}`),
      );
    }
    if (verdict === "open") return;
    this.#end(chunk);
    if (!isLoss(reason)) {
      if (++this.#failures > MOST_FAILURES) {
        return this.#fail(new Error(`Workers cannot begin: ${shown(reason)}`));
      }
      return this.#goAgain(chunk, { later: true });
    }
    const lost = chunk.lost + 1;
    const isProof = verdict === "proof" || lost >= MOST_LOST;
    if (!isProof || (!chunk.alone && chunk.feed.isDrained)) {
      return this.#goAgain(chunk, { later: true, lost });
    }
    if (chunk.alone) this.#failCulprit(chunk);
    else this.#isolate(chunk);
  }

  #failCulprit(chunk: Chunk): void {
    const reason =
      "its process ended or stopped responding each time it ran this input: twice among others, then alone";
    this.#intake.counts.failed++;
    chunk.feed.settled(chunk, 0, {
      ok: false,
      value: new WorkerLostError({ workerId: 0, reason }),
      task: { attempt: 3, micros: 0, workerId: 0 },
    });
  }

  /** Runs the inputs of a job chunk alone. One of them may be the culprit, and then no other input is lost with it. */
  #isolate(chunk: Chunk): void {
    const singles = chunk.openBlocks().flatMap(({ first, texts }) =>
      Array.from(
        { length: texts.length },
        (_, at) =>
          this.#open.open(chunk.feed, { first: first + at, texts: texts.slice(at, at + 1), alone: true }),
      )
    );
    this.#quarantined += singles.length;
    void this.#add(singles);
  }

  /** Closes a job chunk. Its job is removed once its results are kept. */
  #end(chunk: Chunk): void {
    this.#open.close(chunk);
    this.#spent.add(chunk);
  }

  /** Hands out the inputs of a job chunk that have no outcome again, in others: at once, or at the next look. */
  #goAgain(chunk: Chunk, { later, lost = chunk.lost }: { later: boolean; lost?: number }): void {
    const { feed, alone } = chunk;
    for (const block of chunk.openBlocks()) {
      if (feed.isDrained || !(alone || later)) feed.putBack(block);
      // The next look adds it, because it is not there.
      else this.#open.open(feed, { ...block, alone, lost });
    }
  }

  async #removeSpent(): Promise<void> {
    if (this.#hasEnded) return;
    try {
      await this.#spent.remove(() => this.#refill());
    } catch (error) {
      this.#troubled(error);
    }
  }
}
