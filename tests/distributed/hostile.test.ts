/** Jobs that somebody else wrote: each is rejected and counted, and the worker lives on. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Broker } from "../../lib/distributed/broker.ts";
import type { BullQueue } from "../../lib/distributed/bullmq.ts";
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
  server = await serveTasks(TASKS, { redis: redis.url, workers: 1, onNotice: (line) => notices.push(line) });
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

/** Adds a job, and resolves with what the worker says of it. */
async function reasonFor(data: unknown): Promise<string> {
  const id = `hostile-token.${++number}`;
  await queue.add("job", data, { jobId: id });
  for (;;) {
    const [finished, reason] = await broker.client.hmget(queue.toKey(id), "finishedOn", "failedReason");
    if (finished) return reason ?? "";
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

  test.each(hostile)("%s is rejected", async (_, data) => {
    const before = server.stats().rejected;
    expect(await reasonFor(data)).toMatch(/^rejected: /);
    expect(server.stats().rejected).toBe(before + 1);
  });

  test("of a run that nobody has is not run", async () => {
    const before = server.stats().tasks;
    expect(await reasonFor(CHUNK)).toBe("");
    expect(server.stats().tasks).toBe(before);
  });

  test("after all of them, the worker serves its runs, and others see what it rejected", async () => {
    await using executor = new DistributedExecutor(TASKS, { redis: redis.url });
    expect(await executor.run("square", 5)).toEqual({ n: 5, square: 25 });
    expect(await server.metrics()).toContain(
      `polyloop_jobs_rejected_total{worker="${server.id}"} ${hostile.length}`,
    );
    // They are told, but not without end.
    expect(notices.length).toBe(10);
    expect(notices.every((line) => line.startsWith("a job was rejected: "))).toBe(true);
  });
});

describe("a worker's reply", () => {
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

async function jobOf(run: string): Promise<string> {
  for (;;) {
    const ids = await queue.getRanges(["active"], 0, -1);
    const id = ids.find((id) => id.startsWith(`${run}-`));
    if (id) return id;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
