/** Brokers of several servers, and keys that begin as the user wants: the output is a local run's. */

import { describe, expect, test } from "vitest";
import { Broker } from "../../lib/distributed/broker/broker.ts";
import { DistributedExecutor, serveTasks } from "../../lib/distributed/mod.ts";
import { hasServer, RedisCluster, Sentinel } from "./groups.ts";
import { TASKS } from "./machines.ts";
import { RedisServer } from "./redis.ts";

const INPUTS = Array.from({ length: 300 }, (_, n) => n);
const OUTPUTS = INPUTS.map((n) => ({ n, square: n * n }));

/** Runs all inputs on a worker of the broker, and calls `look` before both leave. */
async function run(
  options: { redis: string; prefix?: string },
  look: () => void = () => {},
): Promise<unknown[]> {
  await using server = await serveTasks(TASKS, { ...options, workers: 1 });
  await using executor = new DistributedExecutor<
    typeof import("./fixtures/tasks.ts")
  >(TASKS, options);
  const outputs = await executor.map("square", INPUTS).toArray();
  expect(server.stats().tasks).toBe(INPUTS.length);
  look();
  return outputs;
}

describe.skipIf(!hasServer())("over several servers", () => {
  test("a cluster runs all inputs, and has all keys of a queue in one slot", async () => {
    await using cluster = await RedisCluster.start();
    let keys: string[][] = [];
    // One node tells of the others, and need not have the keys.
    expect(
      await run(
        { redis: cluster.servers[0].url },
        () => keys = cluster.keys("*"),
      ),
    ).toEqual(OUTPUTS);
    expect(keys.filter(({ length }) => length > 0)).toHaveLength(1);
    expect(keys.flat().filter((key) => !key.startsWith("{polyloop:default}:")))
      .toEqual([]);
    const broker = await Broker.open({
      redis: cluster.url.replace("//", "//127.0.0.1:1,"),
    });
    await broker.close();
    await expect(Broker.open({ redis: `${cluster.url}/3` })).rejects
      .toMatchObject({
        trouble: "unfit",
        message: expect.stringMatching(
          /is a cluster, which has only database 0$/,
        ),
      });
  });

  test("a primary is found by its sentinel", async () => {
    await using sentinel = await Sentinel.start();
    expect(await run({ redis: sentinel.url })).toEqual(OUTPUTS);
    await expect(Broker.open({ redis: sentinel.url.replace("jobs", "mails") }))
      .rejects.toMatchObject({
        trouble: "unfit",
        message: expect.stringMatching(
          /knows no primary of this name: correct \?master=NAME$/,
        ),
      });
    await expect(
      Broker.open({
        redis: sentinel.primary.url.replace("redis:", "redis-sentinel:") +
          "?master=jobs",
      }),
    )
      .rejects.toMatchObject({
        message: expect.stringMatching(/is no sentinel/),
      });
  });

  test("a server without CONFIG, for a user with keys of one prefix", async () => {
    await using redis = await RedisServer.start({
      config: ["--rename-command", "CONFIG", ""],
    });
    expect(() => redis.cli("config", "get", "maxmemory-policy")).not.toThrow();
    redis.cli(
      ...[
        "acl",
        "setuser",
        "team",
        "on",
        ">secret",
        "resetkeys",
        "~team:*",
        "resetchannels",
        "-@all",
      ],
      ...[
        "+@read",
        "+@write",
        "+@connection",
        "+@transaction",
        "+eval",
        "+evalsha",
        "-@dangerous",
        "+info",
      ],
    );
    const url = redis.url.replace("//", "//team:secret@");
    await expect(Broker.open({ redis: url })).rejects.toMatchObject({
      trouble: "refused",
    });
    let keys = "";
    const look = () => keys = redis.cli("--scan", "--pattern", "*");
    expect(await run({ redis: url, prefix: "team:polyloop" }, look)).toEqual(
      OUTPUTS,
    );
    expect(
      keys.split("\n").filter((key) => !key.startsWith("team:polyloop:default:")),
    ).toEqual([]);
  });

  test("several hosts that are no cluster are refused", async () => {
    await using redis = await RedisServer.start();
    await expect(Broker.open({ redis: `${redis.url},127.0.0.1:1` })).rejects
      .toMatchObject({
        trouble: "unfit",
        message: expect.stringMatching(/is no cluster: give one HOST:PORT$/),
      });
  });
});
