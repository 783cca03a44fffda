/** A worker of a limited run, as its messages tell of it (`server/start_requests.ts`), and the attempts on it. */

import type { Start } from "../../executor/tasks/weights.ts";
import type { AttemptId, StartsRecord } from "../broker/protocol.ts";
import type { Terms } from "./input_terms.ts";

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

/** An attempt that waits on a worker, was let go, or runs. */
export interface Attempt {
  id: AttemptId;
  worker: LimitedWorker;
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

export interface Grant {
  worker: string;
  number: number;
  /** When the attempts may start at the latest, on the worker's clock. */
  until: number;
  starts: AttemptId[];
}

export class LimitedWorker {
  readonly id: string;
  readonly attempts = new Map<string, Attempt>();
  slots = 0;
  /** Whether an attempt of it has ever begun. */
  hasBegun = false;
  /** Number of its last message, when that arrived, and when it was made on the worker's clock. */
  #number = 0;
  #heard: number;
  #clock = 0;
  /** How long its locks last, in milliseconds. */
  #lock = 0;
  /** Number of the last grant that it has confirmed. */
  #confirmed = 0;
  /** When the first grant was sent that it has not confirmed; undefined if there is none. */
  #unconfirmedSince: number | undefined;
  /** Its usual time until it confirms a grant. */
  #usual = 0;

  constructor(id: string, now: number) {
    this.id = id;
    this.#heard = now;
  }

  /** Takes what a message says about the worker. Returns false if the message was sent twice, because the connection broke. */
  hears({ number, lock, slots, at, granted }: StartsRecord, now: number): boolean {
    if (number <= this.#number) return false;
    this.#number = number;
    this.#heard = now;
    this.#clock = at;
    this.#lock = lock;
    this.slots = slots;
    if (granted <= this.#confirmed) return true;
    this.#confirmed = granted;
    if (this.#unconfirmedSince !== undefined) {
      this.#usual += NEWEST * (now - this.#unconfirmedSince - this.#usual);
    }
    this.#findUnconfirmed(now);
    return true;
  }

  grant(number: number, now: number): Grant {
    this.#unconfirmedSince ??= now;
    return { worker: this.id, number, until: this.#clock + GRANT_LASTS, starts: [] };
  }

  letGo(attempt: Attempt, { number, until, starts }: Grant, now: number): void {
    starts.push(attempt.id);
    Object.assign(attempt, {
      ...{ state: "granted", isCounted: false, grantedAt: now, grant: number, until },
      expires: this.#heard + GRANT_LASTS,
      start: { weights: attempt.terms.weights, isFirst: false, at: 0 },
    });
  }

  /** Whether an attempt was let go, and the worker may not know it yet. */
  mayNotKnow({ state, grant, until }: Attempt): boolean {
    return state === "granted" && grant > this.#confirmed && this.#clock <= until;
  }

  /** Whether the worker gets nothing, because it is silent or has not confirmed its last grant. */
  isSilent(now: number): boolean {
    return now - this.#heard > SILENCE || now - (this.#unconfirmedSince ?? now) > LATE + 2 * this.#usual;
  }

  /** Whether its jobs have gone to others. Also forgets grants that are too old. */
  isLost(now: number): boolean {
    if (this.#unconfirmedSince !== undefined) this.#findUnconfirmed(now);
    return now - this.#heard >= this.#lock + LOCK_SLACK;
  }

  /** Finds the first grant that was not confirmed. One that is too old may have been lost, and is not waited for. */
  #findUnconfirmed(now: number): void {
    let since: number | undefined;
    for (const { state, grant, grantedAt, expires } of this.attempts.values()) {
      if (state !== "granted" || grant <= this.#confirmed || expires <= now) continue;
      since = Math.min(since ?? Infinity, grantedAt);
    }
    this.#unconfirmedSince = since;
  }
}
