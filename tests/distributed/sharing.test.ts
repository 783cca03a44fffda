/** Several runs on one queue: fair parts, priorities, and workers with labels. What is compared is the order in which tasks ended. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DistributedExecutor, type ServeOptions, serveTasks } from "../../lib/distributed/mod.ts";
import { Machines, TASKS } from "./machines.ts";
import { RedisServer } from "./redis.ts";

let redis: RedisServer;
let folder: string;
let queue = 0;

beforeAll(async () => {
  redis = await RedisServer.start();
});

afterAll(async () => {
  await redis[Symbol.asyncDispose]();
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "polyloop-sharing-"));
  process.env.POLYLOOP_TEST_RAN = join(folder, "ran");
  writeFileSync(join(folder, "ran"), "");
  queue++;
});

afterEach(() => {
  delete process.env.POLYLOOP_TEST_RAN;
  rmSync(folder, { recursive: true });
});

/** Lets the held tasks go on. */
const release = () => writeFileSync(join(folder, "ran.released"), "");

/** The inputs whose tasks have ended, in this order. */
const ended = () =>
  readFileSync(join(folder, "ran"), "utf8").split("\n").slice(0, -1).map((line) => parseInt(line));

const serve = (options: Omit<ServeOptions, "redis"> = {}) =>
  serveTasks(TASKS, { redis: redis.url, queue: `q${queue}`, workers: 1, concurrency: 2, ...options });

const executor = (options: { priority?: number; on?: string } = {}) =>
  new DistributedExecutor<typeof import("./fixtures/tasks.ts")>(TASKS, {
    redis: redis.url,
    queue: `q${queue}`,
    ...options,
  });

/** Inputs that are held, and inputs that are not. Each takes as long as the others. */
const HELD = Array.from({ length: 60 }, (_, n) => 1_008 + 16 * n);
const FREE = Array.from({ length: 12 }, (_, n) => 16 * n);

/** Resolves when something is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Runs many held inputs, and few others that come later. Resolves with the inputs in the order in which their tasks ended. */
async function manyThenFew(priority: number): Promise<number[]> {
  await using _server = await serve();
  await using many = executor();
  const all = many.map("slowlyThenHeld", HELD).toArray();
  // Two run, and two are with the broker.
  await until(() => many.stats().inFlight === 4);
  await using few = executor({ priority });
  const others = few.map("slowlyThenHeld", FREE).toArray();
  // The other run has heard of it: both begun tasks run on, and nothing of it waits before the new one.
  await until(() => few.stats().inFlight > 0 && many.stats().inFlight === 2);
  release();
  expect((await all).map(({ n }) => n)).toEqual(HELD);
  expect((await others).map(({ n }) => n)).toEqual(FREE);
  return ended();
}

describe("a run of few inputs that begins later", () => {
  test("does not wait for what the other one has sent ahead, and both go on", async () => {
    const order = await manyThenFew(0);
    const first = order.findIndex((n) => n < 1_000);
    const last = order.findLastIndex((n) => n < 1_000);
    // The two that had begun, and one that begins beside it.
    expect(first).toBeLessThanOrEqual(3);
    expect(order.slice(first, last).filter((n) => n > 1_000).length).toBeGreaterThan(0);
    expect(last).toBeLessThan(order.length - 1);
  });

  test("has all workers until none of its inputs waits, if its priority is higher", async () => {
    const order = await manyThenFew(1);
    // Beside its last inputs, the others begin.
    expect(order.slice(0, 12).filter((n) => n > 1_000).length).toBeLessThanOrEqual(3);
  });
});

test("a run that needs a label waits for a worker that has it, and uses no other one", async () => {
  await using plain = await serve();
  const gpu = executor({ on: "gpu" });
  const said: string[] = [];
  gpu.addEventListener("notice", ({ detail }) => said.push(detail.message));
  const outputs = gpu.map("slowly", FREE).toArray();
  await until(() => said.some((line) => line.includes(`no worker on the queue q${queue} has the label gpu`)));
  expect(plain.stats().tasks).toBe(0);
  await using labelled = await serve({ label: ["gpu", "big"] });
  expect(labelled.labels).toEqual(["big", "gpu"]);
  expect((await outputs).map(({ n }) => n)).toEqual(FREE);
  expect([plain.stats().tasks, labelled.stats().tasks]).toEqual([0, FREE.length]);
  await gpu.close();
  // A run without labels uses both.
  await using any = executor();
  const held = any.map("slowlyThenHeld", HELD).toArray();
  await until(() => [plain, labelled].every((server) => server.stats().executor.inFlight === 2));
  release();
  expect((await held).length).toBe(HELD.length);
});

test("what a labelled worker had when it was killed runs on workers without labels", async () => {
  await using machines = new Machines(redis.url, 40);
  const queue = ["--queue", "killed"];
  const labelled = await machines.worker("--label", "gpu", ...queue);
  const run = machines.run("hold", ...queue);
  await machines.haveRun(1);
  labelled.signal("SIGKILL");
  await machines.worker(...queue);
  machines.release();
  const { code, stderr } = await run.ended;
  expect(code, stderr).toBe(0);
  expect(machines.read("out.jsonl")).toBe(machines.read("in.jsonl"));
}, 60_000);
