/**
 * One producer per run. The lock is held by renewing it; who was paused for longer than it lasts finds out before he
 * does anything more.
 *
 * @module
 */

import type { IoRedis } from "./bullmq.ts";
import { RunHeldError } from "../errors.ts";
import type { Keys } from "./names.ts";

/** How long the lock outlives its holder, in milliseconds. */
const LASTS = 10_000;

/** Who had the run last is known for so long, in milliseconds. */
const REMEMBERED = 3_600_000;

/** How often one who waits looks again, in milliseconds. */
const LOOK = 250;

/** Two looks at the same lock may differ by so much in when it runs out, in milliseconds. */
const SLACK = 1_000;

/** What stands where the last holder would, once it has let go. */
const NOBODY = "nobody";

/** What taking it comes to, where it is no time for which it is still held: */
const TAKEN = 0;
/** its holder has let it go, */
const LET_GO = -1;
/** or it is gone, and nobody let it go. */
const GONE = -2;

/** Takes it if it is free, and if it may be taken by now. Else for how long it is still held, or what became of it. */
const TAKE = `
local left = redis.call('PTTL', KEYS[1])
if left > 0 then return left end
if ARGV[4] == '0' then
  if redis.call('GET', KEYS[2]) == '${NOBODY}' then return ${LET_GO} end
  return ${GONE}
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[3])
return ${TAKEN}`;

/**
 * 1 if it is held from now on again. If it is gone, because Redis lost it, it is taken again, but not if somebody else has
 * had it meanwhile.
 */
const RENEW = `
local holder = redis.call('GET', KEYS[1])
local last = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[1] then return 0 end
if last and last ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[3])
return 1`;

const RELEASE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[2], '${NOBODY}', 'PX', ARGV[2])
return 1`;

/** The lock of one run. */
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

  /** Whether nobody else can have it at this moment. */
  get isSure(): boolean {
    // Not performance.now(): a machine that sleeps stops that.
    const age = Date.now() - this.#renewedAt;
    return age >= 0 && age < LASTS * 0.7;
  }

  /**
   * Takes it. One that is held and not renewed is waited for: its holder is gone.
   *
   * @throws {RunHeldError} if somebody holds it
   */
  async acquire(): Promise<void> {
    const held = () => new RunHeldError(this.#run, `Another producer has the run ${this.#run}`);
    let until: number | undefined;
    for (;;) {
      const asked = Date.now();
      // One that Redis has lost is taken no sooner: its holder, if it lives, takes it again.
      const mayTake = until === undefined || asked > until - SLACK;
      const left = Number(await this.#eval(TAKE, LASTS, REMEMBERED, mayTake ? 1 : 0));
      if (left === TAKEN) {
        this.#renewedAt = asked;
        return;
      }
      // Before it ran out: the run was under way, and has just ended.
      if (left === LET_GO) throw held();
      if (left > 0) {
        if (until !== undefined && asked + left > until + SLACK) throw held();
        until = asked + left;
      }
      await new Promise((resolve) => setTimeout(resolve, left > 0 ? Math.min(left + 1, LOOK) : LOOK));
    }
  }

  /**
   * Holds it for longer.
   *
   * @throws {RunHeldError} if somebody else has it, or has had it since
   */
  async renew(): Promise<void> {
    const asked = Date.now();
    if (Number(await this.#eval(RENEW, LASTS, REMEMBERED)) !== 1) {
      throw new RunHeldError(this.#run, `Another producer has taken over the run ${this.#run}`);
    }
    this.#renewedAt = asked;
  }

  /** Lets it go. */
  async release(): Promise<void> {
    this.#renewedAt = -Infinity;
    await this.#eval(RELEASE, REMEMBERED);
  }

  #eval(script: string, ...values: number[]): Promise<unknown> {
    return this.#client.eval(script, 2, ...this.#keys, this.#token, ...values);
  }
}
