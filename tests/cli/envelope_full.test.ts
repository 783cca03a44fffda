/** `--envelope=full`: the input, when and where its last attempt ran, besides the outcome. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseArgs } from "../../lib/cli/flags/args.ts";
import { polyloop } from "./one_process.ts";
import { folder } from "./polyloop.ts";

const MODULE = `export default async function work(n, { attempt, workerId, position }) {
  const at = Date.now();
  // The event loop of its worker is blocked, so that what it says of its beginning leaves late.
  while (Date.now() < at + 3);
  if (attempt === 1 && n % 3 === 0) throw new Error("again");
  if (n === 7) throw Object.assign(new Error("fails"), { at, workerId, position });
  return { at, workerId, position };
}
export function several(list, { workerId, position }) {
  return list.map(() => ({ at: Date.now(), workerId, position }));
}
export async function late(n, { signal }) {
  if (n === 2) await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  return n;
}
export const exits = (n) => n === 2 ? process.exit(3) : n;
`;

const KEYS = ["index", "ok", "value", "attempts", "ms", "started", "worker", "position", "input"];

const read = (text: string) => text.split("\n").slice(0, -1).map((line) => JSON.parse(line));

const LINES = ' 1\n\n2 \n3\n{"b": 4, "a": 1.0}\n';

test.each([
  ["thread", "default", []],
  ["process", "default", ["--unordered"]],
  ["none", "default", ["-A"]],
  ["thread", "several", ["--batch", "3"]],
])("with isolation %s, %s tells where and when it ran", async (isolation, task, more) => {
  using dir = folder({ "t.mjs": MODULE });
  const before = Date.now();
  const args = [
    "run",
    `t.mjs#${task}`,
    "--isolation",
    isolation,
    "--envelope=full",
    "-j",
    "2",
    "--retries",
    "1",
    ...more,
  ];
  const { code, stdout } = await polyloop([...args, "--backoff", "1ms"], { cwd: dir.path, stdin: LINES });
  const after = Date.now();
  expect(code).toBe(0);
  const envelopes = read(stdout).sort((one, other) => one.index - other.index);
  expect(envelopes.map(({ input }) => input)).toEqual([1, 2, 3, { b: 4, a: 1 }]);
  expect(stdout).toContain(',"input":{"b": 4, "a": 1.0}}\n');
  for (const { value, started, worker, position, ...others } of envelopes) {
    expect(Object.keys({ ...others, value, started, worker, position }).sort()).toEqual([...KEYS].sort());
    const at = Date.parse(started);
    expect(new Date(at).toISOString()).toBe(started);
    expect(before <= at && at <= value.at && value.at <= after).toBe(true);
    expect({ worker, position }).toEqual({ worker: value.workerId, position: value.position });
    expect(position).toBeLessThan(2);
  }
});

test("failures have it, too; inputs of texts and rows are as the task got them", async () => {
  using dir = folder({ "t.mjs": MODULE });
  const run = async (args: string[], stdin: string) =>
    read(
      (await polyloop(["run", ...args, "--envelope=full", "--progress", "none"], { cwd: dir.path, stdin }))
        .stdout,
    );
  const [broken, failed] = await run(["t.mjs", "--errors", "e"], "{\n7\n");
  expect(broken).toMatchObject({
    ok: false,
    input: "{",
    worker: 1,
    position: 0,
    started: expect.any(String),
  });
  expect(failed).toMatchObject({
    ok: false,
    input: 7,
    worker: expect.any(Number),
    started: expect.any(String),
  });
  // The file of failed inputs has the form that it always has.
  expect(Object.keys(read(readFileSync(join(dir.path, "e"), "utf8"))[0]))
    .toEqual(["index", "line", "input", "error", "attempts"]);
  expect((await run(["-e", "x => x", "--from", "lines"], "a\tb\n"))[0]).toMatchObject({
    value: "a\tb",
    input: "a\tb",
  });
  expect((await run(["-e", "x => x", "--from", "csv"], "a\n1\n"))[0]).toMatchObject({ input: { a: "1" } });
  const timed = await run(["t.mjs#late", "--timeout", "300ms", "-j", "1"], "1\n2\n");
  expect(timed).toMatchObject([{ ok: true }, {
    ok: false,
    error: { name: "TaskTimeoutError" },
    input: 2,
    position: 0,
  }]);
  const lost = await run(["t.mjs#exits", "--isolation", "process", "-j", "1", "-A"], "1\n2\n");
  expect(lost).toMatchObject([{ ok: true, input: 1 }, { ok: false, input: 2, worker: expect.any(Number) }]);
});

test("a resumed run writes the same envelopes of earlier outcomes", async () => {
  using dir = folder({ "t.mjs": MODULE, "in.jsonl": "7\n1\n2\n4\n5\n" });
  const cwd = dir.path;
  const out = () => read(readFileSync(join(cwd, "out"), "utf8"));
  const args = [
    "run",
    "t.mjs",
    "--envelope=full",
    "-i",
    "in.jsonl",
    "-o",
    "out",
    "--journal",
    "j",
    "-j",
    "1",
    "-c",
    "1",
  ];
  expect((await polyloop([...args, "--first", "3"], { cwd })).code).toBe(1);
  const first = out();
  expect(first.map(({ ok }) => ok)).toEqual([false, true, true]);
  expect((await polyloop(["resume", "j", "--first", "all"], { cwd })).code).toBe(1);
  expect(out().slice(0, 3)).toEqual(first);
  expect(out().map(({ input }) => input)).toEqual([7, 1, 2, 4, 5]);
  const whole = out();
  // With all outcomes in the journal, nothing runs.
  expect((await polyloop(["resume", "j"], { cwd })).code).toBe(1);
  expect(out()).toEqual(whole);
  expect(whole.every(({ started, worker }) => typeof started === "string" && worker > 0)).toBe(true);
});

test("--envelope=short is --envelope; other kinds are refused", () => {
  const kinds = ["--envelope", "--envelope=short", "--envelope=full"].map((flag) => {
    const parsed = parseArgs(["run", "-e", "x => x", flag]);
    return parsed.kind === "run" && parsed.options.envelope;
  });
  expect(kinds).toEqual([true, true, "full"]);
  expect(() => parseArgs(["run", "-e", "x => x", "--envelope=all"]))
    .toThrow('--envelope: expected short or full, or no value for short, got "all"');
});
