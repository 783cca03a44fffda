/**
 * The attempts of a limited run on all its workers: which wait, were let go, and run. Tells the rates of each start once, and counts the
 * slots of keys that are in use.
 */

import type { Rates } from "../../executor/queue/rates.ts";
import type { AttemptId, StartsRecord } from "../broker/protocol.ts";
import type { Terms } from "./input_terms.ts";
import { type Attempt, type Grant, LimitedWorker } from "./limited_worker.ts";

/** Returns what an input counts for, and its place among all inputs; undefined if its job chunk is not open any more. */
export type FindInput = (job: string, at: number) => { terms: Terms; place: number } | undefined;

export class Attempts {
  readonly #find: FindInput;
  readonly #rates: Rates | undefined;
  /** Maximum number of slots of a key. */
  readonly #most: number;
  /** Number of attempts by key that were let go and have not ended. */
  readonly #taken = new Map<string | number, number>();
  readonly #workers = new Map<string, LimitedWorker>();

  constructor({ find, rates, most }: { find: FindInput; rates: Rates | undefined; most: number }) {
    this.#find = find;
    this.#rates = rates;
    this.#most = most;
  }

  /** Whether any worker has told of itself. */
  get hasWorkers(): boolean {
    return this.#workers.size > 0;
  }

  /** Takes what a message says about its worker. Undefined if the message has come before. */
  workerOf(record: StartsRecord, now: number): LimitedWorker | undefined {
    let worker = this.#workers.get(record.server);
    if (!worker) this.#workers.set(record.server, worker = new LimitedWorker(record.server, now));
    return worker.hears(record, now) ? worker : undefined;
  }

  /** Takes what a message of a worker says about its attempts. */
  heard(worker: LimitedWorker, { waiting, held, running, jobs }: StartsRecord, now: number): void {
    const told = new Set<string>();
    const jobOf = new Map(jobs);
    const each = (ids: AttemptId[], take: (attempt: Attempt) => void) => {
      for (const id of ids) {
        told.add(id.join());
        const attempt = worker.attempts.get(id.join()) ?? this.#attemptOf(worker, id, jobOf.get(id[0]));
        if (attempt) take(attempt);
      }
    };
    each(waiting, (attempt) => this.#waits(attempt));
    each(held, (attempt) => this.#isOut(attempt));
    each(running, (attempt) => this.begun(attempt, now));
    for (const [id, attempt] of worker.attempts) if (!told.has(id)) this.#gone(attempt, now);
  }

  begun(attempt: Attempt, now: number): void {
    this.#isOut(attempt);
    attempt.state = "running";
    this.#count(attempt, now);
  }

  letGo(attempt: Attempt, grant: Grant, now: number): void {
    attempt.worker.letGo(attempt, grant, now);
    this.#take(attempt);
  }

  hasRoom(key: Terms["key"]): boolean {
    return key === undefined || (this.#taken.get(key) ?? 0) < this.#most;
  }

  get areFull(): boolean {
    let free = 0;
    for (const { slots, attempts } of this.#workers.values()) {
      free += slots;
      for (const { state } of attempts.values()) if (state !== "waiting") free--;
    }
    return free <= 0;
  }

  /** The attempts that wait, in the order of their inputs. */
  waiting(): Attempt[] {
    return this.#all().filter(({ state }) => state === "waiting").sort((a, b) => a.place - b.place);
  }

  /** The weights of attempts that were let go and may begin at any time. */
  outstanding(): Terms["weights"][] {
    return this.#all().filter(({ state, isCounted }) => state === "granted" && !isCounted)
      .map(({ terms }) => terms.weights);
  }

  /** Counts what may no longer start, and forgets workers whose jobs have gone to others. */
  expire(now: number): void {
    for (const worker of this.#workers.values()) {
      for (const attempt of worker.attempts.values()) {
        if (attempt.state === "granted" && attempt.expires <= now) this.#count(attempt, now);
      }
      if (!worker.isLost(now)) continue;
      for (const attempt of worker.attempts.values()) if (attempt.state !== "waiting") this.#free(attempt);
      worker.attempts.clear();
      this.#workers.delete(worker.id);
    }
  }

  #all(): Attempt[] {
    return [...this.#workers.values()].flatMap(({ attempts }) => [...attempts.values()]);
  }

  /** An attempt that is told of for the first time; undefined if nobody wants its result. */
  #attemptOf(worker: LimitedWorker, id: AttemptId, job: string | undefined): Attempt | undefined {
    const found = job === undefined ? undefined : this.#find(job, id[1]);
    if (!found) return undefined;
    const { terms, place } = found;
    const attempt: Attempt = {
      ...{ id, worker, terms, place, state: "waiting", isCounted: false },
      start: { weights: terms.weights, isFirst: false, at: 0 },
      ...{ grantedAt: 0, grant: 0, expires: Infinity, until: Infinity },
    };
    worker.attempts.set(id.join(), attempt);
    return attempt;
  }

  #waits(attempt: Attempt): void {
    if (attempt.state === "waiting" || attempt.worker.mayNotKnow(attempt)) return;
    this.#free(attempt);
    Object.assign(attempt, { state: "waiting", isCounted: false });
  }

  /** The worker tells that an attempt is about to begin. */
  #isOut(attempt: Attempt): void {
    if (attempt.state !== "waiting") return;
    // It was let go by a producer that forgot it, when its worker was silent.
    this.#take(attempt);
    Object.assign(attempt, { state: "granted", isCounted: true });
  }

  /** The worker no longer tells of an attempt. */
  #gone(attempt: Attempt, now: number): void {
    const { id, state, worker } = attempt;
    if (worker.mayNotKnow(attempt)) return;
    if (state !== "waiting") {
      this.#count(attempt, now);
      this.#free(attempt);
    }
    worker.attempts.delete(id.join());
  }

  #count(attempt: Attempt, now: number): void {
    if (attempt.isCounted) return;
    attempt.isCounted = true;
    const { worker, start, grantedAt } = attempt;
    start.isFirst = !worker.hasBegun;
    worker.hasBegun = true;
    this.#rates?.begun(start, now, grantedAt);
  }

  #take({ terms: { key } }: Attempt): void {
    if (key !== undefined) this.#taken.set(key, (this.#taken.get(key) ?? 0) + 1);
  }

  #free({ terms: { key } }: Attempt): void {
    if (key === undefined) return;
    const left = this.#taken.get(key)! - 1;
    if (left === 0) this.#taken.delete(key);
    else this.#taken.set(key, left);
  }
}
