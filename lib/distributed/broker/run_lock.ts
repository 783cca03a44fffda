/**
 * The lock of a run. One producer at a time holds it, and renews it. If a producer was paused for longer than the lock
 * lasts, it finds out before it settles anything.
 */

import type { IoRedis } from "./bullmq.ts";
import { RunHeldError } from "./errors.ts";
import { type Keys, KEYS_LAST } from "./names.ts";

/** How long the lock lasts without a renewal, in milliseconds: five checks of a producer. */
const LASTS = 10_000;

/** How often a producer that waits for the lock checks it, in milliseconds. */
const LOOK = 250;

/** Tolerance when two checks compare the time at which a lock expires, in milliseconds. A guess: clocks and replies are late. */
const SLACK = 1_000;

/**
 * Time without a renewal of the lock after which the user is told of the wait, in milliseconds. A producer renews its lock every two
 * seconds, so the holder of this one is probably gone.
 */
const NAMED_AFTER = 2_000;

/** Replaces the last holder's token once the lock was released. */
export const NOBODY = "nobody";

/** Reply of {@link TAKE}: this producer has taken the lock. A positive reply is the remaining time of another producer's lock. */
const TAKEN = 0;
/** Reply of {@link TAKE}: the holder has released the lock. */
const LET_GO = -1;
/** Reply of {@link TAKE}: the lock is gone, and nobody released it. */
const GONE = -2;

/** Takes the lock if it is free and ARGV[4] is 1, or held by the producer ARGV[5]. */
const TAKE = `
local left = redis.call('PTTL', KEYS[1])
local isGone = redis.call('GET', KEYS[1]) == ARGV[5]
if left > 0 and not isGone then return left end
if ARGV[4] == '0' and not isGone then
  if redis.call('GET', KEYS[2]) == '${NOBODY}' then return ${LET_GO} end
  return ${GONE}
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[3])
return ${TAKEN}`;

/**
 * Renews the lock and returns 1, or returns 0 if another producer has it. If Redis has lost the lock, it is taken
 * again, unless another producer has held it meanwhile.
 */
const RENEW = `
local holder = redis.call('GET', KEYS[1])
local last = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[1] then return 0 end
if last and last ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[3])
return 1`;

/** Releases the lock if this producer holds it. */
const RELEASE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[2], '${NOBODY}', 'PX', ARGV[2])
return 1`;

export class RunLock {
  readonly #client: IoRedis;
  readonly #keys: [string, string];
  readonly #run: string;
  readonly #token: string;
  #renewedAt = -Infinity;

  constructor({ client, keys, run, token }: { client: IoRedis; keys: Keys; run: string; token: string }) {
    this.#client = client;
    this.#keys = [keys.lock(run), keys.fence(run)];
    this.#run = run;
    this.#token = token;
  }

  /** Whether it is certain that no other producer holds the lock. */
  get isSure(): boolean {
    // Not performance.now(), which stops while the machine sleeps.
    const age = Date.now() - this.#renewedAt;
    return age >= 0 && age < LASTS * 0.7;
  }

  /**
   * Takes the lock. If another lock exists and is not renewed, its holder has ended, and the lock is taken when it expires.
   *
   * @param options `answer`: waits for each answer of the broker. `gone`: the token of a producer that is known to be gone. `onWait`: called once if the wait is long, with the
   * maximum time that the lock may still last, in milliseconds
   * @throws {RunHeldError} if another producer renews it, or releases it meanwhile
   */
  async acquire(
    { answer = (work) => work, gone = "", onWait }: {
      answer?<T>(work: Promise<T>): Promise<T>;
      gone?: string;
      onWait?(left: number): void;
    } = {},
  ): Promise<void> {
    const begun = performance.now();
    let isNamed = false;
    const held = () => new RunHeldError(this.#run, `Another producer has the run ${this.#run}`);
    let until: number | undefined;
    for (;;) {
      const asked = Date.now();
      // A lock that Redis has lost is not taken any sooner, because its holder takes it again if it still runs.
      const mayTake = until === undefined || asked > until - SLACK;
      const left = Number(await answer(this.#eval(TAKE, LASTS, KEYS_LAST, mayTake ? 1 : 0, gone)));
      if (left === TAKEN) {
        this.#renewedAt = asked;
        return;
      }
      // Released before it expired: the run was in progress and has just ended.
      if (left === LET_GO) throw held();
      if (left > 0) {
        if (until !== undefined && asked + left > until + SLACK) throw held();
        until = asked + left;
      }
      if (!isNamed && performance.now() - begun >= NAMED_AFTER) {
        isNamed = true;
        onWait?.(Math.max(0, until! - asked));
      }
      await new Promise((resolve) => setTimeout(resolve, left > 0 ? Math.min(left + 1, LOOK) : LOOK));
    }
  }

  /**
   * Renews the lock.
   *
   * @throws {RunHeldError} if another producer holds the lock, or has held it meanwhile
   */
  async renew(): Promise<void> {
    const asked = Date.now();
    if (Number(await this.#eval(RENEW, LASTS, KEYS_LAST)) !== 1) {
      throw new RunHeldError(this.#run, `Another producer has taken over the run ${this.#run}`);
    }
    this.#renewedAt = asked;
  }

  async release(): Promise<void> {
    this.#renewedAt = -Infinity;
    await this.#eval(RELEASE, KEYS_LAST);
  }

  #eval(script: string, ...values: (number | string)[]): Promise<unknown> {
    return this.#client.eval(script, 2, ...this.#keys, this.#token, ...values);
  }
}
