/** `polyloop bench`: what it tries, what it makes of it, and a real one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { markAlwaysFailing } from "../../lib/cli/bench/always_failing.ts";
import {
  affordable,
  callsFor,
  combinations,
  contenders,
  isHighest,
  isHopeless,
  recommended,
} from "../../lib/cli/bench/grid.ts";
import { InputCounts } from "../../lib/cli/bench/input_counts.ts";
import { type Measured, together } from "../../lib/cli/bench/measure.ts";
import { table } from "../../lib/cli/bench/table.ts";
import { isDeno } from "../program.ts";
import { polyloop } from "./one_process.ts";
import { folder } from "./polyloop.ts";

const measured = (workers: number, concurrency: number, rate: number, failed = 0): Measured => {
  return { workers, concurrency, rate, tasks: 100, failed, error: undefined };
};

describe("the grid", () => {
  test("has all cores first, then powers of two, then one", () => {
    const workers = (cores: number) => [...new Set(combinations(cores, "thread").map((one) => one.workers))];
    expect(workers(6)).toEqual([6, 4, 2, 1]);
    expect(workers(8)).toEqual([8, 4, 2, 1]);
    expect(workers(1)).toEqual([1]);
    expect(combinations(8, "none").every((one) => one.workers === 1)).toBe(true);
  });

  test("what is much slower than with less concurrency is where a row ends", () => {
    const found = [measured(2, 1, 100), measured(2, 4, 200), measured(2, 16, 150)];
    expect(isHopeless({ workers: 2, concurrency: 64 }, found)).toBe(true);
    expect(isHopeless({ workers: 2, concurrency: 64 }, found.slice(0, 2))).toBe(false);
    expect(isHopeless({ workers: 1, concurrency: 64 }, found)).toBe(false);
  });

  test("of those that are as good as the best, the one with the least in flight is recommended", () => {
    const found = [measured(2, 64, 1_000), measured(2, 16, 970), measured(1, 64, 960), measured(2, 4, 300)];
    expect(recommended(found)).toMatchObject({ workers: 2, concurrency: 16 });
  });

  test("what is fast because it fails is not recommended", () => {
    const found = [measured(2, 64, 9_000, 60), measured(2, 16, 900), measured(2, 4, 300)];
    expect(recommended(found)).toMatchObject({ concurrency: 16 });
    expect(recommended([measured(1, 1, 50, 100)])).toBeUndefined();
  });

  test("inputs that fail with every combination decide nothing, however often each ran them", () => {
    const withInputs = (concurrency: number, rate: number, ok: number[], failed: number[]): Measured => {
      const inputs = new InputCounts(ok.length);
      inputs.ok.set(ok);
      inputs.failed.set(failed);
      const sum = (counts: number[]) => counts.reduce((all, count) => all + count, 0);
      return {
        workers: 2,
        concurrency,
        rate,
        tasks: sum(ok) + sum(failed),
        failed: sum(failed),
        error: 1,
        inputs,
      };
    };
    // In the time of the first, the third input was never reached.
    const found = [
      withInputs(16, 134, [50, 50, 0], [0, 0, 0]),
      withInputs(256, 1_970, [500, 500, 0], [0, 0, 500]),
    ];
    expect(markAlwaysFailing(found)).toBe(1);
    expect(recommended(found)).toMatchObject({ concurrency: 256 });
    // Where it ends well elsewhere, its failures are a sign of too much.
    const other = [
      withInputs(16, 134, [50, 50, 50], [0, 0, 0]),
      withInputs(256, 1_970, [500, 500, 0], [0, 0, 500]),
    ];
    expect(markAlwaysFailing(other)).toBe(0);
    expect(recommended(other)).toMatchObject({ concurrency: 16 });
  });

  test("a part of failures that may be chance in few tasks rules nothing out", () => {
    const few = (concurrency: number, rate: number, tasks: number, failed: number): Measured => {
      return { workers: 2, concurrency, rate, tasks, failed, error: 1 };
    };
    expect(recommended([few(1, 10, 20, 1), few(64, 600, 1_000, 100)])).toMatchObject({ concurrency: 64 });
    expect(recommended([few(1, 10, 2_000, 100), few(64, 600, 1_000, 300)])).toMatchObject({ concurrency: 1 });
  });

  test("those near the best are measured again, and both measures count", () => {
    const found = [
      measured(2, 64, 1_000),
      measured(2, 16, 850),
      measured(2, 4, 300),
      measured(2, 256, 990, 60),
    ];
    expect(contenders(found).map(({ concurrency }) => concurrency)).toEqual([64, 16]);
    const first = { ...measured(2, 16, 100), ms: 1_000, tasks: 100 };
    expect(together(first, { ...first, tasks: 50, ms: 2_000, failed: 3 })).toMatchObject({
      workers: 2,
      tasks: 150,
      ms: 3_000,
      failed: 3,
      rate: 50,
    });
  });

  test("more may be better than the most that was tried with as many workers", () => {
    const found = [measured(2, 64, 1_000), measured(2, 16, 400), measured(1, 256, 800)];
    expect(isHighest(found[0], found)).toBe(true);
    expect(isHighest(found[1], found)).toBe(false);
  });

  test("where calls are limited, those are tried whose slots all get several tasks", () => {
    const all = combinations(2, "thread");
    const shown = (calls: number) =>
      affordable(all, calls).map(({ workers, concurrency }) => `${workers}×${concurrency}`).join(" ");
    expect(shown(7)).toBe("1×1");
    expect(shown(8)).toBe("2×1 1×1");
    expect(shown(100)).toBe("2×1 2×4 1×1 1×4");
    expect(affordable(all, callsFor(all))).toEqual(all);
    expect(affordable(all, Infinity)).toEqual(all);
  });

  test("the table marks the best, the failed, the hopeless and the untried", () => {
    const found = [measured(2, 1, 1_234.5), measured(2, 4, 2_000, 3), measured(2, 16, 900)];
    const lines = table(combinations(2, "thread"), found, found[0]).split("\n").map((line) => line.trim());
    expect(lines[0]).toMatch(/^-c 1 +-c 4 +-c 16 +-c 64 +-c 256$/);
    expect(lines[1]).toMatch(/^-j 1( +–){5}$/);
    expect(lines[2]).toMatch(/^-j 2 +1,230\* +2,000! +900 +· +·$/);
  });
});

describe("polyloop bench", () => {
  test("measures with a fresh executor each, on the sample that it names", async () => {
    using dir = folder({
      "tasks.ts": `import { appendFileSync } from "node:fs";
        export function setup() { appendFileSync("setups", "x\\n"); }
        export const wait = (x: { n: number }) => new Promise((done) => setTimeout(done, 10, x.n));
        `,
      "in.jsonl": '{"n":1}\n\n{"n":2}\n{"n":3}\n',
    });
    const args = ["bench", "tasks.ts#wait", "-i", "in.jsonl", "-A", "--for", "3s", "--json"];
    const { code, stdout, stderr } = await polyloop(args, { cwd: dir.path });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { sample, recommended, measured, ms } = JSON.parse(stdout);
    expect(sample).toEqual({ input: "in.jsonl", inputs: 3, whole: true });
    expect(ms).toBe(3_000);
    for (const one of measured) {
      expect(one).toMatchObject({ failed: 0, tasks: expect.any(Number), rate: expect.any(Number) });
      expect(one.tasks).toBeGreaterThan(0);
    }
    const { workers, concurrency } = recommended;
    expect(measured).toContainEqual(expect.objectContaining({ workers, concurrency }));
    // One for the first look, and all workers of each combination.
    const starts = readFileSync(join(dir.path, "setups"), "utf8").split("\n").length - 1;
    const workersTried = measured.reduce((sum: number, one: { workers: number }) => sum + one.workers, 0);
    expect(starts).toBeGreaterThanOrEqual(1 + workersTried);
  });

  test("prints a table and both recommendations, and takes no more of the input than it says", async () => {
    using dir = folder();
    const args = ["bench", "-e", "(x) => x", "--for", "1s", "--sample", "2", "--isolation", "none", "-A"];
    const { code, stdout } = await polyloop(args, { cwd: dir.path, stdin: "1\n2\n3\n" });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^-e on the first 2 inputs of stdin, repeated for 1.0 s\n/);
    expect(stdout).toMatch(/^ +-j 1 +[\d,.]+/m);
    expect(stdout).toMatch(/\nrecommended: -j 1 -c \d+ {2}\([\d,.]+\/s/);
  });

  test("says before the first call that calls are real and what bounds them; --calls does", async () => {
    using dir = folder({
      "tasks.ts": `import { appendFileSync } from "node:fs";
        export function call(n: number) {
          appendFileSync("calls", n + "\\n");
          if (n === 2) throw new Error("no " + n);
          return n;
        }`,
      "in.jsonl": "1\n2\n3\n",
    });
    const args = [
      "bench",
      "tasks.ts#call",
      "-i",
      "in.jsonl",
      "-A",
      "--for",
      "30s",
      "--calls",
      "120",
      "--retries",
      "1",
    ];
    const { code, stdout, stderr } = await polyloop([...args, "--backoff", "1ms"], { cwd: dir.path });
    expect(code).toBe(0);
    expect(stderr).toBe(
      "polyloop: bench makes real calls of tasks.ts#call: at most 120 in 30 s, over 3 inputs repeatedly. " +
        "To limit them: --rate 10/s\n",
    );
    const calls = readFileSync(join(dir.path, "calls"), "utf8").trim().split("\n");
    expect(calls.length).toBeLessThanOrEqual(120);
    // Its second attempts are calls as well.
    expect(calls.filter((call) => call === "2").length).toBeGreaterThanOrEqual(2);
    expect(stdout).toContain("1 input failed with every combination");
    expect(stdout).toMatch(/^\d+ combinations had too few calls: give more by --calls \d{5,}$/m);
    expect(stdout).toMatch(/^recommended: -j \d+ -c \d+ /m);
  });

  test("holds all combinations together to --rate, and says that the highest may not be the best", async () => {
    using dir = folder({
      "tasks.ts": `import { appendFileSync } from "node:fs";
        export const call = () => appendFileSync("calls", Date.now() + "\\n");`,
    });
    const args = ["bench", "tasks.ts#call", "-A", "--for", "4s", "--rate", "20/s", "--isolation", "none"];
    const { code, stderr } = await polyloop(args, { cwd: dir.path, stdin: "1\n2\n" });
    expect(code).toBe(0);
    expect(stderr).toContain("repeatedly, limited by --rate");
    const times = readFileSync(join(dir.path, "calls"), "utf8").trim().split("\n").map(Number);
    const most = Math.max(
      ...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length),
    );
    // The clock of the test is not that of the timetable: one start may be stamped late, into the next second.
    expect(most).toBeLessThanOrEqual(22);
    const out = await polyloop(
      [
        "bench",
        "-e",
        "() => new Promise((done) => setTimeout(done, 200))",
        "-A",
        "--for",
        "4s",
        "--isolation",
        "none",
      ],
      { stdin: "1\n2\n" },
    );
    expect(out.stdout).toMatch(
      /is the highest that was tried with -j 1, and more may be faster\. Try -c \d+ or -c auto/,
    );
  });

  test("tries inputs that stand after --", async () => {
    const args = [
      "bench",
      "-e",
      "x => x",
      "--for",
      "100ms",
      "--isolation",
      "none",
      "-A",
      "--json",
      "--",
      "a",
    ];
    const { code, stdout } = await polyloop(args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).sample).toEqual({ input: "the arguments", inputs: 1, whole: true });
  });

  test("a task that takes longer than all the time is measured once", async () => {
    const source = "(x) => new Promise((done) => setTimeout(done, 400, x))";
    const args = ["bench", "-e", source, "--for", "100ms", "--json", "-A"];
    const { code, stdout } = await polyloop(args, { stdin: "1\n" });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).measured).toHaveLength(1);
  });

  test.runIf(isDeno)(
    "grants what its flags grant; where every task fails, nothing is recommended",
    async () => {
      const args = ["bench", "-e", "() => Deno.readTextFileSync('deno.json').length", "--for", "500ms"];
      const denied = await polyloop(args, { stdin: "1\n" });
      expect(denied.code).toBe(1);
      expect(denied.stdout).toContain("nothing to recommend: every task failed");
      expect(denied.stdout).toContain("--allow-read");
      const granted = await polyloop([...args, "--allow-read"], { stdin: "1\n" });
      expect(granted.code).toBe(0);
      expect(granted.stdout).toContain("recommended: ");
    },
  );

  test.each([
    [["bench"], "name a MODULE"],
    [["bench", "-e", "x => x", "--for", "0s"], "--for: expected a duration"],
    [["bench", "-e", "x => x", "--sample", "no"], "--sample: expected a whole number"],
    [["bench", "-e", "x => x", "--from", "xml"], "--from: expected jsonl"],
    [["bench", "-e", "x => x"], "stdin has no inputs to try"],
    [["bench", "-e", "x => x", "-i", "gone"], "Cannot read gone: no such file"],
    [["bench", "gone.ts"], "Cannot load gone.ts: no such file"],
    [
      ["bench", "-e", "x => x", "--calls", "5", "--", "1"],
      "--calls 5 is too few: to compare two combinations",
    ],
    [["bench", "tasks.ts", "in.jsonl"], "-i FILE, or stand after --.\n"],
    [["bench", "-e", "x => x", "--timeot", "1s"], "Did you mean --timeout?"],
    [["bench", "-e", "x => x", "-j", "2"], "unknown option '-j'"],
  ])("%j is refused in one line", async (args, message) => {
    using dir = folder();
    const { code, stdout, stderr } = await polyloop([...args], { cwd: dir.path });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr.trim()).not.toContain("\n");
  });
});
