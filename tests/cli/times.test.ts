/** Times that a run tells: what tasks waited for each other, attempts that were ended, inputs that hang, a run that was suspended. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { effortText, oneAtATime } from "../../lib/cli/progress/one_at_a_time.ts";
import type { LineSource } from "../../lib/cli/input/line_source.ts";
import { Tally } from "../../lib/cli/progress/tally.ts";
import { flagRows } from "../../lib/cli/report/stats.ts";
import { polyloop } from "./one_process.ts";
import { folder, RunningPolyloop } from "./polyloop.ts";

const stdin = (count: number) => Array.from({ length: count }, (_, n) => `${n}\n`).join("");
const objects = (text: string) =>
  text.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));

/** Takes so much CPU time, in milliseconds. */
function compute(ms: number): void {
  const begun = process.cpuUsage();
  for (let used = 0; used < ms * 1_000;) {
    const { user, system } = process.cpuUsage(begun);
    used = user + system;
  }
}

describe("how much longer one at a time takes", () => {
  const effort = { elapsed: 1_000, taskTime: 20_000, cores: 0.3, workers: 2, loops: 0.05 };

  test("is said of tasks that wait, without what they may have waited for each other", () => {
    expect(oneAtATime(effort)).toBe(19_000);
    expect(effortText(effort)).toBe("19.0× one at a time (about 19 s)");
  });

  test("is not said where loops or cores were busy, or nothing is known of them", () => {
    expect(effortText({ ...effort, loops: 0.98 })).toBe("event loops 98% busy, 0.3 cores used");
    expect(effortText({ ...effort, cores: 2, workers: 1 })).toBe("event loops 5% busy, 2.0 cores used");
    expect(oneAtATime({ ...effort, loops: undefined })).toBeUndefined();
  });

  test("cores count from when all workers have started", () => {
    let now = 0;
    const clock = { now: () => now, ran: (ms: number) => ms };
    const tally = new Tally({} as LineSource, { input: { size: undefined }, workers: 2, clock });
    compute(100);
    now = 200;
    tally.workerStarted();
    tally.workerStarted();
    now = 300;
    expect(tally.effort(0).cores).toBeLessThan(0.5);
    compute(100);
    // Another in the place of one that is lost: what ran before still counts.
    tally.workerStarted();
    expect(tally.effort(0).cores).toBeGreaterThanOrEqual(1);
  });

  test.each([["thread"], ["process"], ["none"]])(
    "tasks that compute are not said to win, on %s",
    async (isolation) => {
      const task = `async (n) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      for (const end = performance.now() + 15; performance.now() < end;);
      return n;
    }`;
      const args = ["run", "-e", task, "-A", "-c", "16", "-j", "1", "--isolation", isolation];
      const { stderr } = await polyloop(args, { stdin: stdin(60) });
      expect(stderr).not.toContain("one at a time");
      expect(stderr).toMatch(/event loops \d+% busy, \d+\.\d cores used; p50 /);
    },
  );
});

test("an input that timed out has run until then: envelope, errors, figures and report", async () => {
  using dir = folder();
  const task = "(n) => new Promise((resolve) => setTimeout(resolve, n === 1 ? 60_000 : 1))";
  const files = ["--errors", "e", "--stats", "s", "--report", "r", "--trace", "t"];
  const { stdout } = await polyloop(
    [
      "run",
      "-e",
      task,
      "--timeout",
      "250ms",
      "--retries",
      "1",
      "--backoff",
      "1ms..2ms",
      "--envelope",
      ...files,
    ],
    { stdin: stdin(3), cwd: dir.path },
  );
  const read = (name: string) => readFileSync(join(dir.path, name), "utf8");
  const failed = [...objects(stdout), ...objects(read("e"))].filter(({ ok }) => ok !== true);
  expect(failed[0]).toMatchObject({ index: 1, attempts: 2 });
  expect(failed[0].ms).toBeGreaterThanOrEqual(240);
  const stats = JSON.parse(read("s"));
  expect(stats.ms.max).toBeGreaterThanOrEqual(240);
  expect(stats.taskMs).toBeGreaterThanOrEqual(480);
  const report = JSON.parse(/ id="data">(.*?)<\/script>/s.exec(read("r"))![1]);
  // Four attempts, of which one was followed by another.
  expect(report.bars.count).toBe(4);
  expect([...atob(report.bars.failed)].map((mark) => mark.charCodeAt(0)).sort()).toEqual([0, 0, 1, 2]);
  expect(report.flags).toContainEqual({ name: "--timeout", value: "250ms" });
  expect(report.flags).toContainEqual({ name: "--backoff", value: "1ms..2ms" });
  const events = JSON.parse(read("t")).traceEvents.filter(({ ph }: { ph: string }) => ph === "X");
  expect(events.filter(({ dur }: { dur: number }) => dur >= 240_000)).toHaveLength(2);
});

test("flags stand as they were written, one row for each", () => {
  const flags = { module: "t.ts", timeout: "30s", input: ["a", "b"], allowAll: true, limitPer: "host=2" };
  expect(flagRows(flags)).toEqual([
    { name: "--timeout", value: "30s" },
    { name: "--input", value: "a" },
    { name: "--input", value: "b" },
    { name: "--allow-all", value: "" },
    { name: "--limit-per", value: "host=2" },
  ]);
});

test("the input that a run waits for is named, and that nothing will end it", async () => {
  const task = "(n) => new Promise((resolve) => setTimeout(resolve, n === 1 ? 1e8 : 1))";
  const run = new RunningPolyloop(["run", "-e", task, "--progress", "plain"]);
  run.stdin.end(stdin(4));
  await run.says(", line 2 for ");
  expect(run.said).toMatch(/, line 2 for \d+(\.\d)? s, no --timeout\n/);
  run.signal("SIGKILL");
  await run.ended;
});

test.skipIf(process.platform === "win32")("time in which a run was suspended is no time of it", async () => {
  const task = "(n) => new Promise((resolve) => setTimeout(resolve, 100, n))";
  const run = new RunningPolyloop(["run", "-e", task, "-j", "1", "-c", "1", "--progress", "json"]);
  run.stdin.end(stdin(10));
  await run.says("2\n");
  const begun = performance.now();
  process.kill(run.child.pid!, "SIGSTOP");
  // It is the length of the suspension, not a wait for something.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  process.kill(run.child.pid!, "SIGCONT");
  const { stderr } = await run.ended;
  const last = objects(stderr).at(-1);
  expect(last.elapsedMs).toBeLessThan(performance.now() - begun);
  expect(last.ms.max).toBeLessThan(2_900);
});
