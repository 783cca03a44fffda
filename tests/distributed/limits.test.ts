/** Limits over all workers, by what a server counts. Which attempts may start is decided in `start_limits.test.ts` of the unit tests. */

import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CountingServer } from "../executor/limit_server.ts";
import { freeze, Machines, TASKS } from "./machines.ts";
import { RedisServer } from "./redis.ts";

const MINUTES = 120_000;

test(
  "a rate and limits of keys hold over three workers, one killed and one stopped: the output is exact",
  async () => {
    const count = 100;
    const hosts = 5;
    const arrived: number[] = [];
    await using server = new CountingServer(({ url }) => url!.split("/")[1], () => {
      arrived.push(performance.now());
      return new Promise((resolve) => setTimeout(resolve, 250));
    });
    const port = await server.listen();
    await using redis = await RedisServer.start();
    await using machines = new Machines(redis.url, count);
    const inputs = Array.from({ length: count }, (_, n) => ({ n, host: `host${n % hosts}` }));
    writeFileSync(machines.path("in.jsonl"), inputs.map((input) => `${JSON.stringify(input)}\n`).join(""));
    const env = { POLYLOOP_TEST_FETCH: `http://127.0.0.1:${port}` };
    const args = ["worker", TASKS, "-A", "-j", "1", "-c", "8", "--lock", "1s"];
    const workers = Array.from({ length: 3 }, () => machines.start(args, { env }));
    await Promise.all(workers.map((worker) => worker.says("serves")));
    const run = machines.run("ask", "--rate", "50/s", "--limit-per", "host=2");
    const have = async (requests: number) => {
      while (arrived.length < requests) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    await have(30);
    workers[0].signal("SIGKILL");
    freeze(workers[1], "SIGSTOP");
    await have(70);
    freeze(workers[1], "SIGCONT");
    expect((await run.ended).code).toBe(0);
    expect(machines.read("out.jsonl")).toBe(machines.expected);
    // At 50 a second, some host has two at once: each takes a quarter of a second.
    expect(server.most.size).toBe(hosts);
    expect(Math.max(...server.most.values())).toBe(2);
    // Whatever the machine is like, 100 starts of which a second has 50 take a second. A busy machine delays requests.
    expect(arrived.at(-1)! - arrived[0]).toBeGreaterThan(800);
  },
  MINUTES,
);
