/** Jobs that somebody else wrote: each is rejected and counted, and the worker lives on. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Broker } from "../../lib/distributed/broker/broker.ts";
import type { BullQueue } from "../../lib/distributed/broker/bullmq.ts";
import { DistributedExecutor, serveTasks, type TaskServer } from "../../lib/distributed/mod.ts";
import { fingerprint } from "../../lib/fingerprint.ts";
import { RedisServer } from "./redis.ts";

const TASKS = new URL("./fixtures/tasks.ts", import.meta.url);

let redis: RedisServer;
let server: TaskServer;
let broker: Broker;
let queue: BullQueue;
const notices: string[] = [];

beforeAll(async () => {
  redis = await RedisServer.start();
  // A busy machine may need longer than the usual lock for a job of 50 MB, and another than the first would then end it.
  server = await serveTasks(TASKS, {
    redis: redis.url,
    workers: 1,
    lockDuration: 600_000,
    onNotice: (line) => notices.push(line),
  });
  broker = await Broker.open({ redis: redis.url });
  queue = broker.queues(fingerprint(TASKS.href)).chunks;
});

afterAll(async () => {
  await broker.close();
  await server.close();
  await redis[Symbol.asyncDispose]();
});

const CHUNK = {
  v: 1,
  run: "hostile",
  token: "token",
  task: "square",
  fingerprint: fingerprint(TASKS.href),
  input: "json",
  output: "json",
  options: {},
  count: 1,
  lines: "1\n",
  base64: false,
  keys: "k",
  first: 0,
};

let number = 0;

/** Adds a job, and resolves with what the worker says of it: the reason why it failed, or `""`. */
async function reasonFor(data: unknown): Promise<string> {
  const id = `hostile-token.${++number}`;
  await queue.add("job", data, { jobId: id });
  for (;;) {
    const [added, finished, reason] = await broker.client
      .hmget(queue.toKey(id), "timestamp", "finishedOn", "failedReason");
    // Each minute the worker removes ended jobs of runs that nobody has.
    if (finished || !added) return reason ?? "";
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("a job", () => {
  const hostile: [string, unknown][] = [
    ["with a task that is not exported", { ...CHUNK, task: "nothing" }],
    ["with __proto__ as its task", { ...CHUNK, task: "__proto__" }],
    ["with constructor as its task", { ...CHUNK, task: "constructor" }],
    ["with a path as its task", { ...CHUNK, task: "../../../etc/passwd#default" }],
    ["with setup as its task", { ...CHUNK, task: "setup" }],
    ["with source of a function", { ...CHUNK, source: "() => Deno.exit()" }],
    ["of another module", { ...CHUNK, fingerprint: "0".repeat(64) }],
    ["with __proto__ in its data", JSON.parse('{"__proto__":{"v":1},"constructor":{"prototype":{}}}')],
    ["with a run by no name", { ...CHUNK, run: "*" }],
    ["of 50 MB", { ...CHUNK, lines: `${"x".repeat(50e6)}\n` }],
    ["with fewer inputs than it says", { ...CHUNK, count: 2 }],
    ["that is a text", "square"],
    ["that is nothing", null],
  ];

  // A producer that is there keeps the jobs of its run, so that they can be read.
  beforeAll(() => broker.client.set(broker.keys.lock("hostile"), "token"));
  afterAll(() => broker.client.del(broker.keys.lock("hostile")));

  test.each(hostile)("%s is rejected", async (_, data) => {
    const before = server.stats().rejected;
    expect(await reasonFor(data), notices.join("\n")).toMatch(/^rejected: /);
    expect(server.stats().rejected).toBe(before + 1);
  });

  test("whose text is no JSON is rejected, and leaves the queue", async () => {
    const before = server.stats().rejected;
    // BullMQ itself writes JSON alone.
    await queue.pause();
    await broker.client.eval(
      "redis.call('HSET', KEYS[1], 'data', '{nonsense', 'name', 'job', 'opts', '{}', 'timestamp', '1') redis.call('LPUSH', KEYS[2], ARGV[1])",
      2,
      queue.toKey("hostile-token.raw"),
      queue.toKey("paused"),
      "hostile-token.raw",
    );
    await queue.resume();
    while (server.stats().rejected === before) await new Promise((resolve) => setTimeout(resolve, 20));
    while (await broker.client.exists(queue.toKey("hostile-token.raw")) === 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await queue.getActiveCount()).toBe(0);
  });

  test("of a run that nobody has is not run", async () => {
    await broker.client.del(broker.keys.lock("hostile"));
    const before = server.stats().tasks;
    expect(await reasonFor(CHUNK)).toBe("");
    expect(server.stats().tasks).toBe(before);
  });

  test("after all of them, the worker serves its runs, and others see what it rejected", async () => {
    await using executor = new DistributedExecutor(TASKS, { redis: redis.url });
    expect(await executor.run("square", 5)).toEqual({ n: 5, square: 25 });
    expect(await server.metrics()).toContain(
      `polyloop_jobs_rejected_total{worker="${server.id}"} ${hostile.length + 1}`,
    );
    // They are told, but not without end.
    // A slow broker is named, too.
    expect(notices.filter((line) => line.startsWith("a job was rejected: ")).length).toBe(10);
  });
});

describe.concurrent("a worker's reply", () => {
  const result = (changes: object) => ({ v: 1, server: "x", done: [], failed: [], ...changes });
  const error = (changes: object) => ({
    kind: "error",
    class: "Error",
    name: "Error",
    message: "m",
    ...changes,
  });

  test.each([
    ["that is no JSON", "nonsense"],
    ["that is a list", []],
    ["of another protocol", result({ v: 2 })],
    ["with a field of its own", result({ more: 1 })],
    ["of inputs that are not there", result({ done: [[7, 1, 1, 0, "1\n", 1]] })],
    ["of an input below the first", result({ done: [[-1, 1, 1, 0, "1\n", 1]] })],
    ["with a time below zero", result({ done: [[0, 1, 1, -1, "1\n", 1]] })],
    ["with a time that is none", result({ done: [[0, 1, 1, "soon", "1\n", 1]] })],
    ["with more times than results", result({ done: [[0, 1, 1, [1, 2], "1\n", 1]] })],
    ["without its result", result({ done: [[0, 1, 1, 0, "", 1]] })],
    ["in no attempt", result({ done: [[0, 1, 0, 0, "1\n", 1]] })],
    ["with a failure that is a text", result({ failed: [[0, 1, 0, "no", 1]] })],
    ["with a failure of an input that is not there", result({ failed: [[3, 1, 0, error({}), 1]] })],
    ["with an error without a class", result({ failed: [[0, 1, 0, error({ class: undefined }), 1]] })],
    [
      "with an error that refers to nothing",
      result({ failed: [[0, 1, 0, { kind: "again", number: 7 }, 1]] }),
    ],
    [
      "with a cause that refers to an error after it",
      result({
        failed: [[
          0,
          1,
          0,
          error({ errors: [{ kind: "again", number: 1 }], cause: error({ number: 1 }) }),
          1,
        ]],
      }),
    ],
    ["with 1e9 results", result({ done: [[0, 1e9, 1, 0, "1\n", 1]] })],
  ])("%s is rejected and named; its input goes out again", async (_, forged) => {
    const name = forgedQueue();
    const executor = new DistributedExecutor(TASKS, { redis: redis.url, queue: name });
    const said: string[] = [];
    executor.addEventListener("notice", ({ detail }) => said.push(detail.message));
    const squared = executor.run("square", 3);
    await forge(name, executor.runName, typeof forged === "string" ? forged : JSON.stringify(forged));
    await using _server = await serveTasks(TASKS, { redis: redis.url, queue: name, workers: 1 });
    expect(await squared).toEqual({ n: 3, square: 9 });
    expect(
      said.some((line) => /^results of the run \S+ are rejected, and their inputs run again: /.test(line)),
    )
      .toBe(true);
    await executor.close();
  });

  test.each(["toString", "hasOwnProperty", "constructor", "__proto__", "Nonsense"])(
    "with an error of the class %s fails its input",
    async (className) => {
      const name = forgedQueue();
      const executor = new DistributedExecutor(TASKS, { redis: redis.url, queue: name });
      const squared = executor.run("square", 3);
      const failed = [[0, 1, 5, error({ class: className, message: "forged" }), 1]];
      await forge(name, executor.runName, JSON.stringify(result({ failed })));
      await expect(squared).rejects.toThrow("forged");
      await executor.close();
    },
  );

  test("that is none is not used: the input goes out again", async () => {
    await using executor = new DistributedExecutor<typeof import("./fixtures/tasks.ts")>(TASKS, {
      redis: redis.url,
    });
    const napping = executor.run("nap", 1_500);
    const id = await jobOf(executor.runName);
    const parts = broker.keys.parts(id);
    await broker.client.rpush(
      parts,
      "nonsense",
      JSON.stringify({ v: 1, server: "x", done: [[7, 1, 1, 0, "1\n", 1]], failed: [] }),
    );
    await broker.client.rpush(broker.keys.wake(executor.runName), id, "no such chunk");
    expect(await napping).toBe(1_500);
  });
});

let forgedQueues = 0;

/** The name of a queue that no worker and no other test uses. */
function forgedQueue(): string {
  return `forged-${++forgedQueues}`;
}

/** Ends the first job of a run on the queue of this name, with results that no worker wrote. */
async function forge(name: string, run: string, results: string): Promise<void> {
  const prefix = `polyloop:${name}:${queue.name}:`;
  for (;;) {
    const id = (await broker.client.lrange(`${prefix}wait`, 0, -1)).find((id) => id.startsWith(`${run}-`));
    if (id) {
      await broker.client.multi()
        .lrem(`${prefix}wait`, 0, id)
        .zadd(`${prefix}completed`, 1, id)
        .hset(prefix + id, "finishedOn", "1", "returnvalue", results)
        .rpush(`polyloop:${name}:wake:${run}`, id)
        .exec();
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function jobOf(run: string): Promise<string> {
  for (;;) {
    const ids = await queue.getRanges(["active"], 0, -1);
    const id = ids.find((id) => id.startsWith(`${run}-`));
    if (id) return id;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
