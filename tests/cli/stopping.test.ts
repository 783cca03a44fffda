/** What ends a run early besides Ctrl-C: failures, the deadline, a terminal that goes. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { isDeno } from "../program.ts";
import { COMMAND, folder, polyloop, RunningPolyloop } from "./polyloop.ts";

const TASKS = `
import { appendFileSync } from "node:fs";
export async function odd(n: number) {
  await new Promise((resolve) => setTimeout(resolve, 2));
  if (n % 2 === 1) throw new Error("odd");
  return n;
}
export async function pause(n: number) {
  appendFileSync("log.txt", n + "\\n");
  await new Promise((resolve) => setTimeout(resolve, 50));
  return n;
}
export const wait = () => new Promise(() => setInterval(() => {}, 1000));
`;
const range = (count: number) => Array.from({ length: count }, (_, index) => `${index}\n`).join("");
const files = (count: number) => folder({ "tasks.ts": TASKS, "in.jsonl": range(count) });
const ODD = ["run", "tasks.ts#odd", "-i", "in.jsonl", "-c", "2", "-j", "1", "-o", "out"];

describe("--halt", () => {
  test("N: drains at the N-th failure, exit code 3", async () => {
    using home = files(5_000);
    const { code, stderr } = await polyloop([...ODD, "--halt", "5", "--journal", "j"], { cwd: home.path });
    expect(code).toBe(3);
    expect(stderr).toMatch(/--halt: 5 of \d+ inputs failed; starting no more/);
    expect(stderr).toContain("to go on: polyloop resume j");
  });

  test("a run and a resume that leave failures name the command that runs them again", async () => {
    using home = files(4);
    const again = "polyloop: to run the failed inputs again: polyloop resume j --retry-failed\n";
    const run = await polyloop([...ODD, "--journal", "j"], { cwd: home.path });
    expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining(again) });
    const resume = await polyloop(["resume", "j"], { cwd: home.path });
    expect(resume).toMatchObject({ code: 1, stderr: expect.stringContaining(again) });
  });

  test("a stopped resume --retry-failed is gone on with as such", async () => {
    using home = files(2_000);
    await polyloop([...ODD, "--journal", "j"], { cwd: home.path });
    const { code, stderr } = await polyloop(["resume", "j", "--retry-failed", "--halt", "1"], {
      cwd: home.path,
    });
    expect(code).toBe(3);
    expect(stderr).toContain("to go on: polyloop resume j --retry-failed\n");
  });

  test("N%: judged from three failures on, and at the end", async () => {
    using home = files(5_000);
    const many = await polyloop([...ODD, "--halt", "30%"], { cwd: home.path });
    expect(many).toMatchObject({ code: 3, stderr: expect.stringMatching(/--halt: [3-9] of/) });
    const options = { cwd: home.path, stdin: "1\n2\n" };
    expect((await polyloop(["run", "tasks.ts#odd", "--halt", "50%"], options)).code).toBe(3);
    expect((await polyloop(["run", "tasks.ts#odd", "--halt", "51%"], options)).code).toBe(1);
  });

  test.each(["0", "0%", "101%", "1.5", "x"])("%s is refused", async (value) => {
    const { code, stderr } = await polyloop(["run", "-e", "x => x", "--halt", value]);
    expect(code).toBe(2);
    expect(stderr).toContain("--halt: expected a number of failures");
  });
});

test("--deadline aborts what runs, exit code 124", async () => {
  using home = files(100);
  const args = ["run", "tasks.ts#wait", "-i", "in.jsonl", "--deadline", "500ms", "--grace", "100ms"];
  const { code, stderr } = await polyloop(args, { cwd: home.path });
  expect(code).toBe(124);
  expect(stderr).toContain("the deadline of 500 ms has passed");
});

describe("SIGHUP", () => {
  const args = [
    "run",
    "tasks.ts#pause",
    "-A",
    "-i",
    "in.jsonl",
    "-o",
    "out",
    "-c",
    "4",
    "-j",
    "1",
    "--journal",
    "j",
  ];

  test("lets what runs finish; inputs that remain are exit code 4", async () => {
    using home = files(1_000);
    const run = new RunningPolyloop(args, { cwd: home.path });
    while (!existsSync(join(home.path, "log.txt"))) await new Promise((resolve) => setTimeout(resolve, 10));
    run.signal("SIGHUP");
    const { code, stderr } = await run.ended;
    expect(code).toBe(4);
    expect(stderr).toMatch(/[1-9]\d* inputs? in .*: [\d,]+ ok; .*not run/);
    expect(stderr).not.toContain("again");
    expect(stderr).toContain("polyloop resume j");
  });

  // Only there can be known that it is to be ignored: by /proc, or by the C library, as on macOS.
  test.skipIf(!isDeno || process.platform === "win32").each([
    ["as the system has it", []],
    ["without /proc", ["--deny-read=/proc"]],
  ])("stops nothing under nohup, %s", async (_, options) => {
    using home = files(20);
    // As from a URL: where Deno manages a checkout's node_modules, it may have undone nohup before the first line runs.
    const [deno, ...rest] = COMMAND.flatMap((word) =>
      word === "run" ? [word, "--node-modules-dir=none", "--no-lock", ...options] : [word]
    );
    const run = new RunningPolyloop(args, { cwd: home.path, command: ["nohup", deno, ...rest] });
    while (!existsSync(join(home.path, "log.txt"))) await new Promise((resolve) => setTimeout(resolve, 5));
    run.signal("SIGHUP");
    const { code, stderr } = await run.ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("20 inputs in");
  });

  test("with nothing left to start the run ends as usual", async () => {
    using home = files(4);
    const run = new RunningPolyloop(args, { cwd: home.path });
    const log = join(home.path, "log.txt");
    const started = () => existsSync(log) ? readFileSync(log, "utf8").split("\n").length - 1 : 0;
    while (started() < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    run.signal("SIGHUP");
    expect((await run.ended).code).toBe(0);
  });
});

test.each([["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 4]] as const)(
  "%s to a whole process group leaves the tasks on processes their time",
  async (signal, code) => {
    using home = files(1_000);
    const args = ["run", "tasks.ts#pause", "-A", "-i", "in.jsonl", "-o", "out", "-c", "4", "-j", "2"];
    const run = new RunningPolyloop([...args, "--isolation", "process"], { cwd: home.path, group: true });
    const count = (name: string) => readFileSync(join(home.path, name), "utf8").split("\n").length - 1;
    const log = join(home.path, "log.txt");
    while (!existsSync(log) || count("log.txt") < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    run.signalGroup(signal);
    expect((await run.ended).code).toBe(code);
    expect(count("out")).toBe(count("log.txt"));
  },
);
