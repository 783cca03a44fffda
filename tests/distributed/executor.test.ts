/** The library over a broker: producer and worker in this process, Redis beside it. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ExecutorClosedError,
  TaskCloneError,
  TaskInputError,
  TaskNotFoundError,
  TaskTimeoutError,
} from "../../lib/errors.ts";
import {
  DistributedExecutor,
  type DistributedOptions,
  RunHeldError,
  serveTasks,
  type TaskServer,
} from "../../lib/distributed/mod.ts";
import { RedisServer } from "./redis.ts";

const TASKS = new URL("./fixtures/tasks.ts", import.meta.url);
type Tasks = typeof import("./fixtures/tasks.ts");

let redis: RedisServer;
let server: TaskServer;

beforeAll(async () => {
  redis = await RedisServer.start();
  server = await serveTasks(TASKS, { redis: redis.url, workers: 2, concurrency: 4 });
});

afterAll(async () => {
  await server.close();
  await redis[Symbol.asyncDispose]();
});

function start(options: Partial<DistributedOptions> = {}): DistributedExecutor<Tasks> {
  return new DistributedExecutor<Tasks>(TASKS, { redis: redis.url, ...options });
}

/** The jobs that a run has in Redis. */
function jobsOf(run: string): string[] {
  return redis.cli("--scan", "--pattern", `polyloop:default:*:${run}-*`).split("\n").filter((key) =>
    key !== ""
  );
}

test("what tasks count comes with their results, once, and what all attempts have spent beside it", async () => {
  await using executor = start({ chunkSize: 4 });
  expect(executor.stats()).toMatchObject({ counts: {}, spent: {} });
  const inputs = Array.from({ length: 40 }, (_, n) => n);
  const retry = { attempts: 2, minDelay: 1 };
  const outcomes = await executor.map("spend", inputs, { settled: true, retry }).toArray();
  expect(outcomes.map(({ status, attempts, counts }) => [status, attempts, counts])).toEqual(
    inputs.map((n) => [n === 3 ? "rejected" : "fulfilled", n % 2 + 1, { tokens: n, usd: 0.1 }]),
  );
  expect(await executor.run("echo", 1)).toBe(1);
  expect(executor.stats()).toMatchObject({
    counts: { tokens: 780, usd: 4 },
    spent: { tokens: 780 + 400, usd: 6 },
  });
});

test("with limits, every attempt is let go; an input whose weight or key is none fails alone", async () => {
  await using executor = start({
    rate: [{ tasks: 1_000, perMs: 1_000 }, {
      amount: 10,
      perMs: 50,
      weight: (n) => n as number,
      name: "tokens",
    }],
    limitPer: { most: 1, key: (n) => n === 3 ? null as never : (n as number) % 2 },
    retry: { attempts: 2, minDelay: 1, pause: "key" },
  });
  const pauses: unknown[] = [];
  executor.addEventListener("pause", ({ detail }) => pauses.push(detail));
  const outcomes = await executor.map("refusedOnce", [1, 2, 11, 3, 4], { settled: true }).toArray();
  expect(outcomes).toMatchObject([
    { status: "fulfilled", value: 1, attempts: 2 },
    { status: "fulfilled", value: 2, attempts: 2 },
    {
      status: "rejected",
      reason: { message: expect.stringContaining("must return at most rate[1].amount (10), got 11") },
    },
    {
      status: "rejected",
      reason: { message: "What limitPer.key returns must be a string or a number, got null" },
    },
    { status: "fulfilled", value: 4, attempts: 2 },
  ]);
  expect(pauses).toContainEqual({ key: 1, delay: 200 });
  expect(executor.stats().rates).toEqual([1_000, 10]);
  expect(executor.keeping.limits().rates).toHaveLength(2);
});

test("a retry is let go after its worker had nothing to tell of its run for a while", async () => {
  await using executor = start({ rate: { tasks: 1_000, perMs: 1_000 } });
  const retry = { attempts: 2, minDelay: 1_100, maxDelay: 1_100, jitter: false };
  const [outcome] = await executor.map("spend", [1], { settled: true, retry }).toArray();
  expect(outcome).toMatchObject({ status: "fulfilled", attempts: 2 });
});

test("a task with a limited key that times out keeps its key until its body has ended", async () => {
  // In one thread, where one body sees the other.
  await using _server = await serveTasks(TASKS, { redis: redis.url, queue: "deaf", workers: 1 });
  await using executor = start({ queue: "deaf", limitPer: { most: 1, key: () => "one" } });
  const late = executor.run("deaf", 400, { timeout: 50 }).catch((error) => error);
  expect(await late).toBeInstanceOf(TaskTimeoutError);
  expect(await executor.run("bodies", 0)).toBe(0);
});

describe("run()", () => {
  test("resolves with the result", async () => {
    await using executor = start();
    expect(await executor.run("square", 12)).toEqual({ n: 12, square: 144 });
    expect(await executor.run("echo", undefined)).toBeNull();
    expect(await executor.run("echo", { ä: ["\u2028", "\ud800", null] })).toEqual({
      ä: ["\u2028", "\ud800", null],
    });
  });

  test("rejects with what the task threw, class and properties included", async () => {
    await using executor = start();
    const error = await executor.run("fail", 3 as never).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ message: "no 3", n: 3, big: "1n", cause: { message: "because" } });
    expect((error as Error).stack).toContain("fixtures/tasks.ts");
  });

  test("rejects with TaskNotFoundError for a task that workers do not have", async () => {
    await using executor = start();
    for (const name of ["nothing", "constructor", "__proto__", "../etc/passwd"]) {
      const error = await executor.run(name as "square", 1).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(TaskNotFoundError);
    }
    expect(await executor.run("square", 2)).toEqual({ n: 2, square: 4 });
  });

  test("rejects an input that JSON has no word for, and it alone", async () => {
    await using executor = start();
    const circle: unknown[] = [];
    circle.push(circle);
    const nested = [{ in: new Map([[1, 2]]) }, [NaN], { at: [new Headers()] }, { f() {} }, {
      p: Promise.resolve(),
    }];
    const inputs = [1n, new Map(), new Set(), () => 1, circle, Symbol("s"), ...nested];
    const outcomes = await Promise.allSettled([...inputs, 5].map((input) => executor.run("echo", input)));
    for (const outcome of outcomes.slice(0, -1)) {
      expect(outcome).toMatchObject({ status: "rejected", reason: expect.any(TaskCloneError) });
    }
    expect(outcomes.at(-1)).toEqual({ status: "fulfilled", value: 5 });
    expect((outcomes[6] as PromiseRejectedResult).reason).toMatchObject({
      path: "input.in",
      message:
        "The input cannot be written as JSON: input.in is a Map. Send Object.fromEntries(map) instead.",
    });
  });

  test("flatMap() yields what generators yield, one by one and in order", async () => {
    await using executor = start();
    expect(await executor.flatMap("twice", [1, "a", 2, 1]).toArray()).toEqual(["a", "a\na", 2, 2]);
    await expect(executor.flatMap("square", [1]).toArray()).rejects.toThrow(
      "flatMap() over a broker needs a task that is a generator or returns an array; use map() for this one",
    );
    expect(() => executor.flatMap("twice", [1], { settled: true } as object)).toThrow(
      "settled is no option of flatMap() over a broker",
    );
  });

  test("rejects at once when its signal aborts, and the worker is told", async () => {
    await using executor = start();
    const controller = new AbortController();
    const napping = executor.run("nap", 600_000, { signal: controller.signal });
    await until(() => server.stats().executor.inFlight > 0);
    controller.abort(new Error("enough"));
    await expect(napping).rejects.toThrow("enough");
    await until(() => server.stats().executor.inFlight === 0);
  });

  test("timeouts and retries are the worker's", async () => {
    await using executor = start();
    await expect(executor.run("nap", 600_000, { timeout: 50 })).rejects.toBeInstanceOf(TaskTimeoutError);
    expect(await executor.run("failOnce", 1, { retry: { attempts: 2, minDelay: 1 } })).toBe("1 in attempt 2");
    expect(executor.stats().retries).toBe(1);
  });

  test("many calls at once go out together", async () => {
    await using executor = start();
    const results = await Promise.all(Array.from({ length: 2_000 }, (_, n) => executor.run("square", n)));
    expect(results.map(({ square }) => square)).toEqual(Array.from({ length: 2_000 }, (_, n) => n * n));
  });

  test("taskfailed tells of each task that has failed for good, in maps and calls", async () => {
    await using executor = start();
    const told: unknown[] = [];
    executor.addEventListener("taskfailed", ({ detail: { task, error, attempts } }) => {
      told.push([task, (error as Error).message, attempts]);
    });
    const retry = { attempts: 2, minDelay: 1 };
    await executor.run("fail", 3 as never, { retry }).catch(() => {});
    await executor.map("fail", [4] as never[], { settled: true }).toArray();
    expect(await executor.run("failOnce", 1, { retry })).toBe("1 in attempt 2");
    expect(told).toEqual([["fail", "no 3", 2], ["fail", "no 4", 1]]);
  });

  test("a result that is too large fails, and says so", async () => {
    await using executor = start();
    expect((await executor.run("much", 1e6)).length).toBe(1e6);
    await expect(executor.run("much", 20e6)).rejects.toThrow(/more than 16 MB/);
    await expect(executor.run("lengthOf", "x".repeat(20e6))).rejects.toThrow(/more than 16 MB/);
  });
});

describe("map()", () => {
  test("tells a body which of its inputs it has, and run() does not", async () => {
    await using executor = start({ chunkSize: 7 });
    const inputs = Array.from({ length: 40 }, (_, n) => n);
    expect(await executor.map("indexOf", inputs).toArray()).toEqual(inputs);
    expect(await Promise.all(inputs.slice(0, 10).map((n) => executor.run("indexOf", n)))).toEqual(
      new Array(10).fill("none"),
    );
  });

  test("yields results in the order of the inputs, each once", async () => {
    await using executor = start();
    const results = await executor.map("slowly", Array.from({ length: 500 }, (_, n) => n)).toArray();
    expect(results.map(({ n }) => n)).toEqual(Array.from({ length: 500 }, (_, n) => n));
    expect(executor.stats()).toMatchObject({ succeeded: 500, failed: 0, pending: 0, inFlight: 0 });
  });

  test("pulls no further than its window, and leaves little in Redis", async () => {
    await using executor = start();
    let pulled = 0;
    function* endless() {
      for (;;) yield pulled++;
    }
    let most = 0;
    for await (const { n } of executor.map("slowly", endless())) {
      most = Math.max(most, executor.stats().inFlight);
      if (n === 300) break;
    }
    expect(pulled).toBeLessThan(300 + 16 * 256);
    expect(most).toBeLessThanOrEqual(16 * 256);
  });

  test("a slow input does not hold the results of its chunk", async () => {
    await using executor = start({ chunkSize: 5 });
    const outcomes: number[] = [];
    for await (const ms of executor.map("nap", [6_000, 1, 2, 3, 4], { ordered: false })) {
      if (ms === 4) expect(executor.stats().inFlight).toBe(1);
      outcomes.push(ms);
    }
    expect(outcomes.sort((one, other) => one - other)).toEqual([1, 2, 3, 4, 6_000]);
  });

  test("the first failure is thrown; with `settled`, each is an outcome", async () => {
    await using executor = start();
    await expect(executor.map("fail", [1, 2, 3] as never[]).toArray()).rejects.toThrow("no 1");
    const outcomes = await executor.map("failOnce", [1, 2], {
      settled: true,
      retry: { attempts: 2, minDelay: 1 },
    })
      .toArray();
    expect(outcomes).toMatchObject([{ status: "fulfilled", attempts: 2 }, {
      status: "fulfilled",
      attempts: 2,
    }]);
  });
});

describe("executeTasks()", () => {
  test("settles all, in their order", async () => {
    await using executor = start();
    const [one, two] = await executor.executeTasks([{ task: "square", input: 3 }, {
      task: "fail",
      input: 2 as never,
    }]);
    expect(one).toEqual({ status: "fulfilled", value: { n: 3, square: 9 } });
    expect(two).toMatchObject({ status: "rejected", reason: expect.any(RangeError) });
  });
});

describe("the end", () => {
  test("close() finishes what there is, removes everything and refuses more", async () => {
    const executor = start({ run: "ends-well" });
    const results = executor.map("slowly", Array.from({ length: 100 }, (_, n) => n)).toArray();
    await executor.run("square", 1);
    await executor.close();
    expect((await results).length).toBe(100);
    expect(jobsOf("ends-well")).toEqual([]);
    expect(redis.cli("exists", "polyloop:default:lock:ends-well")).toBe("0");
    await expect(executor.run("square", 1)).rejects.toBeInstanceOf(ExecutorClosedError);
  });

  test("terminate() rejects what is left and aborts it on the workers", async () => {
    const executor = start({ run: "ends-early" });
    const napping = Promise.allSettled([1, 2, 3].map(() => executor.run("nap", 600_000)));
    await until(() => server.stats().executor.inFlight === 3);
    await executor.terminate();
    for (const outcome of await napping) {
      expect(outcome).toMatchObject({ status: "rejected", reason: expect.any(ExecutorClosedError) });
    }
    await until(() => server.stats().executor.inFlight === 0);
  });
});

describe("closing and pausing", () => {
  const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

  /** Yields one, and then nothing. */
  async function* stuck() {
    yield 1;
    await new Promise(() => {});
  }

  test("close() finishes maps that are being read, and ends those that nobody reads", async () => {
    const executor = start();
    async function* later() {
      for (const n of upTo(200)) yield await n;
    }
    const all = executor.map("square", upTo(2_000)).toArray();
    const pulled = executor.map("square", later(), { window: 10 }).toArray();
    const unread = executor.map("square", stuck());
    await unread.next();
    await executor.close();
    expect((await all).map(({ n }) => n)).toEqual(upTo(2_000));
    expect((await pulled).map(({ n }) => n)).toEqual(upTo(200));
    await expect(unread.next()).rejects.toBeInstanceOf(ExecutorClosedError);
    await expect(executor.map("square", [1]).next()).rejects.toBeInstanceOf(ExecutorClosedError);
  });

  test("terminate() and close({ timeout }) tell who waits for a source that has nothing", async () => {
    for (const how of ["terminate", "close"] as const) {
      const executor = start();
      const told: string[] = [];
      const tell = ({ name }: Error) => void told.push(name);
      executor.map("square", stuck()).toArray().catch(tell);
      const results = executor.map("square", stuck());
      await results.next();
      results.next().catch(tell);
      await (how === "close" ? executor.close({ timeout: 20 }) : executor.terminate());
      expect(told).toEqual(["ExecutorClosedError", "ExecutorClosedError"]);
    }
  });

  test("close({ pending: 'cancel' }) drops what no worker has begun", async () => {
    const executor = start({ chunkSize: 1 });
    const running = executor.run("nap", 600);
    await until(() => server.stats().executor.inFlight === 1);
    const waiting = Promise.allSettled(upTo(200).map(() => executor.run("nap", 600)));
    const mapped = executor.map("nap", stuck()).toArray().catch(({ name }: Error) => name);
    await executor.close({ pending: "cancel" });
    expect(await running).toBe(600);
    const outcomes = await waiting;
    const dropped = outcomes.filter((outcome) =>
      outcome.status === "rejected" && outcome.reason instanceof ExecutorClosedError
    );
    // Those that were in Redis may have been begun meanwhile, and are finished then.
    expect(dropped.length).toBeGreaterThan(150);
    expect(outcomes.filter(({ status }) => status === "fulfilled").length).toBe(200 - dropped.length);
    expect(await mapped).toBe("ExecutorClosedError");
  });

  test("pause() hands out nothing more and takes back what waits; resume() goes on", async () => {
    await using executor = start({ chunkSize: 1 });
    expect(await executor.run("echo", 1)).toBe(1);
    let idle = 0;
    executor.addEventListener("idle", () => idle++);
    // Eight of them fill the server, as many more wait in Redis, and the rest here.
    const all = executor.map("nap", upTo(40).map(() => 150), { window: 40 }).toArray();
    await until(() => server.stats().executor.inFlight === 8);
    executor.pause();
    expect(executor.isPaused).toBe(true);
    const later = executor.run("echo", "later");
    await until(() => executor.stats().inFlight === 0 && server.stats().executor.inFlight === 0);
    const { pending, succeeded } = executor.stats();
    expect(pending).toBeGreaterThan(0);
    expect(pending + succeeded).toBe(42);
    executor.resume();
    await executor.onIdle();
    expect(await all).toEqual(upTo(40).map(() => 150));
    expect(await later).toBe("later");
    expect(executor.stats()).toMatchObject({ pending: 0, inFlight: 0, succeeded: 42, duplicates: 0 });
    expect(idle).toBe(1);
    expect(() => executor.running()).toThrow(/not available over a broker/);
  });
});

describe("guarantees", () => {
  test("each task has a key of its own", async () => {
    await using executor = start({ run: "keyed" });
    const keys = await executor.map("keyOf", Array.from({ length: 300 }, (_, n) => n)).toArray();
    expect(new Set([...keys, await executor.run("keyOf", 1)]).size).toBe(301);
    expect(keys.every((key) => key.startsWith("keyed."))).toBe(true);
  });

  test("a run has one producer", async () => {
    await using executor = start({ run: "mine" });
    await executor.ready();
    await using second = start({ run: "mine" });
    await expect(second.run("square", 1)).rejects.toBeInstanceOf(RunHeldError);
    expect(await executor.run("square", 4)).toEqual({ n: 4, square: 16 });
  });

  test("all that was in Redis may vanish: each input settles once", async () => {
    await using executor = start();
    const results = executor.map("slowly", Array.from({ length: 1_500 }, (_, n) => n), { ordered: false });
    const seen: number[] = [];
    for await (const { n } of results) {
      seen.push(n);
      if (seen.length === 200) redis.cli("flushall");
    }
    expect(seen.sort((one, other) => one - other)).toEqual(Array.from({ length: 1_500 }, (_, n) => n));
  });

  test("an input that is no JSON for the worker fails, and it alone", async () => {
    await using executor = start();
    // By the way that the command line takes, whose lines may hold anything.
    const outcomes = new Map<number, unknown>();
    const done = Promise.withResolvers<void>();
    const set = (index: number, value: unknown) => {
      outcomes.set(index, value);
      if (outcomes.size === 3) done.resolve();
    };
    const feed = executor.feed("echo", {
      succeeded: (index, _micros, values) => {
        for (let at = 0; at < values.length; at++) set(index + at, values.at(at));
      },
      settled: (index, { value }) => set(index, value),
    }, { encoding: { input: "json", output: "json" } });
    const { Lines } = await import("../../lib/wire/lines.ts");
    feed.push(new Lines(new Uint8Array([49, 10, 123, 10, 0xff, 10]), 3));
    feed.arrived();
    await done.promise;
    expect(outcomes.get(0)).toBe("1");
    expect(outcomes.get(1)).toBeInstanceOf(TaskInputError);
    expect(outcomes.get(2)).toMatchObject({ message: expect.stringContaining("UTF-8") });
  });
});

/** Looks again and again: what is asked for has no event. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}
