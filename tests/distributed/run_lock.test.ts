/** One producer per run, whatever Redis forgets meanwhile. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Broker } from "../../lib/distributed/broker/broker.ts";
import { RunHeldError } from "../../lib/distributed/broker/errors.ts";
import { RunLock } from "../../lib/distributed/broker/run_lock.ts";
import { RedisServer } from "./redis.ts";

let redis: RedisServer;
let broker: Broker;

beforeAll(async () => {
  redis = await RedisServer.start();
  broker = await Broker.open({ redis: redis.url });
});

afterAll(async () => {
  await broker.close();
  await redis[Symbol.asyncDispose]();
});

function lock(run: string, token: string): RunLock {
  const { client, keys } = broker;
  return new RunLock({ client, keys, run, token });
}

/** What became of it, once it has. */
function outcomeOf(taken: Promise<void>): Promise<unknown> {
  return taken.then(() => "taken", (error: unknown) => error);
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test.concurrent("of one that is gone is taken once it has run out, also where Redis has lost it", async () => {
  await lock("gone", "first").acquire();
  const waits: number[] = [];
  const second = outcomeOf(lock("gone", "second").acquire({ onWait: (left) => waits.push(left) }));
  await wait(500);
  redis.cli("DEL", broker.keys.lock("gone"));
  expect(await Promise.race([second, wait(2_000)])).toBeUndefined();
  expect(await second).toBe("taken");
  expect(waits).toEqual([expect.any(Number)]);
  expect(waits[0]).toBeLessThanOrEqual(8_000);
});

test("of one that is known to be gone is taken at once, and of that one alone", async () => {
  const first = lock("known", "first");
  await first.acquire();
  const third = outcomeOf(lock("known", "third").acquire({ gone: "other" }));
  await first.renew();
  await wait(1_500);
  await first.renew();
  expect(await third).toBeInstanceOf(RunHeldError);
  await lock("known", "second").acquire({ gone: "first" });
  await expect(first.renew()).rejects.toBeInstanceOf(RunHeldError);
});

test.concurrent("of one that lives is taken by nobody else, also where Redis has lost it", async () => {
  const first = lock("alive", "first");
  await first.acquire();
  const second = outcomeOf(lock("alive", "second").acquire());
  await wait(500);
  redis.cli("DEL", broker.keys.lock("alive"), broker.keys.fence("alive"));
  await wait(1_500);
  await first.renew();
  expect(await second).toBeInstanceOf(RunHeldError);
  await first.renew();
});

test.concurrent("that is let go while another waits for it is not theirs: the run has just ended", async () => {
  const first = lock("ended", "first");
  await first.acquire();
  const second = outcomeOf(lock("ended", "second").acquire());
  await wait(500);
  await first.release();
  expect(await second).toBeInstanceOf(RunHeldError);
  // A third producer may run it again; the first may not go on.
  await lock("ended", "third").acquire();
  await expect(first.renew()).rejects.toBeInstanceOf(RunHeldError);
});
