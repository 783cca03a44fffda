/** Brokers that cannot be used, each with one clear line; TLS and a user who is held to one queue. */

import { describe, expect, test } from "vitest";
import { BrokerError, DistributedExecutor, serveTasks } from "../../lib/distributed/mod.ts";
import { Broker } from "../../lib/distributed/broker/broker.ts";
import { polyloop } from "../cli/polyloop.ts";
import { TASKS } from "./machines.ts";
import { Proxy, replacing } from "./proxy.ts";
import { freePort, RedisServer } from "./redis.ts";

const SECRET = "s3cr3t-w0rd";

/** What a run, and a worker, say of a broker and end with. */
async function tryBoth(url: string, ...more: string[]) {
  const env = { POLYLOOP_REDIS: url };
  const [run, worker] = await Promise.all([
    polyloop(["run", `${TASKS}#square`, ...more], { env, stdin: "1\n" }),
    polyloop(["worker", TASKS, "-A", "-j", "1", ...more], { env }),
  ]);
  return [run, worker].map(({ code, stdout, stderr }) => {
    expect(stdout).toBe("");
    expect(stderr).not.toContain(SECRET);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    return { code, line: stderr.trim() };
  });
}

describe("a broker that cannot be used is one line and an exit code:", () => {
  test("there is none", async () => {
    const url = `redis://:${SECRET}@127.0.0.1:${await freePort()}`;
    for (const { code, line } of await tryBoth(url)) {
      expect(code).toBe(4);
      expect(line).toMatch(
        /^polyloop: The broker at redis:\/\/127.0.0.1:\d+ cannot be reached: connection refused$/,
      );
    }
  });

  test("it never answers, or loads its data for longer than a run waits", async () => {
    await using redis = await RedisServer.start();
    await using silent = await RedisServer.start();
    using loading = await Proxy.start(redis.port, replacing("\nloading:0", "\nloading:1"));
    silent.signal("SIGSTOP");
    const begun = performance.now();
    const [error, other] = await Promise.all(
      [silent, loading].map(({ url }) => Broker.open({ redis: url }).catch((error: unknown) => error)),
    );
    expect(error).toBeInstanceOf(BrokerError);
    expect(error).toMatchObject({ trouble: "unreachable", message: expect.stringContaining("no answer") });
    expect(other).toMatchObject({ trouble: "unavailable", message: expect.stringContaining("LOADING") });
    expect(performance.now() - begun).toBeLessThan(60_000);
  });

  test.each([
    [
      "replica",
      ["replicaof", "127.0.0.1", "1"],
      "is a replica, which takes no tasks: use the address of its primary",
    ],
    [
      "primary without replicas",
      ["config", "set", "min-replicas-to-write", "1"],
      "takes no writes now: NOREPLICAS",
    ],
  ])("it takes no writes, as a %s: run and worker exit with 4; top shows it", async (_, command, line) => {
    await using redis = await RedisServer.start();
    redis.cli(...command);
    for (const told of await tryBoth(redis.url)) {
      expect(told).toMatchObject({ code: 4, line: expect.stringContaining(line) });
    }
    const top = await polyloop(["top"], { env: { POLYLOOP_REDIS: redis.url } });
    expect(top).toMatchObject({ code: 0, stdout: expect.stringContaining("takes no writes now") });
  });

  test("the password is wrong", async () => {
    await using redis = await RedisServer.start({ config: ["--requirepass", "right"] });
    const url = redis.url.replace("//", `//:${SECRET}@`);
    for (const { code, line } of await tryBoth(url)) {
      expect(code).toBe(2);
      expect(line).toMatch(
        /^polyloop: The broker at redis:\/\/127.0.0.1:\d+ does not accept this user and password$/,
      );
    }
    for (const { code, line } of await tryBoth(redis.url)) {
      expect(code).toBe(2);
      expect(line).toContain("does not accept this user and password");
    }
  });

  test("its CA is another", async () => {
    await using redis = await RedisServer.start({ tls: true });
    for (const more of [[], ["--redis-ca", `${redis.folder}/other.pem`]]) {
      for (const { code, line } of await tryBoth(redis.url, ...more)) {
        expect(code).toBe(2);
        expect(line).toMatch(/cannot be trusted: .*--redis-ca FILE/);
      }
    }
  });

  test("it has no memory left", async () => {
    await using redis = await RedisServer.start({
      config: ["--maxmemory", "100kb", "--maxmemory-policy", "noeviction"],
    });
    for (const { code, line } of await tryBoth(redis.url)) {
      expect(code).toBe(4);
      expect(line).toMatch(/is full: its maxmemory is reached$/);
    }
  });

  test("it would throw tasks away", async () => {
    await using redis = await RedisServer.start({ config: ["--maxmemory-policy", "allkeys-lru"] });
    for (const { code, line } of await tryBoth(redis.url)) {
      expect(code).toBe(2);
      expect(line).toMatch(/its maxmemory-policy must be noeviction, got allkeys-lru$/);
    }
  });

  test("it is too old", async () => {
    await using redis = await RedisServer.start();
    using proxy = await Proxy.start(redis.port, replacing("redis_version:7.0.15", "redis_version:6.0.16"));
    for (const { code, line } of await tryBoth(proxy.url)) {
      expect(code).toBe(2);
      expect(line).toMatch(/is Redis 6.0.16; 6.2 or newer is needed$/);
    }
  });

  test("one without a log is used, and that is said", async () => {
    await using redis = await RedisServer.start({ log: false });
    await using server = await serveTasks(TASKS, { redis: redis.url, workers: 1 });
    expect(server.tasks).toContain("square");
    const broker = await Broker.open({ redis: redis.url });
    expect(broker.warnings).toEqual([expect.stringMatching(/keeps no log \(appendonly no\)/)]);
    await broker.close();
  });
});

test("a run whose broker becomes full, with nothing under way, ends with that", async () => {
  await using redis = await RedisServer.start();
  await using executor = new DistributedExecutor(TASKS, { redis: redis.url });
  await executor.ready();
  redis.cli("config", "set", "maxmemory", "100kb");
  await expect(executor.run("square", 1)).rejects.toMatchObject({ name: "BrokerError", trouble: "full" });
});

describe("TLS", () => {
  test("with a CA of its own: a run goes through", async () => {
    await using redis = await RedisServer.start({ tls: true });
    const { readFileSync } = await import("node:fs");
    const options = { redis: redis.url, ca: readFileSync(`${redis.folder}/ca.pem`, "utf8") };
    await using server = await serveTasks(TASKS, { ...options, workers: 1 });
    await using executor = new DistributedExecutor(TASKS, options);
    expect(await executor.run("square", 3)).toEqual({ n: 3, square: 9 });
    expect(server.stats().tasks).toBe(1);
  });
});

describe("a user of the broker who is held to one queue", () => {
  // As it stands in lib/distributed/README.md.
  const rules = [
    ...["resetkeys", "~polyloop:emails:*", "resetchannels", "-@all"],
    ..."+@read +@write +@connection +@transaction +eval +evalsha -@dangerous +info".split(" "),
  ];

  test("can serve and run, on that queue alone", async () => {
    await using redis = await RedisServer.start();
    redis.cli("acl", "setuser", "emails", "on", `>${SECRET}`, ...rules);
    redis.cli("acl", "setuser", "default", "off");
    const url = redis.url.replace("//", `//emails:${SECRET}@`);
    const options = { redis: url, queue: "emails" };
    await using server = await serveTasks(TASKS, { ...options, workers: 1 });
    await using executor = new DistributedExecutor(TASKS, options);
    const results = await executor.map("slowly", Array.from({ length: 300 }, (_, n) => n)).toArray();
    expect(results.length).toBe(300);
    expect(server.stats().tasks).toBe(300);
    expect(await server.metrics()).toContain("polyloop_tasks_succeeded_total");
    const other = await serveTasks(TASKS, { ...options, queue: "others" }).catch((error: unknown) => error);
    expect(other).toMatchObject({
      name: "BrokerError",
      trouble: "refused",
      message: expect.stringContaining("permit"),
    });
    expect(String(other)).not.toContain(SECRET);
  });
});
