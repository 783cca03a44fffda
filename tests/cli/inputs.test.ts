/** Where inputs come from: several files, archives, arguments; and that a journal goes on with any of them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import { ZstdFrames } from "../../lib/cli/input/files/zstd_frames.ts";
import { polyloop } from "./one_process.ts";
import { folder, RunningPolyloop } from "./polyloop.ts";
import { kept } from "./kept_outcomes.ts";
import { read } from "./texts.ts";

const SAME = ["run", "-e", "x => x"];
const numbers = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => `${from + at}\n`).join("");

describe("several -i", () => {
  test("are read one after another, each from its own line 1, indices counting on", async () => {
    using dir = folder({ "a.jsonl": "1\n\nx", "b.jsonl": "\ufeff2\ny\n", "c.jsonl": "" });
    const files = ["-i", "a.jsonl", "-i", "c.jsonl", "-i", "b.jsonl", "-i", "a.jsonl"];
    const { code, stdout, stderr } = await polyloop([...SAME, ...files, "--errors", "failed"], {
      cwd: dir.path,
    });
    expect([code, stdout]).toEqual([1, "1\n2\n1\n"]);
    expect(stderr).toContain("a.jsonl line 3: TaskInputError");
    expect(stderr).toContain("b.jsonl line 2: TaskInputError");
    const failed = read(dir.path, "failed").trimEnd().split("\n").map((line) => JSON.parse(line));
    expect(failed.map(({ index, file, line, input }) => [index, file, line, input])).toEqual([
      [1, "a.jsonl", 3, "x"],
      [3, "b.jsonl", 2, "y"],
      [5, "a.jsonl", 3, "x"],
    ]);
  });

  test("may include stdin, once; each CSV file has a header of its own", async () => {
    using dir = folder({ "a.csv": "x,y\n1,2\n" });
    const args = [...SAME, "--from", "csv", "-i", "a.csv", "-i", "-"];
    const { stdout } = await polyloop(args, { cwd: dir.path, stdin: "y,x\n3,4" });
    expect(stdout).toBe('{"x":"1","y":"2"}\n{"y":"3","x":"4"}\n');
    const twice = await polyloop([...SAME, "-i", "-", "-i", "-"]);
    expect([twice.code, twice.stderr]).toEqual([2, "polyloop: --input: stdin (-) can be read only once\n"]);
  });

  test("none may be an output", async () => {
    using dir = folder({ a: "1\n", b: "2\n" });
    const { code, stderr } = await polyloop([...SAME, "-i", "a", "-i", "b", "-o", "b"], { cwd: dir.path });
    expect([code, stderr]).toEqual([
      2,
      "polyloop: --output: b is the input file. Writing would destroy it\n",
    ]);
    expect(read(dir.path, "b")).toBe("2\n");
  });

  test("a config may list them, from its own folder", async () => {
    using dir = folder({ a: "1\n", b: "2\n", "polyloop.json": '{"input": ["a", "b"]}' });
    const { stdout } = await polyloop([...SAME, "--config", join(dir.path, "polyloop.json")]);
    expect(stdout).toBe("1\n2\n");
  });
});

describe("archives", () => {
  test("of several parts are read whole, among other files", async () => {
    const parts = [numbers(50_000), numbers(50_000, 50_000)];
    using dir = folder({
      "a.jsonl.gz": new Uint8Array([...gzipSync(parts[0]), ...gzipSync(parts[1])]),
      "b.jsonl": "-1\n",
      "c.jsonl.zst": new Uint8Array([...zstdCompressSync(parts[0]), ...zstdCompressSync(parts[1])]),
    });
    const files = ["-i", "a.jsonl.gz", "-i", "b.jsonl", "-i", "c.jsonl.zst"];
    const { code, stdout } = await polyloop([...SAME, ...files], { cwd: dir.path });
    expect(code).toBe(0);
    expect(stdout).toBe(`${parts.join("")}-1\n${parts.join("")}`);
  });

  test.each(["gz", "zst"])(
    "a .%s that is cut off runs what it has, says so and exits with 4",
    async (ending) => {
      const text = Array.from({ length: 40_000 }, (_, n) => `${Math.sin(n)}\n`).join("");
      const whole = ending === "gz" ? gzipSync(text) : zstdCompressSync(text);
      const name = `a.${ending}`;
      using dir = folder({ [name]: whole.subarray(0, whole.length - 40) });
      const { code, stdout, stderr } = await polyloop([...SAME, "-i", name], { cwd: dir.path });
      expect(code).toBe(4);
      expect(text.startsWith(stdout)).toBe(true);
      expect(stdout.length).toBeGreaterThan(0);
      expect(stderr).toContain(
        `polyloop: Cannot read ${name}: it is cut off: the end of the archive is missing\n`,
      );
    },
  );

  test.each([
    ["a.gz", "1\n", "it is not a gzip archive, or it is damaged (incorrect header check)"],
    ["a.zst", "1\n2\n", "it is not a zstd archive, or it is damaged (no frame begins where one should)"],
    ["a.zst", "", "it is empty, and not an archive"],
  ])("%s with %j ends the run before it begins", async (name, content, reason) => {
    using dir = folder({ [name]: content });
    const { code, stderr } = await polyloop([...SAME, "-i", name], { cwd: dir.path });
    expect([code, stderr]).toEqual([2, `polyloop: Cannot read ${name}: ${reason}\n`]);
  });

  test("frames of zstd are found wherever chunks end; those without data are left out", () => {
    const data = [zstdCompressSync("one"), zstdCompressSync("x".repeat(300_000)), zstdCompressSync("")];
    const skippable = new Uint8Array([0x5f, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const file = new Uint8Array(
      [skippable, data[0], skippable, data[1], data[2], skippable].flatMap((part) => [...part]),
    );
    for (let cut = 0; cut <= file.length; cut++) {
      const frames = new ZstdFrames();
      const found: number[][] = [[]];
      for (
        const { bytes, ends } of [...frames.cut(file.subarray(0, cut)), ...frames.cut(file.subarray(cut))]
      ) {
        found.at(-1)!.push(...bytes);
        if (ends) found.push([]);
      }
      expect(found).toEqual([...data.map((frame) => [...frame]), []]);
      expect(frames.isBetween).toBe(true);
    }
  });
});

describe("arguments after --", () => {
  test("are one text each, whatever is in them", async () => {
    const { code, stdout } = await polyloop([...SAME, "--", "1", "a\nb", "", "--to", "-"]);
    expect([code, stdout]).toEqual([0, '"1"\n"a\\nb"\n""\n"--to"\n"-"\n']);
  });

  test("are a JSON value each with --from jsonl; what is none is named by its number", async () => {
    const { code, stdout, stderr } = await polyloop([...SAME, "--from", "jsonl", "--", "1", '[\n"a"]', "b"]);
    expect([code, stdout]).toEqual([1, '1\n["a"]\n']);
    expect(stderr).toContain("argument 3: TaskInputError: The input is not valid JSON");
  });

  test("none are no inputs; stdin is not read", async () => {
    const { code, stdout } = await polyloop([...SAME, "--"], { stdin: "1\n" });
    expect([code, stdout]).toEqual([0, ""]);
  });

  test("take the place of a config's input", async () => {
    using dir = folder({ "c.json": '{"input": "gone.csv", "from": "csv"}' });
    const { stdout } = await polyloop([...SAME, "--config", "c.json", "--", "a"], { cwd: dir.path });
    expect(stdout).toBe('"a"\n');
  });

  test.each([
    [["-i", "x", "--", "a"], "run: give inputs after -- or with -i, not both"],
    [
      ["--from", "csv", "--", "a"],
      "--from csv: inputs after -- can only be read as lines or as jsonl",
    ],
  ])("%j is refused", async (args, message) => {
    const { code, stderr } = await polyloop([...SAME, ...args]);
    expect([code, stderr]).toEqual([2, `polyloop: ${message}\n`]);
  });

  test("count for their hosts under --limit-per", async () => {
    const task = `let now = 0, most = 0;
      export default async () => {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setTimeout(resolve, 5));
        now--;
        return most;
      };`;
    using dir = folder({ "t.ts": task });
    const args = [
      "run",
      "t.ts",
      "-j",
      "1",
      "--limit-per",
      "host=1",
      "--",
      "http://a/1",
      "http://a/2",
      "http://a/3",
    ];
    const { code, stdout, stderr } = await polyloop(args, { cwd: dir.path });
    expect([code, stdout]).toEqual([0, "1\n1\n1\n"]);
    expect(stderr).not.toContain("no host");
  });

  test("are kept in a journal", async () => {
    using dir = folder({
      "t.ts": 'import { statSync } from "node:fs"; export default (s: string) => (statSync(s), s);',
      b: "",
    });
    const args = ["run", "t.ts", "-A", "--journal", "j", "--errors", "failed", "--", "a", "b"];
    const run = await polyloop(args, { cwd: dir.path });
    expect([run.code, run.stdout]).toEqual([1, '"b"\n']);
    expect(JSON.parse(read(dir.path, "failed"))).toMatchObject({ index: 0, line: 1, input: "a" });
    writeFileSync(join(dir.path, "a"), "");
    const again = await polyloop(["resume", "j", "--retry-failed"], { cwd: dir.path });
    expect([again.code, again.stdout]).toEqual([0, '"a"\n"b"\n']);
    expect(again.stderr).toContain("1 done before");
  });
});

const STUCK = `
import { appendFileSync, existsSync } from "node:fs";
export default async ({ id }: { id: string }) => {
  while (Number(id) >= 700 && !existsSync("go")) await new Promise((resolve) => setTimeout(resolve, 20));
  appendFileSync("log.txt", id + "\\n");
  return id;
};`;

test("a run over CSV archives goes on after SIGKILL, with each input's output once", async () => {
  const rows = (from: number) =>
    `id,"a\nb"\n${Array.from({ length: 500 }, (_, at) => `${from + at},"x\n""y"""\n`).join("")}`;
  using dir = folder({
    "t.ts": STUCK,
    "a.csv.gz": gzipSync(rows(0)),
    "b.csv.zst": zstdCompressSync(rows(500)),
  });
  const files = ["-i", "a.csv.gz", "-i", "b.csv.zst", "-o", "out.txt", "--from", "csv", "--to", "lines"];
  const run = new RunningPolyloop(["run", "t.ts", "-A", ...files, "--journal", "j"], { cwd: dir.path });
  await vi.waitFor(() => expect(kept(join(dir.path, "j"))).toBeGreaterThan(400), { timeout: 100_000 });
  run.signal("SIGKILL");
  await run.ended;
  const before = read(dir.path, "log.txt").trimEnd().split("\n").length;
  writeFileSync(join(dir.path, "go"), "");
  const { code, stderr } = await polyloop(["resume", "j"], { cwd: dir.path });
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/[4-7]\d\d done before/);
  expect(read(dir.path, "out.txt")).toBe(numbers(1000));
  // What ended within the last milliseconds before the kill may have run twice.
  const ran = read(dir.path, "log.txt").trimEnd().split("\n");
  expect(new Set(ran).size).toBe(1000);
  expect(ran.length - before).toBeLessThanOrEqual(600);
});
