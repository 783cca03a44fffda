/** Brokers that are there and do not do what they are asked: everybody is told, and nothing is lost. */

import { writeFileSync } from "node:fs";
import type { EventEmitter } from "node:events";
import { expect, test as sequential } from "vitest";
import { Broker } from "../../lib/distributed/broker/broker.ts";
import { brokerError } from "../../lib/distributed/broker/errors.ts";
import { DistributedExecutor, serveTasks } from "../../lib/distributed/mod.ts";
import { polyloop } from "../cli/polyloop.ts";
import { isDeno } from "../program.ts";
import { freeze, Machines, TASKS } from "./machines.ts";
import { Proxy } from "./proxy.ts";
import { RedisServer } from "./redis.ts";

/** Limits for what hangs. */
const MINUTES = 180_000;

// Each has a broker of its own, and most of the time waits for it.
const test = sequential.concurrent;

const REFUSALS: [string, string[], string[], string][] = [
  ["a replica after a failover", ["replicaof", "127.0.0.1", "1"], ["replicaof", "no", "one"], "READONLY"],
  ["without its replicas", ["config", "set", "min-replicas-to-write", "1"], [
    "config",
    "set",
    "min-replicas-to-write",
    "0",
  ], "NOREPLICAS"],
];

// The words of each refusal are told apart in the same way on each runtime.
test.each(isDeno ? REFUSALS : REFUSALS.slice(0, 1))(
  "a broker that takes no writes, %s, is named by run, worker and top; then all goes on",
  async (_, on, off, word) => {
    await using redis = await RedisServer.start();
    await using machines = new Machines(redis.url, 3_000);
    const worker = await machines.worker();
    const run = machines.run("slowlyThenHeld");
    await machines.haveRun(50);
    redis.cli(...on);
    const line = new RegExp(`polyloop: the broker at redis://127.0.0.1:\\d+ takes no writes now: ${word}`);
    await run.says(line);
    await worker.says(line);
    const top = await polyloop(["top"], { env: { POLYLOOP_REDIS: redis.url } });
    expect(top.stdout + top.stderr).toMatch(/takes no writes now|is a replica/);
    redis.cli(...off);
    machines.release();
    const { code, stderr } = await run.ended;
    expect(code, `${stderr}\nthe worker: ${worker.said}`).toBe(0);
    expect(stderr).toMatch(/the broker at \S+ is back/);
    expect(machines.read("out.jsonl")).toBe(machines.expected);
  },
  MINUTES,
);

test("after a time without writes, a worker still gives chunks of dead workers to others", async () => {
  await using redis = await RedisServer.start();
  await using machines = new Machines(redis.url, 1);
  const first = await machines.worker("--lock", "2s");
  const second = await machines.worker("--lock", "2s");
  redis.cli("config", "set", "min-replicas-to-write", "1");
  for (const worker of [first, second]) await worker.says("takes no writes now");
  redis.cli("config", "set", "min-replicas-to-write", "0");
  for (const worker of [first, second]) await worker.says("is back");
  // The first has the chunk, because the second cannot take it.
  freeze(second, "SIGSTOP");
  writeFileSync(machines.path("in.jsonl"), "3000\n");
  const run = machines.run("block");
  await machines.haveRun(1);
  first.signal("SIGKILL");
  freeze(second, "SIGCONT");
  expect(await run.ended).toMatchObject({ code: 0 });
}, MINUTES);

// How long a lock is counts for the broker alone.
test.concurrent.each(isDeno ? ["1s", "2s", "2500ms", "7s"] : ["2500ms"])(
  "the chunk of a killed worker comes back after --lock %s",
  async (lock) => {
    await using redis = await RedisServer.start();
    await using machines = new Machines(redis.url, 40);
    const first = await machines.worker("--lock", lock);
    const run = machines.run("block", "--timeout", "1m");
    await machines.haveRun(2);
    first.signal("SIGKILL");
    await machines.worker("--lock", lock);
    expect(await run.ended).toMatchObject({ code: 0 });
    expect(machines.read("out.jsonl").trim().split("\n").length).toBe(40);
  },
  MINUTES,
);

test(
  "a run that is stopped while its broker refuses writes ends by itself when it takes them again",
  async () => {
    await using redis = await RedisServer.start();
    await using machines = new Machines(redis.url, 3);
    const run = machines.run("square");
    await run.says("waiting for one");
    while (redis.cli("--scan", "--pattern", "*:chunks-*:wait") === "") {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    redis.cli("config", "set", "min-replicas-to-write", "1");
    run.signal("SIGINT");
    await run.says("stopping");
    await run.says("takes no writes now");
    redis.cli("config", "set", "min-replicas-to-write", "0");
    expect(await run.ended).toMatchObject({ code: 130 });
  },
  MINUTES,
);

test("many commands that are refused at once end their connection once", async () => {
  await using redis = await RedisServer.start();
  const broker = await Broker.open({ redis: redis.url });
  redis.cli("replicaof", "127.0.0.1", "1");
  const { stream } = broker.client as unknown as { stream: EventEmitter };
  const before = stream.listenerCount("close");
  const refused = Array.from({ length: 50 }, (_, n) => broker.client.set(`polyloop:default:${n}`, n));
  const replies = await Promise.allSettled(refused);
  expect(replies.map(({ status }) => status)).toContain("rejected");
  expect(stream.listenerCount("close")).toBeLessThan(before + 3);
  await broker.close();
});

test("a lock of no whole number of milliseconds is refused", async () => {
  await expect(serveTasks(TASKS, { redis: "redis://127.0.0.1:1", lockDuration: 1_500.5 }))
    .rejects.toThrow(
      "lockDuration must be a whole number of milliseconds from 1,000 to 3,600,000, got 1500.5",
    );
});

test("a key of another type ends the run with the broker's words", async () => {
  await using redis = await RedisServer.start();
  await using executor = new DistributedExecutor(TASKS, { redis: redis.url, run: "mistyped" });
  await executor.ready();
  const result = executor.run("square", 2);
  redis.cli("del", "polyloop:default:workers");
  redis.cli("set", "polyloop:default:workers", "no set");
  await expect(result).rejects.toMatchObject({
    name: "BrokerError",
    trouble: "unknown",
    message: expect.stringMatching(/^The broker at \S+ answers with an error: WRONGTYPE /),
  });
});

test(
  "BullMQ's events are limited again after Redis has lost their limit",
  async () => {
    await using redis = await RedisServer.start();
    await using _server = await serveTasks(TASKS, { redis: redis.url, workers: 1 });
    redis.cli("flushall");
    const limits = () =>
      redis.cli("--scan", "--pattern", "*:chunks-*:meta").split("\n").filter(Boolean)
        .map((key) => redis.cli("hget", key, "opts.maxLenEvents"));
    while (limits().join() !== "10") await new Promise((resolve) => setTimeout(resolve, 100));
  },
  MINUTES,
);

test.each([
  ["unreachable", Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" })],
  ["unreachable", new Error("Connection is closed.")],
  ["unreachable", new Error("Socket timeout. Expecting data, but didn't receive any in 20000ms.")],
  [
    "unreachable",
    Object.assign(new Error("Command aborted due to connection close"), { name: "AbortError" }),
  ],
  ["unreachable", new Error("Ready check failed: Connection is closed.")],
  ["refused", new Error("Ready check failed: NOAUTH Authentication required.")],
  ["unavailable", reply("READONLY You can't write against a read only replica.")],
  ["unavailable", reply("ERR Error running script: @user_script: 1: -READONLY You can't write")],
  ["unavailable", reply("MISCONF Redis is configured to save RDB snapshots, but it is unable to persist")],
  ["unavailable", reply("LOADING Redis is loading the dataset in memory")],
  ["unavailable", reply("ERR max number of clients reached")],
  ["full", reply("OOM command not allowed when used memory > 'maxmemory'.")],
  ["refused", reply("NOPERM this user has no permissions to run the 'eval' command")],
  ["unknown", reply("ERR unknown command 'x'")],
  ["unknown", reply("WRONGTYPE Operation against a key holding the wrong kind of value")],
  ["unknown", new TypeError("undefined is not a function")],
])("is %s: %s", (trouble, error) => {
  expect(brokerError(error, "redis://h")).toMatchObject({ name: "BrokerError", trouble });
});

function reply(message: string): Error {
  return Object.assign(new Error(message), { name: "ReplyError" });
}

test(
  "a connection that ends between the replies to one pipeline is a broker that is away, and the run goes on",
  async () => {
    await using redis = await RedisServer.start();
    let cuts = 0;
    using proxy: Proxy = await Proxy.start(redis.port, (bytes) => {
      const text = new TextDecoder("latin1").decode(bytes);
      // The states of jobs come as arrays of five.
      const second = text.indexOf("*5\r\n", text.indexOf("*5\r\n") + 1);
      if (cuts >= 3 || second === -1) return bytes;
      cuts++;
      setImmediate(() => proxy.cut());
      return bytes.subarray(0, second);
    });
    await using _server = await serveTasks(TASKS, { redis: redis.url, workers: 1 });
    await using executor = new DistributedExecutor(TASKS, { redis: proxy.url, chunkSize: 10 });
    const inputs = Array.from({ length: 500 }, (_, n) => n);
    const results = await executor.map("slowly", inputs).toArray();
    expect(results).toEqual(inputs.map((n) => ({ n, square: n * n })));
    expect(cuts).toBe(3);
  },
  MINUTES,
);

test("a broker that stops answering is named while a run takes back what no worker has begun", async () => {
  await using redis = await RedisServer.start();
  const executor = new DistributedExecutor(TASKS, { redis: redis.url });
  const trouble = new Promise<string>((resolve) =>
    executor.addEventListener("notice", ({ detail: { message } }) => {
      if (/waiting for it$/.test(message) && !/no worker/.test(message)) resolve(message);
    })
  );
  const squared = executor.run("square", 3);
  squared.catch(() => {});
  await executor.ready();
  redis.signal("SIGSTOP");
  executor.pause();
  expect(await trouble).toMatch(/does not answer; waiting for it$/);
  redis.signal("SIGCONT");
  await executor.terminate();
}, MINUTES);

test("top ends with a line when the broker stops answering after it has connected", async () => {
  await using redis = await RedisServer.start();
  let infos = 0;
  using proxy: Proxy = await Proxy.start(redis.port, (bytes) => {
    // INFO ends with this section; the client asks for it as it connects, and then we do, before the first look.
    if (new TextDecoder().decode(bytes).includes("# Keyspace") && ++infos === 2) proxy.block();
    return bytes;
  });
  const { code, stderr } = await polyloop(["top"], { env: { POLYLOOP_REDIS: proxy.url } });
  expect(code).toBe(4);
  expect(stderr).toMatch(/^polyloop: The broker at \S+ does not answer$/m);
}, MINUTES);

test("a run and a worker do not start on a broker that stops answering after it has connected", async () => {
  await using redis = await RedisServer.start();
  const silent = async () => {
    let isAsked = false;
    const proxy: Proxy = await Proxy.start(redis.port, (bytes) => {
      const text = new TextDecoder().decode(bytes);
      // The last command of a connection is the first after INFO.
      if (isAsked && text.startsWith("+OK")) proxy.block();
      isAsked ||= text.includes("# Keyspace");
      return bytes;
    });
    return proxy;
  };
  using first = await silent();
  using second = await silent();
  const executor = new DistributedExecutor(TASKS, { redis: first.url });
  const starts = [executor.ready(), serveTasks(TASKS, { redis: second.url, workers: 1 })];
  for (const start of await Promise.allSettled(starts)) {
    expect(start).toMatchObject({
      reason: {
        name: "BrokerError",
        trouble: "unreachable",
        message: expect.stringMatching(/does not answer$/),
      },
    });
  }
  await executor.close();
}, MINUTES);

test(
  "a stream goes on after its broker was away for longer than a lock, and ends although the broker was full",
  async () => {
    await using redis = await RedisServer.start();
    await using _server = await serveTasks(TASKS, { redis: redis.url, workers: 1, lockDuration: 1_000 });
    await using executor = new DistributedExecutor(TASKS, { redis: redis.url });
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const read: unknown[] = [];
    let freed: Promise<unknown> | undefined;
    for await (const n of executor.stream("naturals", { count: 500 })) {
      read.push(n);
      if (read.length === 100) {
        redis.signal("SIGSTOP");
        await wait(4_000);
        redis.signal("SIGCONT");
      }
      // The generator has yielded the rest, and its end cannot be told.
      if (read.length === 460) {
        redis.cli("CONFIG", "SET", "maxmemory", "1");
        freed = wait(2_000).then(() => redis.cli("CONFIG", "SET", "maxmemory", "0"));
      }
    }
    // The end may have left before the broker was full.
    await freed;
    expect(read).toEqual(Array.from({ length: 500 }, (_, n) => n));
  },
  MINUTES,
);

test(
  "streams go on after their broker was away for longer than a lock, whichever worker gets their jobs",
  async () => {
    await using redis = await RedisServer.start();
    const serve = () =>
      serveTasks(TASKS, { redis: redis.url, workers: 1, concurrency: 4, lockDuration: 1_000 });
    await using _first = await serve();
    await using _second = await serve();
    await using executor = new DistributedExecutor(TASKS, { redis: redis.url });
    const numbers = Array.from({ length: 300 }, (_, n) => n);
    const streams = numbers.slice(0, 8).map(() => executor.stream("naturals", { count: numbers.length }));
    const begun = await Promise.all(streams.map((stream) => stream.next()));
    redis.signal("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    redis.signal("SIGCONT");
    // What pause() takes back are inputs that no worker has begun, also if their jobs wait.
    executor.pause();
    const read = await Promise.all(streams.map((stream) => Array.fromAsync(stream)));
    expect(read.map((values, at) => [begun[at].value, ...values])).toEqual(streams.map(() => numbers));
  },
  MINUTES,
);
