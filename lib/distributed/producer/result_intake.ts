/** Takes in results: checks them, and settles each input of their job chunk that has no outcome yet. */

import { Histogram } from "../../executor/basics/histogram.ts";
import { Sums } from "../../executor/basics/sums.ts";
import type { Chunk } from "./chunk_feed.ts";
import type { Cutter } from "./cutter.ts";
import { type ReadResults, readResults, readValues, type ToldFacts } from "./read_results.ts";
import { numbersOf } from "../../wire/series_numbers.ts";

/** A thread or process on another machine. */
interface WorkerOfMachine {
  /** Its number in this run, from 1. */
  workerId: number;
  machine: string;
}

export class Intake {
  readonly counts = { succeeded: 0, failed: 0, retries: 0, duplicates: 0 };
  readonly runTime = new Histogram();
  readonly #sumsOfOutcomes = new Sums();
  readonly #sumsOfAll = new Sums();
  readonly #sizers: Pick<Cutter, "sizerOf">;
  /** By the name of a worker of a server. */
  readonly #workers = new Map<string, WorkerOfMachine>();

  /** `sizers` are told how long inputs take. */
  constructor(sizers: Pick<Cutter, "sizerOf">) {
    this.#sizers = sizers;
  }

  /** What tasks have counted: the attempts that gave an outcome, and all attempts. */
  get sums(): { counts: Record<string, number>; spent: Record<string, number> } {
    return { counts: this.#sumsOfOutcomes.toRecord(), spent: this.#sumsOfAll.toRecord() };
  }

  get workers(): WorkerOfMachine[] {
    return [...this.#workers.values()];
  }

  /** Takes the results of a job chunk as Redis has them. Returns what is wrong with them, or the number of their inputs. */
  take(chunk: Chunk, text: string): { fault: string } | { inputs: number } {
    const { task, batch = 1, adds } = chunk.feed.spec;
    const read = readResults(text, { size: chunk.size, adds: adds === true });
    if (!read.ok) return { fault: read.fault };
    const { yielded = chunk.yielded, done } = read.results;
    if (done.length > 0 && yielded !== chunk.yielded) return { fault: "values of the stream are missing" };
    // Before the outcomes, whose receiver may read the sums. Attempts of duplicates have spent, too.
    if (read.results.spent) this.#sumsOfAll.addAll(read.results.spent);
    chunk.feed.reported(chunk, read.progress);
    for (const [number, [at, attempt, , worker]] of (read.results.retried ?? []).entries()) {
      const workerId = this.#workerNumber(read.results.server, worker);
      chunk.feed.retried(chunk, at, { attempt, micros: 0, workerId }, read.retryErrors[number]);
    }
    const returned = this.#takeReturned(chunk, read);
    const thrown = this.#takeThrown(chunk, read);
    const inputs = returned.inputs + thrown.inputs;
    if (inputs > 0) this.#sizers.sizerOf(task).record(inputs / batch, returned.ms + thrown.ms);
    return { inputs };
  }

  /** Takes values of a stream as Redis has them. Returns what is wrong with them. Values that were taken before are dropped. */
  takeValues(chunk: Chunk, text: string): string | undefined {
    const read = readValues(text);
    if (!read.ok) return read.fault;
    const { first, server, values } = read;
    if (first > chunk.yielded) return "values before them are missing";
    // Redis has lost which body had begun.
    if (chunk.yielded > 0 && server !== chunk.server) return "they are of another body";
    const more = values.slice(chunk.yielded - first);
    chunk.yielded += more.length;
    chunk.server = server;
    chunk.feed.yielded(chunk, more);
    return undefined;
  }

  #takeReturned(chunk: Chunk, { results, values, told }: ReadResults): { inputs: number; ms: number } {
    const { feed } = chunk;
    const sum = { inputs: 0, ms: 0 };
    for (const [number, [at, count, attempt, micros, , worker]] of results.done.entries()) {
      const workerId = this.#workerNumber(results.server, worker);
      sum.inputs += count;
      sum.ms += (Array.isArray(micros) ? micros.reduce((sum, one) => sum + one, 0) : micros * count) / 1_000;
      this.counts.retries += (attempt - 1) * count;
      if (attempt === 1 && !told.has(at) && chunk.areOpen(at, count)) {
        this.counts.succeeded += count;
        if (Array.isArray(micros)) { for (const one of micros) this.runTime.record(one); }
        else this.runTime.record(micros, count);
        const times = Array.isArray(micros) ? numbersOf(micros) : micros;
        feed.succeeded(chunk, at, { micros: times, values: values[number], workerId });
        continue;
      }
      for (let place = 0; place < count; place++) {
        if (!this.#isOpen(chunk, at + place)) continue;
        const one = Array.isArray(micros) ? micros[place] : micros;
        this.counts.succeeded++;
        this.runTime.record(one);
        const task = { attempt, micros: one, workerId, ...this.#toldOf(told, at + place) };
        feed.settled(chunk, at + place, { ok: true, value: values[number].at(place), task });
      }
    }
    return sum;
  }

  #takeThrown(chunk: Chunk, { results, errors, told }: ReadResults): { inputs: number; ms: number } {
    const sum = { inputs: 0, ms: 0 };
    for (const [number, [at, attempt, micros, , worker]] of results.failed.entries()) {
      sum.inputs++;
      sum.ms += micros / 1_000;
      if (!this.#isOpen(chunk, at)) continue;
      this.runTime.record(micros);
      const workerId = this.#workerNumber(results.server, worker);
      const failed = chunk.feed.tryAgain(chunk, at, { attempt, micros, workerId }, errors[number]);
      if (!failed) continue;
      this.counts.failed++;
      this.counts.retries += Math.max(0, attempt - 1);
      const task = { attempt, micros, workerId, ...this.#toldOf(told, at) };
      chunk.feed.settled(chunk, at, { ok: false, value: failed.error, task });
    }
    return sum;
  }

  /** Returns what the attempt that gave an outcome has told, and adds what it has counted to the sums. */
  #toldOf(told: ReadResults["told"], at: number): ToldFacts | undefined {
    const own = told.get(at);
    if (own?.counts) this.#sumsOfOutcomes.addAll(own.counts);
    return own;
  }

  /** Whether an input has no outcome yet. If it has one, counts the result as a duplicate. */
  #isOpen(chunk: Chunk, at: number): boolean {
    if (chunk.isOpen(at)) return true;
    this.counts.duplicates++;
    return false;
  }

  /** Returns a number for a worker of a server, because two machines may both have a worker 1. */
  #workerNumber(server: string, worker: number): number {
    const name = `${server}/${worker}`;
    let known = this.#workers.get(name);
    if (known === undefined) {
      // A server's id is the name of its machine, the number of its process, and a word of its own.
      known = { workerId: this.#workers.size + 1, machine: server.replace(/:\d+:[^:]*$/, "") };
      this.#workers.set(name, known);
    }
    return known.workerId;
  }
}
