/** Connections that double what is sent, hold it back, lose replies or end again and again: the output is a local run's. */

import { describe, expect, test } from "vitest";
import { Machines } from "./machines.ts";
import { Proxy } from "./proxy.ts";
import { RedisServer } from "./redis.ts";

const MINUTES = 180_000;

/** Disturbs connections; resolves when they are whole again. */
type Disturbance = (proxy: Proxy) => Promise<void>;

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const DISTURBANCES: [string, { doubles?: boolean }, Disturbance][] = [
  // A job that was handed over by the second of two commands is nobody's: its inputs are no culprits.
  ["execute every command twice", { doubles: true }, () => Promise.resolve()],
  ["hold every message back for a second", {}, async (proxy) => {
    proxy.delay = 1_000;
    await wait(5_000);
    proxy.delay = 0;
  }],
  ["lose every reply, and then end", {}, async (proxy) => {
    proxy.isDeaf = true;
    await wait(4_000);
    proxy.cut();
    proxy.isDeaf = false;
  }],
  ["end ten times with replies on their way", {}, async (proxy) => {
    for (let time = 0; time < 10; time++) {
      await wait(300);
      proxy.isDeaf = true;
      await wait(20);
      proxy.cut();
      proxy.isDeaf = false;
    }
  }],
];

describe.concurrent("the output is exact where connections of run and workers", () => {
  test.each(DISTURBANCES)("%s", async (_, options, disturb) => {
    await using redis = await RedisServer.start();
    using proxy = await Proxy.start(redis.port, options);
    await using machines = new Machines(proxy.url, 200);
    await machines.worker();
    const run = machines.run("slowly");
    await machines.haveRun(5);
    await disturb(proxy);
    const { code, stderr } = await run.ended;
    expect(code, stderr).toBe(0);
    expect(machines.read("out.jsonl")).toBe(machines.expected);
    expect(machines.executions()).toMatchObject({ inputs: 200, oneKeyEach: true });
  }, MINUTES);
});
