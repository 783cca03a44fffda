/** The command line over a broker: a run's output is a local run's; what it refuses, and what it shows. */

import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { polyloop as inOneProcess } from "../cli/one_process.ts";
import { folder, polyloop, type RunningPolyloop } from "../cli/polyloop.ts";
import { isDeno, startSync } from "../program.ts";
import { Machines, TASKS } from "./machines.ts";
import { RedisServer } from "./redis.ts";

let redis: RedisServer;

beforeAll(async () => {
  redis = await RedisServer.start();
});

afterAll(async () => {
  await redis[Symbol.asyncDispose]();
});

const MINUTES = 120_000;

/** A line that a task has printed, with its place. */
const PRINTED = /^line \d|^\{"type":"output"/;

describe("a run over a broker", () => {
  test("of 20,000 inputs on three workers writes what a local one does", async () => {
    await using machines = new Machines(redis.url, 20_000);
    await Promise.all([1, 2, 3].map(() => machines.worker("--queue", "many")));
    const ended = await machines.run("square", "--queue", "many").ended;
    expect(ended.code).toBe(0);
    const local = await polyloop(["run", `${TASKS}#square`, "-i", machines.path("in.jsonl")]);
    expect(machines.read("out.jsonl")).toBe(local.stdout);
    // Nothing of the run stays behind but who had it last.
    const keys = redis.cli("--scan", "--pattern", "polyloop:many:*").split("\n");
    expect(keys.filter((key) => /:(lock|about|wake|parts):|-\w+\.\d+$/.test(key))).toEqual([]);
  }, MINUTES);

  test("has envelopes, failed inputs, lines, order and exit code of a local one", async () => {
    await using machines = new Machines(redis.url, 0);
    await machines.worker("--queue", "formats");
    const inputs = '1\n\n{broken\n"ä"\n3\n';
    const cases: [string, ...string[]][] = [
      ["echo", "--envelope"],
      ["echo", "--from", "lines", "--to", "lines"],
      ["fail"],
      ["echo", "--first", "2"],
      ["failOnce", "--retries", "1", "--backoff", "1ms"],
      ["echo", "--unordered"],
      ["nap", "--timeout", "1m"],
      ["twice"],
      ["twice", "--unordered"],
      ["twice", "--from", "lines", "--to", "lines"],
      ["twice", "--envelope"],
      ["failOnce", "--envelope=full", "--retries", "1", "--backoff", "1ms"],
      ["together", "--batch", "3", "--envelope=full", "--unordered"],
      [
        "togetherTwice",
        "--batch",
        "3",
        "--retries",
        "1",
        "--backoff",
        "1ms",
        "--rate",
        "1000/s",
        "--envelope",
      ],
      ["tree", "--retries", "1", "--backoff", "1ms"],
      ["tree", "--max-inputs", "20", "--revisit", "--envelope"],
      ["prints", "--tag", "--retries", "1", "--backoff", "1ms"],
      ["printsTogether", "--tag", "--batch", "3"],
    ];
    for (const [task, ...flags] of cases) {
      using dir = folder();
      const [mine, local] = await Promise.all(["--redis", undefined].map(async (over) => {
        const errors = `${dir.path}/${over}`;
        const args = ["run", `${TASKS}#${task}`, ...flags, "--errors", errors];
        const more = over ? ["--redis", redis.url, "--queue", "formats"] : [];
        const { code, stdout, stderr } = await inOneProcess([...args, ...more], { stdin: inputs });
        const stable = (text: string) =>
          text.replace(/"ms":[\d.]+/g, '"ms":0').replace(/"stack":"[^"]*"/g, "")
            .replace(/"started":"20[^"]+Z","worker":\d+,"position":\d+/g, '"ran":true');
        const lines = stable(stdout).split("\n");
        return {
          code,
          lines: flags.includes("--unordered") ? lines.sort() : lines,
          printed: flags.includes("--tag")
            ? stderr.split("\n").filter((line) => PRINTED.test(line)).sort()
            : [],
          failed: stable(readFileSync(errors, "utf8")).split("\n").sort(),
        };
      }));
      expect({ task, ...mine }).toEqual({ task, ...local });
    }
  }, MINUTES);

  test("has the sums of a local one, also after it was resumed", async () => {
    await using machines = new Machines(redis.url, 40);
    await machines.worker("--queue", "sums");
    const stats = machines.path("stats.json");
    const retries = ["--retries", "1", "--backoff", "1ms", "--stats", stats];
    const journal = machines.path("sums.sqlite");
    const first = await machines.run("spend", "--queue", "sums", "--journal", journal, ...retries).ended;
    expect(first).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("sums: tokens 780, usd 4; in all attempts: tokens 1,180, usd 6"),
    });
    const counts = { tokens: 780, usd: 4 };
    expect(JSON.parse(machines.read("stats.json"))).toMatchObject({
      workers: [{ machine: hostname(), tasks: 40 }],
      counts,
      spent: { tokens: 1_180, usd: 6 },
    });
    const resumed = await polyloop(["resume", journal, "--retry-failed"]);
    expect(resumed.code, resumed.stderr).toBe(1);
    expect(JSON.parse(machines.read("stats.json"))).toMatchObject({
      counts,
      spent: { tokens: 1_186, usd: 6.2 },
    });
  }, MINUTES);

  test("is resumed by its journal, with the keys that inputs had", async () => {
    await using machines = new Machines(redis.url, 60);
    await machines.worker("--queue", "resumed");
    const journal = ["--queue", "resumed", "--journal", machines.path("run.sqlite")];
    const stopped = await machines.run("slowly", ...journal, "--halt", "1", "--redis", redis.url).ended;
    expect(stopped.code).toBe(0);
    writeFileSync(machines.path("in.jsonl"), `${machines.read("in.jsonl")}60\n0\n`);
    // The broker and the queue are those that the run had.
    const resumed = await polyloop(["resume", machines.path("run.sqlite")], {
      env: { POLYLOOP_TEST_RAN: machines.path("ran") },
    });
    expect(resumed).toMatchObject({ code: 0, stderr: expect.stringContaining("2 inputs") });
    const keys = machines.read("ran").split("\n").filter((line) => /^(0|60) /.test(line)).map((line) =>
      line.split(" ")[1]
    );
    // Those of a run without a broker; both lines that say 0 were run, under two.
    const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 32);
    const wanted = [`${hash("0")}.1`, `${hash("0")}.2`, `${hash("60")}.1`];
    expect(keys.sort()).toEqual(wanted.sort());
  }, MINUTES);

  test("waits for a worker, and says so; Ctrl-C ends it", async () => {
    await using machines = new Machines(redis.url, 10);
    const run = machines.run("square", "--queue", "empty");
    await run.says("no worker on the queue empty yet; waiting for one");
    run.signal("SIGINT");
    const stopped = await run.ended;
    expect(stopped).toMatchObject({ code: 130, stdout: "" });
    expect(stopped.stderr).toContain("polyloop: stopping; no task runs, because there is no worker\n");
    const second = machines.run("square", "--queue", "empty");
    await second.says("waiting for one");
    await machines.worker("--queue", "empty");
    expect((await second.ended).code).toBe(0);
    expect(machines.read("out.jsonl")).toBe(machines.expected);
  }, MINUTES);

  test("gives up without a worker after --wait-workers", async () => {
    await using machines = new Machines(redis.url, 10);
    const ended = await machines.run("square", "--queue", "nobody", "--wait-workers", "1s").ended;
    expect(ended).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("No worker on the queue nobody has served tasks.ts for 1 s"),
    });
  }, MINUTES);

  test("that is aborted is aborted on the workers, too", async () => {
    await using machines = new Machines(redis.url, 4);
    writeFileSync(machines.path("in.jsonl"), "600000\n".repeat(4));
    const worker = await machines.worker("--queue", "aborted");
    const run = machines.run("nap", "--queue", "aborted", "--deadline", "4s");
    expect(await run.ended).toMatchObject({ code: 124 });
    // Its signal has ended them: nothing is left that a drain would wait for.
    worker.signal("SIGTERM");
    expect(await worker.ended).toMatchObject({ code: 143 });
  }, MINUTES);
});

describe("a worker", () => {
  test(
    "whose module differs is told of, on both sides; the run waits for one that has its version",
    async () => {
      await using machines = new Machines(redis.url, 3);
      using dir = folder({ "tasks.ts": "export const square = (n: number) => n;\n" });
      const worker = await machines.worker("--queue", "versions");
      const args = [
        "run",
        `${dir.path}/tasks.ts#square`,
        "--queue",
        "versions",
        "-o",
        machines.path("other.jsonl"),
      ];
      const run = machines.start([...args, "-i", machines.path("in.jsonl")]);
      await run.says(
        "polyloop: no worker on the queue versions serves tasks.ts as it is here; waiting for one: the worker ",
      );
      await worker.says("refuses the run");
      // A second, of the version that is wanted, makes it go.
      const second = machines.start([
        "worker",
        `${dir.path}/tasks.ts`,
        "-A",
        "-j",
        "1",
        "--queue",
        "versions",
      ]);
      expect((await run.ended).code).toBe(0);
      expect(machines.read("other.jsonl")).toBe("0\n1\n2\n");
      second.signal("SIGTERM");
      await second.ended;
    },
    MINUTES,
  );

  test("ends by itself after --idle-exit, once it has had work", async () => {
    await using machines = new Machines(redis.url, 10);
    const run = machines.run("square", "--queue", "idle");
    await run.says("waiting for one");
    const worker = await machines.worker("--queue", "idle", "--idle-exit", "1s");
    expect((await run.ended).code).toBe(0);
    expect(await worker.ended).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("no work for 1 s; leaving"),
    });
  }, MINUTES);

  test("ends with its run by --exit-with-run, and waits for one before", async () => {
    await using machines = new Machines(redis.url, 10);
    const worker = await machines.worker("--queue", "with-run", "--exit-with-run");
    expect((await machines.run("square", "--queue", "with-run", "--run-id", "nightly").ended).code).toBe(0);
    expect(await worker.ended).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("the run nightly has ended; leaving"),
    });
  }, MINUTES);

  test("that lacks the task is told before anything runs", async () => {
    await using machines = new Machines(redis.url, 3);
    await machines.worker("--queue", "lacking");
    const run = await machines.run("sqare", "--queue", "lacking").ended;
    expect(run).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/exports no function "sqare" \(did you mean "square"\?\)/),
    });
    expect(redis.cli("--scan", "--pattern", "polyloop:lacking:lock:*")).toBe("");
  }, MINUTES);

  test("shows its figures to Prometheus, and to polyloop top", async () => {
    await using machines = new Machines(redis.url, 100);
    const worker = await machines.worker("--queue", "shown", "--metrics", "127.0.0.1:0");
    expect((await machines.run("square", "--queue", "shown").ended).code).toBe(0);
    writeFileSync(machines.path("in.jsonl"), "600000\n");
    const run = machines.run("nap", "--queue", "shown", "--run-id", "long-one");
    const top = async () =>
      JSON.parse((await machines.start(["top", "--queue", "shown", "--json"]).ended).stdout);
    let seen = await top();
    while (seen.workers[0].inFlight === 0 || !seen.runs[0]?.inFlight) seen = await top();
    expect(seen.runs).toMatchObject([{ run: "long-one", inFlight: 1, succeeded: 0 }]);
    expect(seen.workers).toMatchObject([{ slots: 8, succeeded: 100, rejected: 0 }]);
    expect(seen.backlog).toMatchObject({ waiting: 0, active: 1 });
    const table = (await machines.start(["top", "--queue", "shown"]).ended).stdout;
    expect(table).toMatch(/^queue shown: 1 run, 1 worker, /);
    expect(table).toContain("long-one");
    const address = await addressOf(worker);
    const response = await fetch(address);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0.0.4/);
    const text = await response.text();
    expect(text).toMatch(/^polyloop_tasks_succeeded_total\{worker="\S+"\} 100$/m);
    expect(text).toMatch(/^bullmq_job_count\{.*state="active"\} 1$/m);
    // Each name is explained once, and its samples stand together.
    const helps = text.split("\n").filter((line) => line.startsWith("# HELP")).map((line) =>
      line.split(" ")[2]
    );
    expect(new Set(helps).size).toBe(helps.length);
    expect((await fetch(address.replace("/metrics", "/"))).status).toBe(404);
    run.signal("SIGKILL");
    worker.signal("SIGTERM");
    await worker.says(
      "draining: takes no more inputs; 1 task of 1 job chunk still runs (the same signal again aborts it)",
    );
    await worker.signalAgain("SIGTERM");
    const { stderr } = await worker.ended;
    expect(stderr).toContain("aborting running tasks; other workers will run them");
  }, MINUTES);
});

describe("is refused in one line:", () => {
  test.each<[string, string[], RegExp]>([
    [
      "a function on the command line",
      ["run", "-e", "x => x"],
      /^polyloop: -e: a function does not cross a broker/,
    ],
    [
      "a password among the arguments",
      ["run", TASKS, "--redis", "redis://:s3cret@h"],
      /^polyloop: --redis: a password .* POLYLOOP_REDIS$/,
    ],
    [
      "a URL of something else",
      ["run", TASKS, "--redis", "http://h"],
      /^polyloop: --redis: expected redis:\/\/HOST:PORT/,
    ],
    ["a queue by no name", ["run", TASKS, "--queue", "a:b"], /^polyloop: --queue: expected 1 to 64 letters/],
    ["a run by no name", ["run", TASKS, "--run-id", "../x"], /^polyloop: --run-id: expected 1 to 64 letters/],
    [
      "a CA that is not there",
      ["run", TASKS, "--redis-ca", "/nowhere.pem"],
      /^polyloop: --redis-ca: cannot read \/nowhere.pem: no such file$/,
    ],
    [
      "a CA that is none",
      ["run", TASKS, "--redis-ca", TASKS],
      /^polyloop: --redis-ca: .* holds no certificate/,
    ],
    [
      "a worker in the main thread",
      ["worker", TASKS, "--isolation", "none"],
      /^polyloop: --isolation: expected thread or process/,
    ],
    [
      "a worker for one task",
      ["worker", `${TASKS}#square`],
      /^polyloop: worker: it serves all tasks of a module/,
    ],
    ["a worker of a function", ["worker", "-e", "x => x"], /^polyloop: .*unknown option '-e'/],
    ["a worker of no module", ["worker", "nowhere.ts"], /^polyloop: Cannot load nowhere.ts: no such file$/],
    [
      "a lock that is too short",
      ["worker", TASKS, "--lock", "10ms"],
      /^polyloop: --lock: expected a duration/,
    ],
    [
      "metrics on no address",
      ["worker", TASKS, "--metrics", "here"],
      /^polyloop: --metrics: expected a port/,
    ],
  ])("%s", async (_, args, line) => {
    const broker = args.includes("--redis") ? [] : ["--redis", redis.url];
    const { code, stdout, stderr } = await inOneProcess([...args, ...broker], { stdin: "1\n" });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.trim()).toMatch(line);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).not.toContain("s3cret");
  });

  test("a worker without a broker, and polyloop top without one", async () => {
    for (const args of [["worker", TASKS], ["top"]]) {
      const { code, stderr } = await polyloop(args, { env: { POLYLOOP_REDIS: "" } });
      expect(code).toBe(2);
      expect(stderr).toMatch(/give --redis URL, or set POLYLOOP_REDIS\n$/);
    }
  });
});

test("a password is in no argument, no journal and nothing that is said; tasks do not see it", async () => {
  await using locked = await RedisServer.start({ config: ["--requirepass", "s3cret"] });
  await using machines = new Machines(locked.url.replace("//", "//:s3cret@"), 200);
  const worker = await machines.worker();
  const run = machines.run("slowly", "--journal", machines.path("run.sqlite"));
  await machines.haveRun(5);
  for (const { child } of [worker, run]) {
    const { stdout } = startSync("ps", ["-ww", "-o", "args=", "-p", `${child.pid}`]);
    expect(stdout).toMatch(/^.*\b(worker|run)\b/);
    expect(stdout).not.toContain("s3cret");
  }
  const ended = await run.ended;
  expect(ended.code).toBe(0);
  worker.signal("SIGTERM");
  const said = await worker.ended;
  for (const text of [ended.stderr, said.stderr, readFileSync(machines.path("run.sqlite"), "latin1")]) {
    expect(text).not.toContain("s3cret");
  }
  // What the journal has is enough once the variable is there; without it, that is what is said.
  const env = { POLYLOOP_REDIS: "" };
  const resumed = await polyloop(["resume", machines.path("run.sqlite")], { env });
  expect(resumed).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("does not accept this user and password"),
  });
}, MINUTES);

test(
  "a worker whose thread computes on runs each input once, and continues in processes where it is told to",
  async () => {
    await using machines = new Machines(redis.url, 0);
    const worker = await machines.worker("--queue", "stuck", "--on-stuck-thread", "process");
    writeFileSync(machines.path("in.jsonl"), "60000\n1\n2\n3\n");
    const limits = ["--queue", "stuck", "--timeout", "300ms", "--grace", "50ms"];
    expect(await machines.run("block", ...limits).ended).toMatchObject({ code: 1 });
    expect(machines.read("out.jsonl")).toBe("1\n2\n3\n");
    if (isDeno) await worker.says("this runtime cannot stop it. From now on, tasks run in processes");
    expect(machines.executions()).toMatchObject({ all: 4, inputs: 4 });
    writeFileSync(machines.path("in.jsonl"), "4\n5\n");
    expect(await machines.run("block", ...limits).ended).toMatchObject({ code: 0 });
    worker.signal("SIGTERM");
    await worker.says("drained");
  },
  MINUTES,
);

/** Where a worker said that its figures are. */
async function addressOf(worker: RunningPolyloop): Promise<string> {
  await worker.says("/metrics\n");
  return /metrics on (\S+)/.exec(worker.said)![1];
}
