/**
 * The producer of one run. It has at most twice as many chunks in Redis as there are slots, and settles each input once,
 * whatever becomes of workers, of Redis or of messages: every two seconds it looks at all its jobs, and what it is told
 * meanwhile only makes it look sooner. Longer than most files, because all that can become of a chunk meets here.
 *
 * @module
 */

import { WorkerLostError } from "../../errors.ts";
import { Histogram } from "../../executor/histogram.ts";
import type { Broker } from "../broker/broker.ts";
import type { Chunk, ChunkFeed } from "./chunk_feed.ts";
import { BrokerWatch } from "../broker/broker_watch.ts";
import { BrokerError, brokerError, RunHeldError, RunRefusedError } from "../errors.ts";
import { HeldQueue } from "./held_queue.ts";
import { type JobState, JobTable } from "./job_table.ts";
import { jobId, newToken } from "../broker/names.ts";
import { OpenChunk } from "./open_chunk.ts";
import { type RunRecord, shown } from "../broker/protocol.ts";
import { type ReadResults, readResults } from "./read_results.ts";
import { RunLock } from "../broker/run_lock.ts";
import { Sizer } from "./sizer.ts";
import { hostName } from "../broker/host_name.ts";
import { Suitors } from "./suitors.ts";
import { waitAtMost } from "../../executor/wait_at_most.ts";
import { retireVersion, sweepVersions, useVersion } from "../broker/versions.ts";

/** What a producer works with. */
export interface ProducerInit {
  broker: Broker;
  run: string;
  /** How the module is called when speaking of it. */
  module: string;
  fingerprint: string;
  /** Inputs per chunk, where that is not to be found out. */
  chunkSize?: number;
  /** Is called before the jobs of results that were handed on are removed: keeps them for good. */
  commit?: () => void;
  /** Says what a user may want to know. */
  notice(line: string): void;
  /** The run cannot go on. Every input that has no outcome gets this error next. */
  failed(error: Error): void;
}

/** How often it looks at everything, in milliseconds. */
const INTERVAL = 2_000;
/** After so long without a broker the run is given up, in milliseconds. */
const LOST = 5 * 60_000;
/** The same for a broker that is full, with nothing that comes back. */
const FULL = 30_000;
/** So many slots are taken for granted while there is no worker. */
const UNSEEN = 8;
/** All inputs in Redis together have no more bytes than these. */
const MOST_OPEN = 64 * 1024 * 1024;
/** After so many jobs in a row that workers could not even begin, there is no point in another. */
const MOST_FAILURES = 100;
/** Maximum number of rejected results that are said. */
const MOST_SAID = 10;
/** What BullMQ says of a job whose workers were lost. */
const STALLED = "stalled more than allowable";

/** Chunks of one run. */
export class Producer {
  readonly token = newToken();
  readonly counts = {
    succeeded: 0,
    failed: 0,
    retries: 0,
    quarantined: 0,
    duplicates: 0,
    lost: 0,
    rejected: 0,
  };
  readonly runTime = new Histogram();
  readonly #init: ProducerInit;
  readonly #jobs: JobTable;
  readonly #lock: RunLock;
  readonly #suitors: Suitors;
  readonly #held: HeldQueue;
  readonly #started = Date.now();
  readonly #feeds = new Set<ChunkFeed>();
  readonly #chunks = new Map<string, Chunk>();
  readonly #sizers = new Map<string, Sizer>();
  /** Their results were handed on; their jobs are still there. */
  #spent: Chunk[] = [];
  /** Jobs in a row that failed of what is no fault of their inputs. */
  #failures = 0;
  readonly #workerNumbers = new Map<string, number>();
  #number = 0;
  #slots = UNSEEN;
  #bytes = 0;
  #filling = false;
  #cleaning = false;
  #looking = false;
  #ended = false;
  #paused = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** One look at a time: each settles what it sees. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #brokerWatch: BrokerWatch;
  #fullSince: number | undefined;

  constructor(init: ProducerInit) {
    const { broker: { client, keys }, run, fingerprint } = init;
    this.#init = init;
    this.#jobs = new JobTable(init.broker, { run, token: this.token, fingerprint });
    this.#lock = new RunLock({ client, keys, run, token: this.token });
    this.#suitors = new Suitors(init);
    const { chunks } = init.broker.queues(fingerprint);
    this.#held = new HeldQueue({ broker: init.broker, queue: chunks, notice: init.notice });
    this.#brokerWatch = new BrokerWatch({ label: init.broker.label, notice: init.notice });
  }

  /**
   * Takes the run, and looks who is there. Resolves with the tasks that the workers have; nothing if there are none.
   *
   * @throws {RunHeldError} if another producer has the run
   */
  async start(): Promise<string[] | undefined> {
    await this.#lock.acquire();
    await sweepVersions(this.#init.broker);
    await this.#look();
    void this.#listen();
    this.#watch();
    return this.tasks;
  }

  /** Workers by the numbers that tasks know them by. */
  get workers(): number[] {
    return [...this.#workerNumbers.values()];
  }

  /** The tasks that the workers have, where there are any. */
  get tasks(): string[] | undefined {
    return this.#suitors.tasks;
  }

  /** How many tasks a thread or process of a worker has in flight, at the most. */
  get concurrency(): number {
    return this.#suitors.concurrency;
  }

  /** The part of all slots' time in which a task ran, from 0 to 1. */
  get utilization(): number {
    const capacity = (Date.now() - this.#started) * this.slots;
    return capacity > 0 ? Math.min(1, this.runTime.sum / capacity) : 0;
  }

  /** The slots of the workers that serve this run. */
  get slots(): number {
    return this.#suitors.slots;
  }

  /** Inputs that are on their way. */
  get inFlight(): number {
    let count = 0;
    for (const { left } of this.#chunks.values()) count += left;
    return count;
  }

  /** Inputs that wait here. */
  get waiting(): number {
    let count = 0;
    for (const { size } of this.#feeds) count += size;
    return count;
  }

  /** How many inputs of a task it can make use of at once. */
  appetite(task: string): number {
    return 2 * this.#slots * (this.#sizers.get(task)?.size(Infinity, 1) ?? 1);
  }

  /** There are inputs. */
  filled(feed: ChunkFeed): void {
    this.#feeds.add(feed);
    if (this.#filling || this.#ended) return;
    this.#filling = true;
    // Those that are handed in one after the other go out together.
    queueMicrotask(() => this.#fill());
  }

  /** Hands nothing out from now on, and takes back the chunks that no worker has begun. */
  async pause(): Promise<void> {
    this.#paused = true;
    // Those that must run alone stay what they are.
    const chunks = [...this.#chunks.values()].filter(({ alone }) => !alone);
    const withdrawn = await this.withdraw(chunks, { force: false });
    // The last first: each is put before those that wait.
    for (const chunk of chunks.filter((_, at) => withdrawn[at]).reverse()) {
      const { feed, first, texts } = chunk;
      for (const { at, count } of [...chunk.openRuns()].reverse()) {
        feed.putBack({ first: first + at, texts: texts.slice(at, at + count) });
      }
    }
  }

  /** Ends the pause. */
  resume(): void {
    this.#paused = false;
    for (const feed of this.#feeds) this.filled(feed);
  }

  /** Nobody waits for the inputs of these any more; resolves for each with whether it had not been started. */
  async withdraw(chunks: Chunk[], { force }: { force: boolean }): Promise<boolean[]> {
    const { client, keys } = this.#init.broker;
    if (force) { for (const chunk of chunks) this.#forget(chunk); }
    if (this.#ended || chunks.length === 0) return chunks.map(() => true);
    try {
      // What is done already counts.
      if (!force) await this.#inTurn(() => this.#collect(chunks, { all: false }));
      const removed = await this.#jobs.remove(chunks);
      const gone = chunks.filter((_, at) => removed[at]);
      for (const chunk of gone) this.#forget(chunk);
      const running = chunks.filter((_, at) => !removed[at]);
      if (force && running.length > 0) {
        const key = keys.cancelled(this.#init.run);
        await client.sadd(key, ...running.map(({ id }) => id));
        await client.expire(key, 3_600);
        this.#spent.push(...running);
      }
      return removed;
    } catch {
      // Whatever has become of them shows when they are looked at.
      return chunks.map(() => false);
    }
  }

  /** Nothing more is to come: removes what is left, and lets the run go. */
  async stop(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    const { client, keys } = this.#init.broker;
    const { run } = this.#init;
    const goodbye = async () => {
      await this.#turn.catch(() => {});
      this.#init.commit?.();
      await this.#jobs.remove([...this.#spent, ...this.#chunks.values()]);
      await client.srem(keys.runs, run);
      await client.del(keys.wake(run), keys.about(run));
      await this.#lock.release();
      await retireVersion(this.#init.broker, this.#init.fingerprint);
    };
    // A broker that is gone takes no leave; what is there then, workers remove.
    await waitAtMost(3_000, goodbye());
  }

  /** Cuts chunks while there is room for them. */
  async #fill(): Promise<void> {
    try {
      while (!this.#ended) {
        const batch: Chunk[] = [];
        while (batch.length < 64 && this.#hasRoom()) {
          const chunk = this.#cut();
          if (!chunk) break;
          batch.push(chunk);
        }
        if (batch.length === 0) break;
        await this.#add(batch);
      }
    } finally {
      this.#filling = false;
    }
    // While the last batch was on its way, more may have come.
    if (this.waiting > 0 && this.#hasRoom() && !this.#ended) {
      for (const feed of this.#feeds) this.filled(feed);
    }
  }

  #hasRoom(): boolean {
    return !this.#paused && this.#chunks.size + this.#spent.length < 2 * this.#slots &&
      this.#bytes < MOST_OPEN;
  }

  #cut(): Chunk | undefined {
    for (const feed of this.#feeds) {
      if (feed.size === 0) {
        this.#feeds.delete(feed);
        continue;
      }
      const block = feed.take(this.#sizerOf(feed).size(feed.size, this.#slots));
      // In turns: the next chunk is another feed's.
      this.#feeds.delete(feed);
      this.#feeds.add(feed);
      if (block) return this.#open(feed, block);
    }
    return undefined;
  }

  #open(feed: ChunkFeed, init: Pick<Chunk, "first" | "texts"> & { alone?: boolean }): Chunk {
    const id = jobId(this.#init.run, this.token, ++this.#number);
    const chunk = new OpenChunk({ id, feed, ...init });
    this.#chunks.set(id, chunk);
    feed.chunks.add(chunk);
    this.#bytes += bytesOf(chunk);
    return chunk;
  }

  #forget(chunk: Chunk): void {
    if (!this.#chunks.delete(chunk.id)) return;
    chunk.feed.chunks.delete(chunk);
    this.#bytes -= bytesOf(chunk);
  }

  async #add(chunks: Chunk[]): Promise<void> {
    try {
      await this.#jobs.add(chunks);
      for (const chunk of chunks) chunk.added = true;
      this.#fullSince = undefined;
    } catch (error) {
      // Whether they are there shows at the next look.
      this.#troubled(error);
    }
  }

  #troubled(error: unknown): void {
    const { broker: { label }, notice } = this.#init;
    if (error instanceof RunHeldError || error instanceof RunRefusedError) return this.#fail(error);
    const trouble = brokerError(error, label);
    // The next look says so, if it is still away then.
    if (trouble.trouble === "unreachable") return;
    if (trouble.trouble === "unavailable") return this.#brokerWatch.refuses(trouble);
    if (trouble.trouble !== "full") return this.#fail(trouble);
    if (this.#fullSince === undefined) notice(trouble.message);
    this.#fullSince ??= Date.now();
    // Nothing is on its way whose end would make room.
    const nothing = ![...this.#chunks.values()].some(({ added }) => added) && this.#spent.length === 0;
    if (nothing || Date.now() - this.#fullSince > FULL) this.#fail(trouble);
  }

  #fail(error: Error): void {
    if (this.#ended) return;
    const open = new Set([...this.#feeds, ...[...this.#chunks.values()].map(({ feed }) => feed)]);
    this.#init.failed(error);
    for (const feed of open) feed.cancel(error);
    void this.stop();
  }

  #watch(): void {
    this.#timer = setTimeout(() => {
      // A broker that is away answers when it is back; until then there is nothing to look at.
      if (!this.#init.broker.connected) this.#brokerWatch.away();
      else if (!this.#looking) void this.#lookAround();
      if (this.#brokerWatch.failingFor >= LOST) this.#giveUp();
      if (!this.#ended) this.#watch();
    }, INTERVAL);
  }

  /** Not awaited: it may never be answered. */
  async #lookAround(): Promise<void> {
    this.#looking = true;
    try {
      // It renews the lock, which is a write. What has its turn before it may be waiting for an answer, too.
      await this.#brokerWatch.asked(this.#inTurn(() => this.#look()));
      this.#brokerWatch.works();
    } catch (error) {
      this.#troubled(error);
    } finally {
      this.#looking = false;
    }
  }

  #giveUp(): void {
    const { label } = this.#init.broker;
    const { failure } = this.#brokerWatch;
    this.#fail(
      new BrokerError("unreachable", `The broker at ${label} has ${failure} for ${LOST / 60_000} minutes`),
    );
  }

  /** Looks at everything. */
  async #look(): Promise<void> {
    const { broker, fingerprint } = this.#init;
    await this.#lock.renew();
    await this.#publish();
    await useVersion(broker, fingerprint);
    await this.#suitors.look(this.counts.succeeded + this.counts.failed > 0);
    await this.#held.look();
    this.#slots = this.#suitors.slots || UNSEEN;
    const missed = [...this.#chunks.values()].filter(({ added }) => !added);
    const chunks = [...this.#chunks.values()];
    const lost = await this.#jobs.removeLost(chunks);
    if (lost > 0) {
      this.#init.notice(`the broker has lost ${lost} jobs of the run ${this.#init.run}; adding them again`);
    }
    await this.#collect(chunks, { all: true });
    if (missed.length > 0 && !this.#filling) await this.#add(missed.filter(({ id }) => this.#chunks.has(id)));
    void this.#clean();
    for (const feed of this.#feeds) this.filled(feed);
    for (const feed of new Set(chunks.map(({ feed }) => feed))) feed.takeBack();
  }

  async #publish(): Promise<void> {
    const { broker: { client, keys }, run, module, fingerprint } = this.#init;
    const { succeeded, failed, quarantined } = this.counts;
    const record: RunRecord = {
      run,
      token: this.token,
      task: [...this.#sizers.keys()].join(", ").slice(0, 500),
      module,
      fingerprint,
      from: hostName(),
      started: this.#started,
      waiting: this.waiting,
      inFlight: this.inFlight,
      succeeded,
      failed,
      quarantined,
    };
    await client.pipeline().sadd(keys.runs, run).set(keys.about(run), JSON.stringify(record), "PX", 10_000)
      .exec();
  }

  /** Waits for news of chunks. All of it may be lost: then the next look finds out. */
  async #listen(): Promise<void> {
    const { broker, run } = this.#init;
    const client = broker.duplicate();
    const key = broker.keys.wake(run);
    while (!this.#ended) {
      try {
        const first = await client.blpop(key, 5);
        if (!first || this.#ended) continue;
        const more = await client.lpop(key, 500) ?? [];
        const ids = new Set([first[1], ...more]);
        const chunks = [...ids].map((id) => this.#chunks.get(id)).filter((chunk) => chunk !== undefined);
        await this.#inTurn(() => this.#collect(chunks, { all: false }));
      } catch (error) {
        if (this.#ended) return;
        this.#troubled(error);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(() => {
      if (this.#ended) throw new BrokerError("unreachable", "The run has ended");
      return work();
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Takes what there is of these chunks. */
  async #collect(chunks: Chunk[], { all }: { all: boolean }): Promise<void> {
    if (chunks.length === 0) return;
    const [states, parts] = await Promise.all([this.#jobs.look(chunks), this.#jobs.parts(chunks)]);
    // While it was away, another producer may have taken over: then nothing of this is ours to settle.
    if (!this.#lock.isSure) await this.#lock.renew();
    for (const [at, chunk] of chunks.entries()) {
      if (!this.#chunks.has(chunk.id)) continue;
      for (const part of parts[at]) {
        chunk.parts++;
        this.#takeText(chunk, part);
      }
      if (!this.#ended) this.#handle(chunk, states[at], all);
    }
    void this.#clean();
  }

  #handle(chunk: Chunk, state: JobState, all: boolean): void {
    switch (state.kind) {
      case "open":
        chunk.added = true;
        return;
      case "missing":
        // One that is being added right now is not missing.
        if (all && chunk.added) chunk.added = false;
        return;
      case "failed":
        return this.#jobFailed(chunk, state);
      case "completed": {
        const left = chunk.left;
        // A worker that drains, or does not know of the run, hands over nothing.
        if (state.results !== "" && state.results !== "null") this.#takeText(chunk, state.results);
        if (this.#ended) return;
        this.#end(chunk);
        // At once where the worker did something; else it might go round and round.
        return this.#goAgain(chunk, { later: chunk.left === left });
      }
      default:
        return state satisfies never;
    }
  }

  /** The job is done with; it is removed once its results are kept. */
  #end(chunk: Chunk): void {
    this.#forget(chunk);
    this.#spent.push(chunk);
  }

  /** What a chunk has left goes out again, as other chunks. */
  #goAgain(chunk: Chunk, { later }: { later: boolean }): void {
    const { feed, first, texts, alone } = chunk;
    for (const { at, count } of chunk.openRuns()) {
      const block = { first: first + at, texts: texts.slice(at, at + count) };
      if (feed.isDrained || !(alone || later)) feed.putBack(block);
      // Those that are not there are added at the next look.
      else this.#open(feed, { ...block, alone });
    }
  }

  #jobFailed(chunk: Chunk, { reason, hadBegun }: { reason: string; hadBegun: boolean }): void {
    if (reason.startsWith("rejected: ")) {
      const { run } = this.#init;
      return this.#fail(
        new RunRefusedError(run, `A worker rejects the run ${run}: ${shown(reason.slice(10))}`),
      );
    }
    this.#end(chunk);
    const stalled = reason.includes(STALLED);
    if (!stalled) {
      if (++this.#failures > MOST_FAILURES) {
        return this.#fail(new Error(`Workers cannot begin: ${shown(reason)}`));
      }
      return this.#goAgain(chunk, { later: true });
    }
    this.counts.lost++;
    // That its worker was told to end, or never had it, says nothing of its inputs.
    if (!hadBegun) return this.#goAgain(chunk, { later: true });
    if (chunk.alone) {
      const error = new WorkerLostError({
        workerId: 0,
        reason:
          "its process ended, or stood still, each time it ran this input: twice among others, then alone",
      });
      this.counts.failed++;
      return chunk.feed.settled(chunk, 0, {
        ok: false,
        value: error,
        task: { attempt: 3, micros: 0, workerId: 0 },
      });
    }
    // One of them may be the culprit; alone, it takes nobody with it.
    if (chunk.feed.isDrained) return this.#goAgain(chunk, { later: true });
    const singles: Chunk[] = [];
    for (const { at, count } of chunk.openRuns()) {
      for (let place = at; place < at + count; place++) {
        const texts = chunk.texts.slice(place, place + 1);
        singles.push(this.#open(chunk.feed, { first: chunk.first + place, texts, alone: true }));
      }
    }
    this.counts.quarantined += singles.length;
    void this.#add(singles);
  }

  /** Takes results as somebody wrote them. What is none is not used: its inputs run again. */
  #takeText(chunk: Chunk, text: string): void {
    const read = readResults(text, chunk.size);
    if (read.ok) return this.#take(chunk, read);
    this.counts.rejected++;
    const { run, notice } = this.#init;
    if (this.counts.rejected <= MOST_SAID) {
      notice(`results of the run ${run} are rejected, and their inputs run again: ${shown(read.fault)}`);
    }
    if (++this.#failures <= MOST_FAILURES) return;
    this.#fail(new Error(`The results of workers cannot be read: ${shown(read.fault)}`));
  }

  #take(chunk: Chunk, { results, values: unpacked, errors }: ReadResults): void {
    const { feed } = chunk;
    let ms = 0;
    let inputs = 0;
    for (const [number, [at, count, attempt, micros, , worker]] of results.done.entries()) {
      const values = unpacked[number];
      ms += (Array.isArray(micros) ? micros.reduce((sum, one) => sum + one, 0) : micros * count) / 1_000;
      inputs += count;
      const workerId = this.#workerNumber(results.server, worker);
      this.counts.retries += (attempt - 1) * count;
      if (attempt === 1 && chunk.areOpen(at, count)) {
        this.counts.succeeded += count;
        this.#ran(micros, count);
        feed.succeeded(chunk, at, { micros, values, workerId });
        continue;
      }
      for (let place = 0; place < count; place++) {
        if (!chunk.isOpen(at + place)) {
          this.counts.duplicates++;
          continue;
        }
        this.counts.succeeded++;
        const one = Array.isArray(micros) ? micros[place] : micros;
        this.#ran(one, 1);
        const task = { attempt, micros: one, workerId };
        feed.settled(chunk, at + place, { ok: true, value: values.at(place), task });
      }
    }
    for (const [number, [at, attempt, micros, , worker]] of results.failed.entries()) {
      ms += micros / 1_000;
      inputs++;
      if (!chunk.isOpen(at)) {
        this.counts.duplicates++;
        continue;
      }
      this.counts.failed++;
      this.#ran(micros, 1);
      this.counts.retries += Math.max(0, attempt - 1);
      const task = { attempt, micros, workerId: this.#workerNumber(results.server, worker) };
      feed.settled(chunk, at, { ok: false, value: errors[number], task });
    }
    if (inputs > 0) this.#failures = 0;
    if (inputs > 0) this.#sizerOf(feed).record(inputs, ms);
  }

  #ran(micros: number | number[], count: number): void {
    if (typeof micros === "number") return this.runTime.record(micros, count);
    for (const one of micros) this.runTime.record(one);
  }

  /** Keeps what was handed on, then removes the jobs that it came from. */
  async #clean(): Promise<void> {
    if (this.#cleaning || this.#ended) return;
    this.#cleaning = true;
    try {
      while (this.#spent.length > 0 && !this.#ended) {
        const spent = [...this.#spent];
        this.#init.commit?.();
        const removed = await this.#jobs.remove(spent);
        // Those that a worker still has, although nobody wants them, go later.
        const gone = new Set(spent.filter((_, at) => removed[at]));
        this.#spent = this.#spent.filter((chunk) => !gone.has(chunk));
        for (const feed of this.#feeds) this.filled(feed);
        if (removed.includes(false)) break;
      }
    } catch (error) {
      this.#troubled(error);
    } finally {
      this.#cleaning = false;
    }
  }

  #sizerOf({ spec: { task } }: ChunkFeed): Sizer {
    let sizer = this.#sizers.get(task);
    if (!sizer) this.#sizers.set(task, sizer = new Sizer(this.#init.chunkSize));
    return sizer;
  }

  /** Two machines may both have a worker 1. */
  #workerNumber(server: string, worker: number): number {
    const name = `${server}/${worker}`;
    let number = this.#workerNumbers.get(name);
    if (number === undefined) this.#workerNumbers.set(name, number = this.#workerNumbers.size + 1);
    return number;
  }
}

function bytesOf({ texts }: Chunk): number {
  if (!Array.isArray(texts)) return texts.bytes.length;
  return texts.reduce((sum, text) => sum + text.length, 0);
}
