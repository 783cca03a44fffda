/**
 * Decides which attempts of a run may start, on all its workers together. Rates, limits of keys, and the gates that an error's
 * `retryAfter` closes decide. Workers tell which attempts wait, run and have ended (`server/start_requests.ts`).
 * Nothing here reads a clock or talks to the broker: `start_office.ts` does.
 *
 * An attempt that was let go counts from then on. It counts in the window of a rate until its worker tells that it has begun, and from then
 * on for as long as any start. A worker that is paused or lost tells nothing. Its attempts may no longer start once `GRANT_LASTS` (`limited_worker.ts`)
 * have passed on its own clock, so from then on they count as begun. A key's slot is kept until the worker tells that the body has ended, or
 * until the worker's jobs have gone to others.
 */

import { LONGEST } from "../../executor/basics/deadlines.ts";
import type { LimitState } from "../../executor/queue/limit_state.ts";
import { Rates } from "../../executor/queue/rates.ts";
import type { StartsRecord } from "../broker/protocol.ts";
import { Attempts, type FindInput } from "./attempts.ts";
import { NO_TERMS, type RunLimits } from "./input_terms.ts";
import type { Attempt, Grant, LimitedWorker } from "./limited_worker.ts";
import { StartGates } from "./start_gates.ts";

/** Maximum time between two looks, in milliseconds. A guess: it delays what no message and no rate tells, such as a worker that is silent. */
const LOOK = 100;

export interface StartLimitsHost {
  find: FindInput;
  /** Number of inputs that have succeeded. */
  succeeded(): number;
  /** An error's `retryAfter` has paused all tasks, or those with this key. */
  paused(delay: number, key: string | number | undefined): void;
  /** So much has started, or a pause is so much longer, that a successor has to know of it. */
  changed(): void;
}

/** The limits of one run. All times are milliseconds of one clock. */
export class StartLimits {
  readonly #pause: RunLimits["pause"];
  readonly #host: StartLimitsHost;
  readonly #rates: Rates | undefined;
  readonly #gates: StartGates;
  readonly #attempts: Attempts;
  /** Number of the last grant of any worker. */
  #granted = 0;

  constructor({ rates, limitPer, pause }: RunLimits, host: StartLimitsHost) {
    this.#pause = pause;
    this.#host = host;
    this.#rates = rates.length > 0 ? new Rates(rates) : undefined;
    this.#gates = new StartGates(!this.#rates?.areFound, () => host.succeeded());
    const find: FindInput = (job, at) => host.find(job, at);
    this.#attempts = new Attempts({ find, rates: this.#rates, most: limitPer?.most ?? Infinity });
  }

  /** By rate: its amount. With `auto`, the amount that was found so far. */
  get found(): number[] {
    return this.#rates?.found ?? [];
  }

  heard(record: StartsRecord, now: number): void {
    const worker = this.#attempts.workerOf(record, now);
    if (!worker) return;
    for (const [id, name, amount] of record.used) {
      this.#used(worker.attempts.get(id.join()), name, amount, now);
    }
    for (const [id, delay] of record.refused) this.#refused(worker.attempts.get(id.join()), delay, now);
    this.#attempts.heard(worker, record, now);
  }

  /** Lets attempts start that may start now. `wait`: when to look again, in milliseconds. */
  round(now: number): { grants: Grant[]; wait: number } {
    this.#attempts.expire(now);
    const waiting = this.#attempts.waiting();
    if (waiting.length === 0) {
      this.#gates.noneWaits();
      return { grants: [], wait: this.#attempts.hasWorkers ? LOOK : Infinity };
    }
    this.#gates.someWait(now);
    const { grants, wait } = this.#letGo(waiting, now);
    this.#gates.full(now, this.#attempts.areFull, (key) => !this.#attempts.hasRoom(key));
    // Before the bodies of slow starts have come far.
    if (this.#rates?.areUnsaved) this.#host.changed();
    return { grants, wait: Math.max(1, Math.min(LOOK, wait)) };
  }

  /** The limits for a successor, in milliseconds of the clock of this run. */
  state(now: number): LimitState {
    const rates = this.#rates?.save(this.#attempts.outstanding(), now) ?? [];
    return { rates, ...this.#gates.state(now) };
  }

  /** Goes on after the limits of a predecessor. */
  takeOver({ rates, opens, keys }: LimitState, now: number): void {
    this.#rates?.takeOver(rates, now);
    if (opens > 0) this.#close(opens - now, undefined, now);
    for (const [key, opens] of keys) this.#close(opens - now, key, now);
  }

  /** Lets waiting attempts go, as far as the limits allow. `wait`: time until the next one is due. */
  #letGo(waiting: Attempt[], now: number): { grants: Grant[]; wait: number } {
    const grants = new Map<LimitedWorker, Grant>();
    this.#rates?.begin(this.#attempts.outstanding());
    let due = this.#gates.due(now);
    let wait = due === 0 ? this.#gates.wait(now) : Infinity;
    for (const attempt of waiting) {
      if (due === 0) break;
      const { worker, terms: { key, weights } } = attempt;
      if (worker.isSilent(now) || !this.#attempts.hasRoom(key) || !this.#gates.letsStart(key, now)) continue;
      if (this.#rates && !this.#rates.admits(weights, now)) {
        // None starts before it.
        wait = Math.min(wait, this.#rates.wait(weights, now));
        break;
      }
      due--;
      let grant = grants.get(worker);
      if (!grant) grants.set(worker, grant = worker.grant(++this.#granted, now));
      this.#attempts.letGo(attempt, grant, now);
      this.#gates.started(key, now);
      this.#rates?.started(weights, now);
    }
    return { grants: [...grants.values()], wait };
  }

  #used(attempt: Attempt | undefined, name: string, amount: number, now: number): void {
    if (!attempt) return;
    this.#attempts.begun(attempt, now);
    if (attempt.start.weights) this.#rates?.used(attempt.start, { name, amount }, now);
  }

  #refused(attempt: Attempt | undefined, delay: number | null, now: number): void {
    const { key } = attempt?.terms ?? NO_TERMS;
    this.#rates?.refused(attempt?.grantedAt ?? now, now);
    if (!this.#pause || delay === null || delay > LONGEST) return;
    this.#close(delay, this.#pause === "key" ? key : undefined, now);
  }

  #close(delay: number, key: string | number | undefined, now: number): void {
    if (!this.#gates.close(delay, key, now)) return;
    this.#host.paused(delay, key);
    this.#host.changed();
  }
}
