/**
 * Decides which attempts of a run may start, on all its workers together: by its rates, by the limits of keys, and by the gates that an
 * error's `retryAfter` closes. Workers tell which attempts wait, run and have ended (`server/start_requests.ts`). Nothing here reads a
 * clock or talks to the broker: `start_office.ts` does.
 *
 * An attempt that was let go counts from then on. It counts in the window of a rate until its worker tells that it has begun, and from then
 * on for as long as any start. A worker that is paused or lost tells nothing. Its attempts may no longer start once {@link GRANT_LASTS}
 * have passed on its own clock, so from then on they count as begun. A key's slot is kept until the worker tells that the body has ended, or
 * until the worker's jobs have gone to others.
 */

import { LONGEST } from "../../executor/deadlines.ts";
import { Gate, type Stretch } from "../../executor/queue/gate.ts";
import { Rates, type Start } from "../../executor/queue/rates.ts";
import type { RateState } from "../../executor/queue/rate.ts";
import type { AttemptId, StartsRecord } from "../broker/protocol.ts";
import { NO_TERMS, type RunLimits, type Terms } from "./input_terms.ts";

type Key = string | number;

/** How long an attempt that was let go may wait for its start, in milliseconds. A guess: a busy broker answers within a second. */
export const GRANT_LASTS = 2_000;

/** Time without a message after which a worker gets nothing, in milliseconds: three messages of a worker are missing. */
const SILENCE = 1_500;

/** A worker gets nothing as long as it has not confirmed a grant for this time and twice its usual time, in milliseconds. A guess. */
const LATE = 50;

/** Weight of the newest confirmation in a worker's usual time, from 0 to 1. A guess. */
const NEWEST = 0.2;

/** Time after which a worker's locks have expired, beyond how long they last, in milliseconds. Its last message may be older than its last lock. */
const LOCK_SLACK = 1_000;

/** Maximum time between two looks, in milliseconds. A guess: it delays what no message and no rate tells, such as a worker that is silent. */
const LOOK = 100;

/** An attempt that waits on a worker, was let go, or runs. */
interface Attempt {
  id: AttemptId;
  worker: Worker;
  terms: Terms;
  /** Orders inputs as they were handed in. */
  place: number;
  state: "waiting" | "granted" | "running";
  /** Whether its start has been counted by the rates. */
  isCounted: boolean;
  start: Start;
  /** When it was let go, by which grant, and until when it may start. */
  grantedAt: number;
  grant: number;
  expires: number;
  /** Until when it may start, on its worker's clock. */
  until: number;
}

/** A worker, as its messages tell of it. */
interface Worker {
  id: string;
  /** Number of its last message, when that arrived, and when it was made on the worker's clock. */
  number: number;
  heard: number;
  clock: number;
  lock: number;
  slots: number;
  /** Number of the last grant that it has confirmed. */
  confirmed: number;
  /** When the first grant was sent that it has not confirmed; undefined if there is none. */
  unconfirmedSince: number | undefined;
  /** Its usual time until it confirms a grant. */
  usual: number;
  /** Whether an attempt of it has ever begun. */
  hasBegun: boolean;
  attempts: Map<string, Attempt>;
}

/** Attempts that a worker may start. */
export interface Grant {
  worker: string;
  number: number;
  /** They may start until then, on the worker's clock. */
  until: number;
  starts: AttemptId[];
}

/** The state of the limits for a successor, in milliseconds of the clock of this run. */
export interface StartState {
  rates: RateState[];
  opens: number;
  keys: [key: Key, opens: number][];
}

/** The host interface: what the limits ask their run, and tell it. */
export interface StartLimitsHost {
  /** What an input counts for, and its place among all inputs; undefined if its job chunk is not open any more. */
  find(job: string, at: number): { terms: Terms; place: number } | undefined;
  /** Number of inputs that have succeeded. */
  succeeded(): number;
  /** An error's `retryAfter` has paused all tasks, or those with this key. */
  paused(delay: number, key: Key | undefined): void;
  /** So much has started, or a pause is so much longer, that a successor has to know of it. */
  changed(): void;
}

/** The limits of one run. All times are milliseconds of one clock. */
export class StartLimits {
  readonly #limits: RunLimits;
  readonly #host: StartLimitsHost;
  readonly #rates: Rates | undefined;
  readonly #gate: Gate;
  readonly #keyGates = new Map<Key, Gate>();
  /** Number of attempts by key that were let go and have not ended. */
  readonly #taken = new Map<Key, number>();
  readonly #workers = new Map<string, Worker>();
  /** Number of the last grant of any worker. */
  #granted = 0;
  /** Since when attempts wait, or the gate was last open, and how many inputs had succeeded then. */
  #backlog: Stretch | undefined;

  constructor(limits: RunLimits, host: StartLimitsHost) {
    this.#limits = limits;
    this.#host = host;
    this.#rates = limits.rates.length > 0 ? new Rates(limits.rates) : undefined;
    this.#gate = new Gate(!this.#rates?.areFound);
  }

  /** By rate: its amount. With `auto`, the amount that was found so far. */
  get found(): number[] {
    return this.#rates?.found ?? [];
  }

  /** Takes a message of a worker. */
  heard(record: StartsRecord, now: number): void {
    const worker = this.#workerOf(record.server, now);
    // Sent twice, because the connection broke.
    if (record.number <= worker.number) return;
    const { number, lock, slots, at, granted } = record;
    Object.assign(worker, { number, lock, slots, clock: at, heard: now });
    if (granted > worker.confirmed) this.#confirmed(worker, granted, now);
    for (const [id, name, amount] of record.used) {
      this.#used(worker.attempts.get(id.join()), name, amount, now);
    }
    for (const [id, delay] of record.refused) this.#refused(worker.attempts.get(id.join()), delay, now);
    const told = new Set<string>();
    const jobs = new Map(record.jobs);
    const each = (ids: AttemptId[], take: (attempt: Attempt) => void) => {
      for (const id of ids) {
        told.add(id.join());
        const attempt = worker.attempts.get(id.join()) ?? this.#attemptOf(worker, id, jobs.get(id[0]));
        if (attempt) take(attempt);
      }
    };
    each(record.waiting, (attempt) => this.#waits(attempt));
    each(record.held, (attempt) => this.#isOut(attempt));
    each(record.running, (attempt) => this.#begun(attempt, now));
    for (const [id, attempt] of worker.attempts) if (!told.has(id)) this.#gone(attempt, now);
  }

  /** Lets attempts start that may start now. `wait`: when to look again, in milliseconds. */
  round(now: number): { grants: Grant[]; wait: number } {
    this.#expire(now);
    const waiting = this.#waiting();
    if (waiting.length === 0) {
      if (!this.#gate.isInForce) this.#backlog = undefined;
      return { grants: [], wait: this.#workers.size > 0 ? LOOK : Infinity };
    }
    this.#backlog ??= { since: now, done: this.#host.succeeded() };
    this.#rates?.begin(this.#outstanding());
    const grants = new Map<Worker, Grant>();
    let wait = LOOK;
    let due = this.#gate.due(now);
    if (due === 0) wait = Math.min(wait, this.#gate.wait(now));
    for (const attempt of waiting) {
      if (due === 0) break;
      const { worker, terms } = attempt;
      if (this.#isSilent(worker, now) || !this.#hasRoom(terms.key)) continue;
      if (this.#keyGateOf(terms.key)?.due(now) === 0) continue;
      if (this.#rates && !this.#rates.admits(terms.weights, now)) {
        // None starts before it.
        wait = Math.min(wait, this.#rates.wait(terms.weights, now));
        break;
      }
      due--;
      this.#letGo(attempt, grants, now);
    }
    this.#fill(now);
    // Before the bodies of slow starts have come far.
    if (this.#rates?.areUnsaved) this.#host.changed();
    return { grants: [...grants.values()], wait: Math.max(1, wait) };
  }

  /** The limits for a successor. */
  state(now: number): StartState {
    const opens = this.#gate.opens > now ? this.#gate.opens : 0;
    const keys = [...this.#keyGates].filter(([, gate]) => gate.opens > now)
      .map(([key, gate]): [Key, number] => [key, gate.opens]);
    return { rates: this.#rates?.save(this.#outstanding(), now) ?? [], opens, keys };
  }

  /** Goes on after the limits of a predecessor. */
  takeOver(
    { rates, opens, keys }: Omit<StartState, "rates"> & { rates: (RateState | undefined)[] },
    now: number,
  ): void {
    this.#rates?.takeOver(rates, now);
    if (opens > 0) this.#close(opens - now, undefined, now);
    for (const [key, opens] of keys) this.#close(opens - now, key, now);
  }

  #workerOf(id: string, now: number): Worker {
    let worker = this.#workers.get(id);
    if (!worker) {
      worker = {
        ...{ id, number: 0, heard: now, clock: 0, lock: 0, slots: 0, confirmed: 0, usual: 0 },
        ...{ unconfirmedSince: undefined, hasBegun: false, attempts: new Map() },
      };
      this.#workers.set(id, worker);
    }
    return worker;
  }

  #confirmed(worker: Worker, granted: number, now: number): void {
    worker.confirmed = granted;
    if (worker.unconfirmedSince !== undefined) {
      worker.usual += NEWEST * (now - worker.unconfirmedSince - worker.usual);
    }
    this.#findUnconfirmed(worker, now);
  }

  /** Finds the first grant that a worker has not confirmed. One that is too old may have been lost, and is not waited for. */
  #findUnconfirmed(worker: Worker, now: number): void {
    let since: number | undefined;
    for (const { state, grant, grantedAt, expires } of worker.attempts.values()) {
      if (state !== "granted" || grant <= worker.confirmed || expires <= now) continue;
      since = Math.min(since ?? Infinity, grantedAt);
    }
    worker.unconfirmedSince = since;
  }

  /** An attempt that is told of for the first time; undefined if nobody wants its result. */
  #attemptOf(worker: Worker, id: AttemptId, job: string | undefined): Attempt | undefined {
    const found = job === undefined ? undefined : this.#host.find(job, id[1]);
    if (!found) return undefined;
    const { terms, place } = found;
    const start: Start = { weights: terms.weights, isFirst: false, at: 0 };
    const attempt: Attempt = {
      ...{ id, worker, terms, place, start, state: "waiting", isCounted: false },
      ...{ grantedAt: 0, grant: 0, expires: Infinity, until: Infinity },
    };
    worker.attempts.set(id.join(), attempt);
    return attempt;
  }

  /** The worker tells that an attempt waits. */
  #waits(attempt: Attempt): void {
    if (attempt.state === "waiting" || this.#isOnItsWay(attempt)) return;
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

  #begun(attempt: Attempt, now: number): void {
    this.#isOut(attempt);
    attempt.state = "running";
    this.#count(attempt, now);
  }

  /** The worker no longer tells of an attempt. */
  #gone(attempt: Attempt, now: number): void {
    const { state, worker } = attempt;
    if (this.#isOnItsWay(attempt)) return;
    if (state !== "waiting") {
      this.#count(attempt, now);
      this.#free(attempt);
    }
    worker.attempts.delete(attempt.id.join());
  }

  /** Whether an attempt was let go, and its worker may not know it yet. */
  #isOnItsWay({ state, grant, until, worker }: Attempt): boolean {
    return state === "granted" && grant > worker.confirmed && worker.clock <= until;
  }

  /** Counts the start of an attempt, once. */
  #count(attempt: Attempt, now: number): void {
    if (attempt.isCounted) return;
    attempt.isCounted = true;
    const { worker, start, grantedAt } = attempt;
    start.isFirst = !worker.hasBegun;
    worker.hasBegun = true;
    this.#rates?.begun(start, now, grantedAt);
  }

  /** Counts what may no longer start, and forgets workers whose jobs have gone to others. */
  #expire(now: number): void {
    for (const worker of this.#workers.values()) {
      for (const attempt of worker.attempts.values()) {
        if (attempt.state === "granted" && attempt.expires <= now) this.#count(attempt, now);
      }
      if (worker.unconfirmedSince !== undefined) this.#findUnconfirmed(worker, now);
      if (now - worker.heard < worker.lock + LOCK_SLACK) continue;
      for (const attempt of worker.attempts.values()) if (attempt.state !== "waiting") this.#free(attempt);
      worker.attempts.clear();
      this.#workers.delete(worker.id);
    }
  }

  #waiting(): Attempt[] {
    const waiting: Attempt[] = [];
    for (const { attempts } of this.#workers.values()) {
      for (const attempt of attempts.values()) if (attempt.state === "waiting") waiting.push(attempt);
    }
    return waiting.sort((a, b) => a.place - b.place);
  }

  /** What attempts count for that were let go and may begin at any time. */
  #outstanding() {
    const weights: Terms["weights"][] = [];
    for (const { attempts } of this.#workers.values()) {
      for (const { state, isCounted, terms } of attempts.values()) {
        if (state === "granted" && !isCounted) weights.push(terms.weights);
      }
    }
    return weights;
  }

  #letGo(attempt: Attempt, grants: Map<Worker, Grant>, now: number): void {
    const { worker, terms, id } = attempt;
    let grant = grants.get(worker);
    if (!grant) {
      grant = { worker: worker.id, number: ++this.#granted, until: worker.clock + GRANT_LASTS, starts: [] };
      grants.set(worker, grant);
      worker.unconfirmedSince ??= now;
    }
    grant.starts.push(id);
    Object.assign(attempt, {
      state: "granted",
      isCounted: false,
      grantedAt: now,
      grant: grant.number,
      expires: worker.heard + GRANT_LASTS,
      until: grant.until,
    });
    attempt.start = { weights: terms.weights, isFirst: false, at: 0 };
    this.#take(attempt);
    this.#gate.started(1, now);
    this.#keyGateOf(terms.key)?.started(1, now);
    this.#rates?.started(terms.weights, now);
  }

  #isSilent({ heard, unconfirmedSince, usual }: Worker, now: number): boolean {
    return now - heard > SILENCE || now - (unconfirmedSince ?? now) > LATE + 2 * usual;
  }

  #hasRoom(key: Key | undefined): boolean {
    return key === undefined || (this.#taken.get(key) ?? 0) < this.#limits.limitPer!.most;
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

  #used(attempt: Attempt | undefined, name: string, amount: number, now: number): void {
    if (!attempt) return;
    this.#begun(attempt, now);
    if (attempt.start.weights) this.#rates?.used(attempt.start, { name, amount }, now);
  }

  #refused(attempt: Attempt | undefined, delay: number | null, now: number): void {
    const { key } = attempt?.terms ?? NO_TERMS;
    this.#rates?.refused(attempt?.grantedAt ?? now, now);
    const { pause } = this.#limits;
    if (!pause || delay === null || delay > LONGEST) return;
    this.#close(delay, pause === "key" ? key : undefined, now);
  }

  #close(delay: number, key: Key | undefined, now: number): void {
    const until = now + delay;
    if (key === undefined) {
      const succeeded = this.#host.succeeded();
      const { since, done } = this.#backlog ?? { since: now, done: succeeded };
      if (!this.#gate.close(until, now, { since, done: succeeded - done })) return;
      this.#backlog = { since: until, done: succeeded };
    } else {
      for (const [key, gate] of this.#keyGates) {
        if (gate.opens <= now && !gate.isInForce) this.#keyGates.delete(key);
      }
      let gate = this.#keyGates.get(key);
      if (!gate) this.#keyGates.set(key, gate = new Gate());
      if (!gate.close(until, now, { since: now, done: 0 })) return;
    }
    this.#host.paused(delay, key);
    this.#host.changed();
  }

  #keyGateOf(key: Key | undefined): Gate | undefined {
    return key === undefined ? undefined : this.#keyGates.get(key);
  }

  /** Ends the pace of gates where all slots are in use. */
  #fill(now: number): void {
    let [slots, out] = [0, 0];
    for (const worker of this.#workers.values()) {
      slots += worker.slots;
      for (const { state } of worker.attempts.values()) if (state !== "waiting") out++;
    }
    if (out >= slots) this.#gate.full(now);
    const most = this.#limits.limitPer?.most ?? Infinity;
    for (const [key, gate] of this.#keyGates) if ((this.#taken.get(key) ?? 0) >= most) gate.full(now);
  }
}
