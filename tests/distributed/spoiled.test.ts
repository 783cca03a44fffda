/** Keys of BullMQ's that are lost, or that somebody else has written to, while a run has its jobs there. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Broker } from "../../lib/distributed/broker/broker.ts";
import type { BullQueue } from "../../lib/distributed/broker/bullmq.ts";
import { DistributedExecutor, serveTasks } from "../../lib/distributed/mod.ts";
import { fingerprint } from "../../lib/fingerprint.ts";
import { RedisServer } from "./redis.ts";

const TASKS = new URL("./fixtures/tasks.ts", import.meta.url);
const NAPS = [300, 301, 302, 303, 304, 305];

let redis: RedisServer;

beforeAll(async () => redis = await RedisServer.start({ log: false }));
afterAll(async () => await redis[Symbol.asyncDispose]());

/** What of a job is spoiled while a worker has it. */
interface Spoiling {
  broker: Broker;
  /** The key of a part of the queue. */
  keyOf(part: string): string;
  /** The keys of jobs that a worker has. */
  jobs: string[];
  queue: BullQueue;
  /** What run and worker have said. */
  said: string[];
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

/** Runs naps on one worker, and spoils something while it has some of them. */
async function spoiled(name: string, spoil: (spoiling: Spoiling) => Promise<unknown>) {
  const said: string[] = [];
  const options = { redis: redis.url, queue: name };
  const broker = await Broker.open(options);
  const queue = broker.queues(fingerprint(TASKS.href)).chunks;
  const executor = new DistributedExecutor<typeof import("./fixtures/tasks.ts")>(TASKS, {
    ...options,
    chunkSize: 1,
  });
  executor.addEventListener("notice", ({ detail }) => said.push(detail.message));
  const server = await serveTasks(TASKS, {
    ...options,
    workers: 1,
    concurrency: 2,
    onNotice: (line) => said.push(line),
  });
  const outcomes = executor.map("nap", NAPS, { settled: true }).toArray();
  let active: string[] = [];
  while (active.length === 0) active = await broker.client.lrange(queue.toKey("active"), 0, -1);
  await spoil({
    broker,
    keyOf: (part) => queue.toKey(part),
    jobs: active.map((id) => queue.toKey(id)),
    queue,
    said,
  });
  const settled = await outcomes;
  await executor.close().catch(() => {});
  await server.close();
  await broker.close();
  return { settled, said };
}

const WHOLE = NAPS.map((value) => expect.objectContaining({ status: "fulfilled", value }));

describe.concurrent("a run settles although", () => {
  test.each(["wait", "active"])("the list %s is lost: its jobs are added again", async (part) => {
    const { settled, said } = await spoiled(
      `lost-${part}`,
      ({ broker, keyOf }) => broker.client.del(keyOf(part)),
    );
    expect(settled).toEqual(WHOLE);
    expect(said).toContainEqual(
      expect.stringMatching(/^the broker no longer has (a job|\d+ jobs) of the run \S+; adding/),
    );
  });

  test.each(["active", "completed", "events", "stalled"])(
    "%s is of another kind: it ends and says so",
    async (part) => {
      const { settled } = await spoiled(
        `kind-${part}`,
        ({ broker, keyOf }) => broker.client.multi().del(keyOf(part)).set(keyOf(part), "x").exec(),
      );
      const reasons = settled.filter(({ status }) => status === "rejected");
      expect(reasons.length).toBeGreaterThan(0);
      expect(String((reasons[0] as PromiseRejectedResult).reason)).toMatch(
        /answers with an error: WRONGTYPE/,
      );
    },
  );

  test("jobs have a stranger's lock: their inputs run again", async () => {
    const { settled, said } = await spoiled(
      "strange-lock",
      ({ broker, jobs }) => Promise.all(jobs.map((job) => broker.client.set(`${job}:lock`, "x"))),
    );
    expect(settled).toEqual(WHOLE);
    expect(said).toContainEqual(
      expect.stringMatching(/^(a job|\d+ jobs) could not be begun or ended; inputs without/),
    );
  });

  test("jobs are deleted while they run: their inputs run again", async () => {
    const { settled } = await spoiled("deleted", async ({ broker, keyOf, jobs, queue }) => {
      await broker.client.del(...jobs);
      // BullMQ finds the ids of such jobs once more when their worker is gone.
      const ids = jobs.map((job) => job.slice(queue.toKey("").length));
      await broker.client.multi().lrem(keyOf("active"), 0, ids[0]).rpush(keyOf("wait"), ids[0])
        .zadd(keyOf("marker"), 0, "0").exec();
    });
    expect(settled).toEqual(WHOLE);
  });

  test("jobs have a parent that is none: their inputs run again", async () => {
    const { settled } = await spoiled(
      "parent",
      ({ broker, jobs }) => Promise.all(jobs.map((job) => broker.client.hset(job, "parent", "{x"))),
    );
    expect(settled).toEqual(WHOLE);
  });

  test("results are nested too deeply: they are rejected, and their inputs run again", async () => {
    const error = '{"kind":"error","class":"Error","name":"E","message":"m","cause":';
    const deep = `${error.repeat(20_000)}{"kind":"again","number":1}${"}".repeat(20_000)}`;
    const results = `{"v":1,"server":"x","done":[],"failed":[[0,1,0,${deep},1]]}`;
    const { settled, said } = await spoiled(
      "deep",
      ({ broker, jobs }) =>
        Promise.all(
          jobs.map((job) => broker.client.rpush(broker.keys.parts(job.split(":").at(-1)!), results)),
        ),
    );
    expect(settled).toEqual(WHOLE);
    expect(said).toContainEqual(expect.stringMatching(/are rejected, .*: nested too deeply$/));
  });

  test("a dashboard pauses its queue and resumes it: both are said", async () => {
    const { settled } = await spoiled("paused", async ({ queue, said }) => {
      await queue.pause();
      while (!said.some((line) => /is paused: nothing starts until it is resumed/.test(line))) await turn();
      await queue.resume();
      while (!said.some((line) => /is no longer paused or limited$/.test(line))) await turn();
    });
    expect(settled).toEqual(WHOLE);
  });
});
