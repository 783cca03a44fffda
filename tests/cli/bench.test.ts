/** `polyloop bench`, called as a user calls it. Its grid has a unit test. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isDeno } from "../program.ts";
import { polyloop } from "./one_process.ts";
import { folder } from "./polyloop.ts";

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
    expect(stdout).toMatch(/^\d+ combinations had too few calls: give more with --calls \d{5,}$/m);
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

  test("a task that never ends is given three times the time, and that is said", async () => {
    const args = ["bench", "-e", "() => new Promise(() => {})", "--for", "700ms", "-A"];
    const { code, stdout, stderr } = await polyloop(args, { stdin: "1\n" });
    expect(code).toBe(1);
    expect(stderr).toContain(
      "bench: the first task has not ended in 700 ms; bench gives it 2.1 s, and more with --for\n",
    );
    expect(stdout).toContain("no task ended in this time");
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
    [["bench", "tasks.ts", "in.jsonl"], "with -i FILE, or after --.\n"],
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
