/** `context.key`: what stands for an input, in each attempt, after each resume, wherever it stands in the input. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { keyOfContent } from "../../lib/wire/content_key.ts";
import { polyloop } from "./one_process.ts";
import { folder, RunningPolyloop } from "./polyloop.ts";

const TASKS = `
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
export const key = (_: unknown, { key }: { key: string }) => key;
export const withKeys = (inputs: unknown[], { key, keys }: { key: string; keys: string[] }) =>
  inputs.map((input, at) => ({ input, of: keys[at], key }));
export function batchTwice(inputs: unknown[], context: { key: string; keys: string[]; attempt: number }) {
  console.error("RUN", context.keys.join(" "));
  if (context.attempt === 1) throw new Error("once more");
  return withKeys(inputs, context);
}
/** Says its key in each attempt, and succeeds in the third. */
export function third(_: unknown, { key, attempt }: { key: string; attempt: number }) {
  console.error("RUN", key);
  if (attempt < 3) throw new Error("once more");
  return key;
}
/** Takes its worker with it, once. */
export function dies(_: unknown, { key, attempt }: { key: string; attempt: number }) {
  console.error("RUN", key);
  if (attempt === 1) process.kill(process.pid, "SIGKILL");
  return key;
}
export function* values(_: unknown, { key }: { key: string }) {
  yield key;
  yield key;
}
export async function hangs(n: number, { key }: { key: string }) {
  console.error("RUN", n, key);
  if (n > 0) await sleep(600_000);
  return key;
}
export const fails = (_: unknown, { key }: { key: string }) => {
  throw new Error(key);
};
export const input = { "~standard": { version: 1, vendor: "t", validate: (value: unknown) => ({ value: { value } }) } };
`;

const files = (more: Record<string, string | Uint8Array> = {}) => folder({ "tasks.ts": TASKS, ...more });
const keyOf = (text: string, occurrence = 1) =>
  `${createHash("sha256").update(text).digest("hex").slice(0, 32)}.${occurrence}`;
const parsed = (text: string) => text.trim().split("\n").map((line) => JSON.parse(line));
const said = (stderr: string) =>
  stderr.split("\n").filter((line) => line.startsWith("RUN ")).map((line) => line.slice(4));

describe("context.key with --journal is the input's hash and occurrence", () => {
  const CASES: [name: string, stdin: string, flags: string[], texts: [string, number?][]][] = [
    ["jsonl", '{"a":1}\n\n2\n2\n{"a": 1}\n2\n', [], [['{"a":1}'], ["2"], ["2", 2], ['{"a": 1}'], ["2", 3]]],
    ["lines", "a\r\n\na\n\x10b\n\x102\ta\n\x10b", ["--from", "lines"], [
      ["a"],
      [""],
      ["a", 2],
      ["\x10b"],
      ["\x102\ta"],
      ["\x10b", 2],
    ]],
    ["csv", "a,b\n1,2\n1,2\n", ["--from", "csv"], [['{"a":"1","b":"2"}'], ['{"a":"1","b":"2"}', 2]]],
    ["json", '[1, {"a": 2}, 1]', ["--from", "json"], [["1"], ['{"a": 2}'], ["1", 2]]],
    ["nul", "x\0y\nz\0x\0", ["--from", "nul"], [['"x"'], ['"y\\nz"'], ['"x"', 2]]],
    ["long lines", `"${"ä".repeat(5_000)}"\n"${"b".repeat(2_100)}"\n`, [], [
      [`"${"ä".repeat(5_000)}"`],
      [`"${"b".repeat(2_100)}"`],
    ]],
  ];
  test.for(CASES)("in %s", async ([, stdin, flags, texts]) => {
    using home = files();
    const run = ["run", "tasks.ts#key", "--journal", "j", ...flags];
    const { stdout, stderr } = await polyloop(run, { cwd: home.path, stdin });
    expect(parsed(stdout), stderr).toEqual(texts.map(([text, occurrence]) => keyOf(text, occurrence)));
  });

  test("of arguments, of generators, with a schema, an envelope, a time limit and a limit per host", async () => {
    using home = files();
    const keys = async (task: string, ...flags: string[]) => {
      const args = ["run", `tasks.ts#${task}`, "--journal", `j${Math.random()}`, ...flags];
      const { stdout, stderr } = await polyloop(args, {
        cwd: home.path,
        stdin: '"http://a/"\n"http://a/"\n',
      });
      expect(stdout, stderr).not.toBe("");
      return parsed(stdout);
    };
    const wanted = [keyOf('"http://a/"'), keyOf('"http://a/"', 2)];
    expect(await keys("key", "--schema")).toEqual(wanted);
    expect(await keys("key", "--timeout", "1m")).toEqual(wanted);
    expect(await keys("key", "--limit-per", "host=1")).toEqual(wanted);
    expect(await keys("key", "--isolation", "none", "-A")).toEqual(wanted);
    expect(await keys("key", "--isolation", "process")).toEqual(wanted);
    expect(await keys("key", "--envelope")).toMatchObject(wanted.map((value) => ({ value })));
    expect((await keys("values")).flat()).toEqual([wanted[0], wanted[0], wanted[1], wanted[1]]);
    const args = ["run", "tasks.ts#key", "--journal", "j", "--", "a b", "ä", "a b"];
    const { stdout } = await polyloop(args, { cwd: home.path });
    expect(parsed(stdout)).toEqual([keyOf('"a b"'), keyOf('"ä"'), keyOf('"a b"', 2)]);
  });

  test("in each attempt, also after a worker was lost", async () => {
    using home = files();
    const stdin = "1\n1\n2\n";
    const wanted = [keyOf("1"), keyOf("1", 2), keyOf("2")];
    const retried = await polyloop(
      ["run", "tasks.ts#third", "--journal", "j", "--retries", "2", "--backoff", "1ms"],
      { cwd: home.path, stdin },
    );
    expect(parsed(retried.stdout), retried.stderr).toEqual(wanted);
    expect(said(retried.stderr).sort()).toEqual(wanted.flatMap((key) => [key, key, key]).sort());
    const lost = await polyloop(
      ["run", "tasks.ts#dies", "--journal", "k", "--isolation", "process", "-j", "1", "-c", "1"],
      { cwd: home.path, stdin: "1\n1\n" },
    );
    expect(parsed(lost.stdout), lost.stderr).toEqual(wanted.slice(0, 2));
    expect(new Set(said(lost.stderr))).toEqual(new Set(wanted.slice(0, 2)));
  });

  test("after SIGKILL and resume, with lines inserted and moved, and with --retry-failed", async () => {
    using home = files({ "in": "0\n1\n2\n1\n" });
    const options = { cwd: home.path };
    const run = new RunningPolyloop(["run", "tasks.ts#hangs", "-i", "in", "--journal", "j"], options);
    await run.says(keyOf("1", 2));
    await run.says(keyOf("2"));
    run.signal("SIGKILL");
    const before = said((await run.ended).stderr);
    expect(before).toContain(`1 ${keyOf("1")}`);
    writeFileSync(join(home.path, "in"), "5\n2\n1\n0\n1\n");
    const again = new RunningPolyloop(["resume", "j", "--isolation", "process"], options);
    for (const line of [`5 ${keyOf("5")}`, `2 ${keyOf("2")}`, `1 ${keyOf("1")}`, `1 ${keyOf("1", 2)}`]) {
      await again.says(line);
    }
    again.signal("SIGKILL");
    await again.ended;
    const failed = ["run", "tasks.ts#fails", "-i", "in", "--journal", "f", "--errors", "e"];
    await polyloop(failed, options);
    const first = readFileSync(join(home.path, "e"), "utf8");
    await polyloop(["resume", "f", "--retry-failed"], options);
    const messages = (text: string) => parsed(text).map(({ error }) => error.message);
    expect(messages(first)).toEqual([keyOf("5"), keyOf("2"), keyOf("1"), keyOf("0"), keyOf("1", 2)]);
    expect(messages(readFileSync(join(home.path, "e"), "utf8"))).toEqual(messages(first));
  });

  test("of each input of a batch in context.keys, and of the batch as a whole", async () => {
    using home = files({ "in": "1\n{no\n1\n2\n3\n" });
    const options = { cwd: home.path };
    const run = ["run", "tasks.ts#withKeys", "-i", "in", "--batch", "3", "--journal"];
    const found = parsed((await polyloop([...run, "j"], options)).stdout);
    expect(found.map(({ of }) => of)).toEqual([keyOf("1"), keyOf("1", 2), keyOf("2"), keyOf("3")]);
    const [one, two] = [keyOf(`${keyOf("1")}\n${keyOf("1", 2)}`), keyOf(`${keyOf("2")}\n${keyOf("3")}`)];
    expect(found.map(({ key }) => key)).toEqual([one, one, two, two]);
    // The keys of the inputs do not depend on what else is in their batch.
    writeFileSync(join(home.path, "in"), "0\n3\n1\n1\n2\n");
    const other = parsed((await polyloop([...run, "k"], options)).stdout);
    expect(other.map(({ of }) => of)).toEqual(
      ["0", "3", "1", "1", "2"].map((text, at) => keyOf(text, at === 3 ? 2 : 1)),
    );
    const twice = await polyloop([
      "run",
      "tasks.ts#batchTwice",
      "-i",
      "in",
      "--batch",
      "5",
      "--retries",
      "1",
      "--backoff",
      "1ms",
      "--journal",
      "l",
    ], options);
    expect(said(twice.stderr)).toEqual(Array(2).fill(other.map(({ of }) => of).join(" ")));
  });
});

describe("context.key without a journal", () => {
  test("is the same in every attempt, and another for each input", async () => {
    using home = files();
    for (const flags of [["--retries", "2", "--backoff", "1ms"], ["--isolation", "process", "-j", "1"]]) {
      const task = flags[0] === "--retries" ? "third" : "dies";
      const { stdout, stderr } = await polyloop(["run", `tasks.ts#${task}`, ...flags], {
        cwd: home.path,
        stdin: "1\n1\n",
      });
      const keys: string[] = parsed(stdout);
      expect(new Set(keys).size, stderr).toBe(2);
      expect(new Set(said(stderr))).toEqual(new Set(keys));
    }
  });

  test("of a batch has one for each of its inputs, the same in every attempt", async () => {
    using home = files();
    const args = ["run", "tasks.ts#batchTwice", "--batch", "2", "--retries", "1", "--backoff", "1ms"];
    const { stdout, stderr } = await polyloop(args, { cwd: home.path, stdin: "1\n1\n1\n" });
    const keys = parsed(stdout).map(({ of }) => of);
    expect(new Set(keys).size, stderr).toBe(3);
    expect(new Set(said(stderr).flatMap((line) => line.split(" ")))).toEqual(new Set(keys));
  });
});

test("the hash in a worker is that of the runtime, whatever the text's length", () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 682, 683, 2_047, 2_048, 2_049, 4_096, 100_000]) {
    for (const text of ["x".repeat(length), "\u{1f600}".repeat(length)]) {
      expect(keyOfContent({ text, occurrence: 7 })).toBe(keyOf(text, 7));
    }
  }
});
