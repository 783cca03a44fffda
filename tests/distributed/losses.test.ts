/** Lost jobs: which losses count against the inputs, and what of a job runs again. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Broker } from "../../lib/distributed/broker/broker.ts";
import { DistributedExecutor, serveTasks } from "../../lib/distributed/mod.ts";
import type { Chunk } from "../../lib/distributed/producer/chunk_feed.ts";
import type { JobState } from "../../lib/distributed/producer/job_table.ts";
import { Losses, type Verdict } from "../../lib/distributed/producer/losses.ts";
import { BEGUN_STREAM, RUN_BY } from "../../lib/distributed/broker/protocol.ts";
import { fingerprint } from "../../lib/fingerprint.ts";
import { RedisServer } from "./redis.ts";

const TASKS = new URL("./fixtures/tasks.ts", import.meta.url);
const LOST = "job stalled more than allowable limit";
const MINUTES = 120_000;

let redis: RedisServer;
let broker: Broker;

beforeAll(async () => {
  redis = await RedisServer.start();
  broker = await Broker.open({ redis: redis.url, queue: "lost" });
});

afterAll(async () => {
  await broker.close();
  await redis[Symbol.asyncDispose]();
});

const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

describe("a lost job", () => {
  /** Looks at one lost job again and again. */
  function looker({ workers = ["host:1"], isDoubtful = false, reason = LOST } = {}) {
    const losses = new Losses(broker, { isDoubtful });
    const chunk = {} as Chunk;
    const state: JobState = { kind: "failed", reason, workers };
    return async (all = true): Promise<Verdict> => (await losses.judge([chunk], [state], { all }))[0];
  }
  const enter = (worker: string, seconds: number) =>
    broker.client.set(broker.keys.worker(worker), "entry", "EX", seconds);

  test("is a proof if its worker is gone", async () => {
    const look = looker();
    expect(await look(false)).toBe("open");
    expect(await look()).toBe("proof");
  });

  test("is a proof only after some looks if the broker has failed lately", async () => {
    const look = looker({ isDoubtful: true });
    const verdicts = [];
    for (let time = 0; time < 5; time++) verdicts.push(await look());
    expect(verdicts).toEqual(["open", "open", "open", "open", "proof"]);
  });

  test("is none if its worker renews its entry after it", async () => {
    const look = looker({ workers: ["host:2"] });
    await enter("host:2", 600);
    expect(await look()).toBe("open");
    expect(await look()).toBe("open");
    await enter("host:2", 700);
    expect(await look()).toBe("none");
  });

  test("is none if its worker enters the roster again", async () => {
    const look = looker({ workers: ["host:3"], isDoubtful: true });
    expect(await look()).toBe("open");
    await enter("host:3", 600);
    expect(await look()).toBe("none");
  });

  test("is none if its worker was told to end, or no worker had begun it", async () => {
    await broker.client.set(broker.keys.draining("host:4"), "1");
    expect(await looker({ workers: ["host:4"] })()).toBe("none");
    expect(await looker({ workers: [] })()).toBe("none");
  });

  test("of a stream is judged by the worker whose values its reader has had", async () => {
    const losses = new Losses(broker, { isDoubtful: false });
    await broker.client.set(broker.keys.draining("host:9"), "1");
    const state: JobState = { kind: "failed", reason: BEGUN_STREAM, workers: ["host:9"] };
    const verdictOf = async (server: string) => {
      const chunk = { yielded: 1, server } as Chunk;
      return await losses.judge([chunk], [state], { all: true });
    };
    expect(await verdictOf("host:1")).toEqual(["proof"]);
    expect(await verdictOf("host:9")).toEqual(["none"]);
  });

  test("is none if one of its workers lives or was told to end, though the last one is gone", async () => {
    await broker.client.set(broker.keys.draining("host:5"), "1");
    expect(await looker({ workers: ["host:5", "host:1"] })()).toBe("none");
    const look = looker({ workers: ["host:6", "host:1"] });
    await enter("host:6", 600);
    expect(await look()).toBe("open");
    await enter("host:6", 700);
    expect(await look()).toBe("none");
  });

  test("is a proof once the entries of all its workers have expired", async () => {
    const look = looker({ workers: ["host:7", "host:1"] });
    await enter("host:7", 600);
    expect(await look()).toBe("open");
    await broker.client.del(broker.keys.worker("host:7"));
    expect(await look()).toBe("proof");
  });
});

test(
  "an input whose jobs are lost twice by a worker that lives is no culprit",
  async () => {
    const chunks = broker.queues(fingerprint(TASKS.href)).chunks;
    await using executor = new DistributedExecutor(TASKS, { redis: redis.url, queue: "lost" });
    const squared = executor.run("square", 3);
    let seconds = 1_000;
    // The worker renews its entry.
    const renewing = setInterval(
      () => void broker.client.set(broker.keys.worker("lives"), "entry", "EX", seconds++),
      100,
    );
    for (let losses = 0; losses < 2; losses++) {
      let id: string | undefined;
      while (!id) {
        await turn();
        [id] = await broker.client.lrange(chunks.toKey("wait"), 0, -1);
      }
      await broker.client.multi()
        .lrem(chunks.toKey("wait"), 0, id)
        .zadd(chunks.toKey("failed"), 1, id)
        .hset(chunks.toKey(id), "finishedOn", "1", "failedReason", LOST, RUN_BY, "lives")
        .exec();
    }
    await using _server = await serveTasks(TASKS, { redis: redis.url, queue: "lost", workers: 1 });
    expect(await squared).toEqual({ n: 3, square: 9 });
    clearInterval(renewing);
    expect(executor.stats()).toMatchObject({ quarantined: 0, failed: 0 });
  },
  MINUTES,
);

test("of a job that vanishes, only the inputs without an outcome run again", async () => {
  const options = { redis: redis.url, queue: "vanished" };
  const executor = new DistributedExecutor<typeof import("./fixtures/tasks.ts")>(TASKS, {
    ...options,
    chunkSize: 2,
  });
  const asked: [number, number][] = [];
  executor.keeping.results = {
    commit() {},
    keysOf(first, count) {
      asked.push([first, count]);
      return Array.from({ length: count }, (_, at) => `key ${first + at}`);
    },
  };
  await using _server = await serveTasks(TASKS, { ...options, workers: 1, concurrency: 2 });
  const results = executor.map("nap", [0, 6_000], { ordered: false })[Symbol.asyncIterator]();
  // It comes before the end of its job.
  expect((await results.next()).value).toBe(0);
  redis.cli("flushall");
  expect((await results.next()).value).toBe(6_000);
  await executor.close();
  expect(asked.length).toBeGreaterThan(1);
  expect(asked.map(([first, count]) => `${first}+${count}`)).toEqual([
    "0+2",
    ...asked.slice(1).map(() => "1+1"),
  ]);
}, MINUTES);
