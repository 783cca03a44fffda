/** Versions of a module: none is mixed with another, and nothing of one stays in Redis that nobody uses. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Broker } from "../../lib/distributed/broker/broker.ts";
import { DistributedExecutor, serveTasks } from "../../lib/distributed/mod.ts";
import { sweepVersions } from "../../lib/distributed/broker/versions.ts";
import { fingerprint } from "../../lib/fingerprint.ts";
import { folder } from "../cli/polyloop.ts";
import { RedisServer } from "./redis.ts";

let redis: RedisServer;
beforeAll(async () => void (redis = await RedisServer.start()));
afterAll(async () => await redis[Symbol.asyncDispose]());

/** A module whose task says which version it is of. */
const moduleOf = (version: number) => `export const version = () => ${version};\n`;

function pathIn(dir: { path: string }): string {
  return join(dir.path, "tasks.js");
}

test("a worker whose module has changed gives no run a result of the new version, and ends", async () => {
  using dir = folder({ "tasks.js": moduleOf(1), "package.json": '{ "type": "module" }' });
  const notices: string[] = [];
  const options = { redis: redis.url, queue: "changing" };
  const server = await serveTasks(pathIn(dir), {
    ...options,
    workers: 1,
    concurrency: 1,
    // Each thread runs two tasks, and another takes its place.
    recycle: { tasks: 2 },
    onNotice: (line) => notices.push(line),
  });
  const executor = new DistributedExecutor(pathIn(dir), options);
  expect(await executor.run("version")).toBe(1);
  writeFileSync(pathIn(dir), moduleOf(2));
  const results = Array.from({ length: 12 }, () => executor.run("version").then(String, () => "none"));
  await server.ended;
  expect(notices).toContain(
    "tasks.js has changed since this worker started. Draining; start the worker again",
  );
  await executor.terminate();
  expect(await Promise.all(results)).not.toContain("2");
});

test("when the last run and the last worker have left, no key of BullMQ's stays", async () => {
  using dir = folder({ "tasks.js": moduleOf(1), "package.json": '{ "type": "module" }' });
  const options = { redis: redis.url, queue: "left" };
  const keys = () => redis.cli("--scan", "--pattern", "polyloop:left:*").split("\n").filter(Boolean);
  const server = await serveTasks(pathIn(dir), { ...options, workers: 1 });
  const executor = new DistributedExecutor(pathIn(dir), options);
  await executor.map("version", Array.from({ length: 100 }, (_, n) => n)).toArray();
  await executor.close();
  await server.close();
  // One that comes back after another has finished the run finds that out by the fence, which goes after an hour.
  expect(keys().filter((key) => !/:(fence|probe)\b/.test(key))).toEqual([]);
  for (const key of keys()) expect(redis.cli("ttl", key)).not.toBe("-1");
});

test("a version whose users have died is removed an hour after, by whoever uses the queue then", async () => {
  using dir = folder({ "tasks.js": moduleOf(1), "package.json": '{ "type": "module" }' });
  const options = { redis: redis.url, queue: "dead" };
  const keys = () => redis.cli("--scan", "--pattern", "polyloop:dead:*").split("\n").filter(Boolean);
  const broker = await Broker.open(options);
  const print = fingerprint(new URL(`file://${pathIn(dir)}`).href);
  const executor = new DistributedExecutor(pathIn(dir), options);
  await executor.ready();
  void executor.run("version").catch(() => {});
  const { chunks } = broker.queues(print);
  while (await chunks.getWaitingCount() === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await sweepVersions(broker);
  expect(await chunks.getWaitingCount()).toBe(1);
  // As Redis does after an hour.
  redis.cli("del", broker.keys.version(print));
  await sweepVersions(broker);
  expect(keys().filter((key) => /:(chunks|quarantine)-/.test(key))).toEqual([]);
  await executor.terminate();
  await broker.close();
});

test("each key of a run that waits goes within an hour, should the run be killed", async () => {
  using dir = folder({ "tasks.js": moduleOf(1), "package.json": '{ "type": "module" }' });
  const options = { redis: redis.url, queue: "killed" };
  const executor = new DistributedExecutor(pathIn(dir), options);
  void executor.run("version").catch(() => {});
  const keys = () => redis.cli("--scan", "--pattern", "polyloop:killed:*").split("\n").filter(Boolean);
  const endless = () => keys().filter((key) => redis.cli("ttl", key) === "-1");
  while (!keys().some((key) => key.endsWith(":wait")) || endless().length > 0) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await executor.terminate();
});

test("who leaves a queue gives the keys of versions that nobody uses an hour", async () => {
  using dir = folder({ "tasks.js": moduleOf(1), "package.json": '{ "type": "module" }' });
  const options = { redis: redis.url, queue: "others" };
  const broker = await Broker.open(options);
  const other = "f".repeat(64);
  const [prefix] = broker.keys.queues(other);
  const { client, keys } = broker;
  await client.multi().sadd(keys.versions, other).set(keys.version(other), "1", "PX", 600_000)
    .lpush(`${prefix}:wait`, "r-t.1").hset(`${prefix}:r-t.1`, "data", "{}").exec();
  const server = await serveTasks(pathIn(dir), { ...options, workers: 1 });
  await server.close();
  for (const key of [`${prefix}:wait`, `${prefix}:r-t.1`]) {
    expect(await client.ttl(key), key).toBeGreaterThan(0);
  }
  await broker.close();
});

test("a file of types alone is no part of a version", () => {
  const main = (statement: string) => `${statement}\nexport const task = (n: number): number => n;\n`;
  using dir = folder({ "types.ts": "export type N = number;\n", "values.ts": "export const n = 1;\n" });
  const printOf = (statement: string, change: string) => {
    writeFileSync(join(dir.path, "tasks.ts"), main(statement));
    writeFileSync(join(dir.path, "types.ts"), change);
    return fingerprint(new URL(`file://${dir.path}/tasks.ts`).href);
  };
  for (
    const statement of [
      'import type { N } from "./types.ts";',
      'import type {\n  N,\n} from "./types.ts";',
      'import type * as types from "./types.ts";',
      'import type N from "./types.ts";',
      'export type { N } from "./types.ts";',
      'export type * from "./types.ts";',
    ]
  ) {
    expect(printOf(statement, "export type N = 1;\n"), statement).toBe(
      printOf(statement, "export type N = 2;\n"),
    );
  }
  for (
    const statement of [
      'import { type N } from "./types.ts";',
      'import type from "./types.ts";',
      'import { n } from "./types.ts";',
      'import "./types.ts";',
      'export * from "./types.ts";',
      'export { type } from "./types.ts";',
    ]
  ) {
    expect(printOf(statement, "export const n = 1;\n"), statement)
      .not.toBe(printOf(statement, "export const n = 2;\n"));
  }
});
