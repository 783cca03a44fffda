/** Whatever dies, stands still or is cut off: the output is a local run's. Real processes, real signals. */

import { readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import type { RunningPolyloop } from "../cli/polyloop.ts";
import { isDeno } from "../program.ts";
import { freeze, Machines, TASKS } from "./machines.ts";
import { Proxy } from "./proxy.ts";
import { type RedisOptions, RedisServer } from "./redis.ts";

const MINUTES = 120_000;

/** For what follows from the state of the broker alone, whatever runtime reads it: Deno has these cases for both. */
const ofBroker = test.runIf(isDeno);

async function startAll(count: number, options?: RedisOptions) {
  const redis = await RedisServer.start(options);
  const machines = new Machines(redis.url, count);
  return {
    redis,
    machines,
    async [Symbol.asyncDispose]() {
      await machines[Symbol.asyncDispose]();
      await redis[Symbol.asyncDispose]();
    },
  };
}

/** Resolves when a journal has the session of this process, so that the next one knows whose lock it finds. */
async function hasSession(journal: string, { child }: RunningPolyloop): Promise<void> {
  while (lastProcess(journal) !== child.pid) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** The process of a journal's last session; undefined if there is none yet. */
function lastProcess(journal: string): number | undefined {
  try {
    const db = new DatabaseSync(journal, { readOnly: true });
    try {
      const last = db.prepare("SELECT begun FROM sessions ORDER BY id DESC LIMIT 1").get();
      return last && JSON.parse(last.begun as string).pid;
    } finally {
      db.close();
    }
  } catch {
    // It has no tables yet.
    return undefined;
  }
}

/** Every input has its line, once and in its place, and none was run under two keys. */
function expectExact(machines: Machines): void {
  expect(machines.read("out.jsonl")).toBe(machines.expected);
  const { inputs, oneKeyEach } = machines.executions();
  expect({ inputs, oneKeyEach }).toEqual({ inputs: machines.count, oneKeyEach: true });
}

describe.concurrent("a worker", () => {
  test("killed, stopped past its lock, and told to end: the output is exact", async () => {
    await using all = await startAll(1_500);
    const { machines } = all;
    const workers = await Promise.all([
      machines.worker(),
      machines.worker(),
      machines.worker(),
      machines.worker(),
    ]);
    const run = machines.run("slowly");
    await machines.haveRun(100);
    workers[0].signal("SIGKILL");
    freeze(workers[1], "SIGSTOP");
    workers[2].signal("SIGTERM");
    const drained = await workers[2].ended;
    expect(drained.code).toBe(143);
    expect(drained.stderr).toMatch(/draining: takes no more inputs/);
    expect(drained.stderr).toMatch(/drained; [\d,]+ tasks ran here/);
    const ended = await run.ended;
    freeze(workers[1], "SIGCONT");
    expect(ended.code).toBe(0);
    expectExact(machines);
    // The one that was away hands over what nobody wants any more, and goes.
    workers[1].signal("SIGTERM");
    expect((await workers[1].ended).code).toBe(143);
    expectExact(machines);
  }, MINUTES);

  test("whose task blocks its thread for longer than the lock keeps its chunk", async () => {
    await using all = await startAll(1);
    const { machines } = all;
    await machines.worker("--lock", "1s");
    await machines.worker("--lock", "1s");
    writeFileSync(machines.path("in.jsonl"), "5000\n");
    const ended = await machines.start(["run", `${TASKS}#block`, "-i", machines.path("in.jsonl")]).ended;
    expect(ended).toMatchObject({ code: 0, stdout: "5000\n" });
    expect(machines.executions().all).toBe(1);
  }, MINUTES);

  test("told to end and killed three times before its task is done: the input is no culprit", async () => {
    await using all = await startAll(1);
    const { machines, redis } = all;
    writeFileSync(machines.path("in.jsonl"), "7\n");
    const run = machines.start(["run", `${TASKS}#hold`, "-i", machines.path("in.jsonl")]);
    for (let deployment = 1; deployment <= 3; deployment++) {
      const worker = await machines.worker("--lock", "1s");
      await machines.haveRun(deployment);
      worker.signal("SIGTERM");
      // That it drains is known from then on.
      const key = `polyloop:default:draining:${/worker (\S+) serves/.exec(worker.said)![1]}`;
      while (redis.cli("exists", key) === "0") {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      worker.signal("SIGKILL");
      await worker.ended;
    }
    await machines.worker("--lock", "1s");
    machines.release();
    expect(await run.ended).toMatchObject({ code: 0, stdout: "7\n" });
  }, MINUTES);

  test("told to end while its broker is away ends, with and without a task that runs", async () => {
    await using all = await startAll(1);
    const { machines, redis } = all;
    writeFileSync(machines.path("in.jsonl"), "7\n");
    const busy = await machines.worker();
    machines.start(["run", `${TASKS}#hold`, "-i", machines.path("in.jsonl")]);
    await machines.haveRun(1);
    const idle = await machines.worker();
    await redis.kill();
    for (const worker of [busy, idle]) worker.signal("SIGTERM");
    machines.release();
    for (const worker of [busy, idle]) expect((await worker.ended).code).toBe(143);
    expect(busy.said).toContain("accepts no results: inputs without a result run again on other workers");
    await redis.restart();
  }, MINUTES);

  test("that an input takes with it: exactly that input fails, with its reason", async () => {
    await using all = await startAll(200);
    const { machines } = all;
    let over = false;
    let deaths = 0;
    const keep = async (): Promise<void> => {
      const worker = await machines.worker();
      void worker.ended.then(() => {
        if (over) return;
        deaths++;
        // The last one may be killed with the others before it serves.
        return keep().catch((error) => {
          if (!over) throw error;
        });
      });
    };
    await Promise.all([keep(), keep()]);
    const ended = await machines.run("poison").ended;
    over = true;
    expect(ended.code).toBe(1);
    expect(deaths).toBe(3);
    const lines = machines.read("out.jsonl").split("\n").slice(0, -1).map(Number);
    expect(lines).toEqual(Array.from({ length: 200 }, (_, n) => n).filter((n) => n !== 77));
    const failed = machines.read("failed.jsonl").split("\n").slice(0, -1).map((line) => JSON.parse(line));
    expect(failed).toMatchObject([{ index: 77, input: 77, error: { name: "WorkerLostError" } }]);
    expect(failed[0].error.message).toMatch(/its process ended.* then alone/);
  }, MINUTES);
});

describe.concurrent("Redis", () => {
  // The connections that end are the same, whatever Redis remembers.
  const restarts: [string, RedisOptions, number | undefined][] = [
    ["with a part of its log lost", {}, 0.6],
    ["with its log", {}, undefined],
    ["with all it had lost", { log: false }, undefined],
  ];
  test.each(isDeno ? restarts : restarts.slice(0, 1))(
    "killed and started again %s: the output is exact",
    async (_, options, part) => {
      await using all = await startAll(1_500, options);
      const { machines, redis } = all;
      await Promise.all([machines.worker(), machines.worker()]);
      const run = machines.run("slowly");
      await machines.haveRun(200);
      await redis.kill();
      if (part !== undefined) redis.cutLog(part);
      await redis.restart();
      expect((await run.ended).code).toBe(0);
      expectExact(machines);
    },
    MINUTES,
  );

  test("out of reach for a while: the output is exact", async () => {
    await using all = await startAll(1_500);
    const { machines, redis } = all;
    using proxy = await Proxy.start(redis.port);
    await machines.worker();
    machines.url = proxy.url;
    const [cutOff] = await Promise.all([machines.worker()]);
    const run = machines.run("slowly");
    await machines.haveRun(200);
    proxy.block();
    // Longer than the lock of a worker's chunks lasts.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    proxy.unblock();
    expect((await run.ended).code).toBe(0);
    expectExact(machines);
    expect(cutOff.running).toBe(true);
  }, MINUTES);
});

describe.concurrent("a producer", () => {
  test("killed at some moment, and resumed: the output is exact, and keys stay what they were", async () => {
    await using all = await startAll(1_500);
    const { machines } = all;
    await Promise.all([machines.worker(), machines.worker()]);
    let run = machines.run("slowly", "--journal", machines.path("run.sqlite"));
    // With output written and not, with rows in the journal and not: wherever it is then.
    for (const count of [150, 600, 1_200]) {
      await machines.haveRun(count);
      await hasSession(machines.path("run.sqlite"), run);
      run.signal("SIGKILL");
      await run.ended;
      run = machines.start(["resume", machines.path("run.sqlite")]);
    }
    const { code, stderr } = await run.ended;
    expect(code).toBe(0);
    expectExact(machines);
    // The journal proves that the process before is gone, so that nobody waits for its lock.
    expect(stderr).not.toContain("waiting for the run");
  }, MINUTES);

  ofBroker("under the name of another is refused, and writes nothing", async () => {
    await using all = await startAll(1_500);
    const { machines } = all;
    await machines.worker();
    const run = machines.run("slowlyThenHeld", "--run-id", "nightly");
    await machines.haveRun(50);
    const second = machines.start(
      [
        "run",
        `${TASKS}#slowlyThenHeld`,
        "-i",
        machines.path("in.jsonl"),
        "-o",
        machines.path("second.jsonl"),
        "--run-id",
        "nightly",
      ],
    );
    // On a slow machine, it says before that it waits for the lock.
    expect(await second.ended).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^(polyloop: waiting .*\n)?polyloop: Another producer has the run nightly\n$/,
      ),
    });
    machines.release();
    expect(() => readFileSync(machines.path("second.jsonl"))).toThrow(/ENOENT|os error 2/);
    expect((await run.ended).code).toBe(0);
    expectExact(machines);
  }, MINUTES);

  ofBroker("that waits for the lock of another says so, and whose it is", async () => {
    await using all = await startAll(1);
    const { machines, redis } = all;
    redis.cli("set", "polyloop:default:lock:nightly", "token", "PX", "3600000");
    redis.cli(
      "set",
      "polyloop:default:about:nightly",
      JSON.stringify({
        ...{
          run: "nightly",
          token: "token",
          task: "slowly",
          module: "tasks.ts",
          fingerprint: "0".repeat(64),
        },
        ...{
          from: "other-host:7",
          started: 0,
          waiting: 0,
          inFlight: 0,
          succeeded: 0,
          failed: 0,
          quarantined: 0,
          on: [],
          priority: 0,
          chunks: 0,
          waits: false,
        },
      }),
    );
    const run = machines.run("slowly", "--run-id", "nightly");
    await run.says(
      /^polyloop: waiting for the run nightly, at most \d+ s: its last producer on other-host:7 has not released it$/m,
    );
  }, MINUTES);

  test("that stood still while another took over writes nothing more", async () => {
    await using all = await startAll(1_500);
    const { machines } = all;
    await machines.worker();
    const args = (output: string) => [
      ...["run", `${TASKS}#slowlyThenHeld`, "--run-id", "nightly"],
      ...["-i", machines.path("in.jsonl"), "-o", machines.path(output)],
    ];
    const first = machines.start(args("first.jsonl"));
    await machines.haveRun(200);
    freeze(first, "SIGSTOP");
    machines.release();
    const second = await machines.start(args("out.jsonl")).ended;
    expect(second.code).toBe(0);
    expect(machines.read("out.jsonl")).toBe(machines.expected);
    const before = machines.read("first.jsonl");
    freeze(first, "SIGCONT");
    const ended = await first.ended;
    expect(ended.code).toBe(4);
    expect(ended.stderr).toContain("Another producer has taken over the run nightly");
    expect(machines.read("first.jsonl")).toBe(before);
  }, MINUTES);
});

describe.concurrent("a worker killed, one stopped, and the producer killed and resumed: the output is exact", () => {
  test.each<[string, number, ...string[]]>([
    ["slowlyTogether", 1_500, "--batch", "7", "--tag"],
    // Starts with a single input. Its tasks add the others.
    ["slowTree", 1_000, "--envelope=full"],
  ])("%s of %i inputs", async (task, count, ...flags) => {
    await using all = await startAll(count);
    const { machines } = all;
    if (task === "slowTree") writeFileSync(machines.path("in.jsonl"), "0\n");
    const workers = await Promise.all([machines.worker(), machines.worker(), machines.worker()]);
    const journal = machines.path("run.sqlite");
    const first = machines.run(task, "--journal", journal, ...flags);
    await machines.haveRun(100);
    workers[0].signal("SIGKILL");
    await hasSession(journal, first);
    await machines.haveRun(300);
    freeze(workers[1], "SIGSTOP");
    first.signal("SIGKILL");
    await first.ended;
    const { code } = await machines.start(["resume", journal]).ended;
    freeze(workers[1], "SIGCONT");
    expect(code).toBe(0);
    if (task !== "slowTree") return expectExact(machines);
    const lines = machines.read("out.jsonl").split("\n").slice(0, -1).map((line) => JSON.parse(line));
    expect(lines.map(({ value, input }) => [value.n, input])).toEqual(
      Array.from({ length: count }, (_, n) => [n, n]),
    );
    expect(lines.every(({ started, worker, position }) => started && worker > 0 && position === 0)).toBe(
      true,
    );
  }, MINUTES);
});
