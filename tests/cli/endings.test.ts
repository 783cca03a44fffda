/** The format that the ending of a file's name tells, where no flag does. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { formatByEnding } from "../../lib/cli/input/formats/format_by_ending.ts";
import { polyloop } from "./one_process.ts";
import { folder } from "./polyloop.ts";

const SAME = ["run", "-e", "x => x"];
const CSV = "a,b\n1,2\n";
const ROW = '{"a":"1","b":"2"}\n';

describe("-i FILE without --from", () => {
  test.each<[name: string, content: string | Uint8Array, results: string]>([
    ["in.csv", CSV, ROW],
    ["in.CSV", CSV, ROW],
    ["in.tsv", "a\tb\n1\t2\n", ROW],
    ["in.txt", "1\n\nx y\n", '"1"\n""\n"x y"\n'],
    ["in.json", '[1,\n {"a": 2}]', '1\n{"a":2}\n'],
    ["in.jsonl", "1\n\n[2]\n", "1\n[2]\n"],
    ["in.ndjson", "1\n", "1\n"],
    ["in.csv.gz", gzipSync(CSV), ROW],
    ["in.csv.zst", zstdCompressSync(new TextEncoder().encode(CSV)), ROW],
    ["in.v1.txt.gz", gzipSync("1\n"), '"1"\n'],
    ["in", "1\n", "1\n"],
    ["in.log", "1\n", "1\n"],
    ["csv", "1\n", "1\n"],
  ])("reads %s as what it is", async (name, content, results) => {
    using dir = folder({ [name]: content });
    const { code, stdout } = await polyloop([...SAME, "-i", name], { cwd: dir.path });
    expect({ code, stdout }).toEqual({ code: 0, stdout: results });
  });

  test("an explicit --from goes before it, and so does that of a config without an input", async () => {
    using dir = folder({ "in.csv": CSV, "in.txt": "1\n", "c.json": '{"from": "lines"}' });
    const lines = '"a,b"\n"1,2"\n';
    for (const flags of [["--from", "lines"], ["--config", "c.json"]]) {
      const { stdout } = await polyloop([...SAME, "-i", "in.csv", ...flags], { cwd: dir.path });
      expect(stdout).toBe(lines);
    }
    const { stdout } = await polyloop([...SAME, "-i", "in.txt", "--from", "jsonl"], { cwd: dir.path });
    expect(stdout).toBe("1\n");
  });

  test("the --from of a config is that of its own input, and of stdin in its place", async () => {
    using dir = folder({
      "t.mjs": "export default (x) => x;",
      "in.txt": "1\n",
      "failed.jsonl": '{"a":1}\n',
      "polyloop.json": '{"input": "in.txt", "from": "lines"}',
    });
    const run = (args: string[], stdin: string | null) =>
      polyloop(["run", "t.mjs", ...args], { cwd: dir.path, stdin });
    expect(await run([], null)).toMatchObject({ code: 0, stdout: '"1"\n' });
    expect(await run([], "2\n")).toMatchObject({ code: 0, stdout: '"2"\n' });
    expect(await run(["-i", "failed.jsonl"], null)).toMatchObject({ code: 0, stdout: '{"a":1}\n' });
  });

  test("several of one format are read, of several a clear error comes before anything runs", async () => {
    using dir = folder({ "a.csv": CSV, "b.csv": CSV, "c.txt": "1\n", "d.log": "1\n", "e.jsonl": "1\n" });
    const run = async (...names: string[]) => {
      const args = names.flatMap((name) => ["-i", name]);
      const { code, stdout, stderr } = await polyloop([...SAME, ...args], { cwd: dir.path, stdin: "1\n" });
      return code === 0 ? stdout : `${code} ${stderr}`;
    };
    expect(await run("a.csv", "b.csv")).toBe(ROW + ROW);
    expect(await run("d.log", "e.jsonl", "-")).toBe("1\n1\n1\n");
    expect(await run("a.csv", "c.txt")).toBe(
      "2 polyloop: --input: a.csv would be read as csv and c.txt as lines, by their endings. " +
        "Give the one format of all files with --from, or read the files in separate runs\n",
    );
    expect(await run("d.log", "c.txt")).toMatch(/^2 .* c.txt would be read as lines and d.log as jsonl/);
    expect(await run("a.csv", "-")).toMatch(/^2 .* a.csv would be read as csv and stdin as jsonl/);
  });

  test("bench reads it alike", async () => {
    using dir = folder({ "in.csv": CSV });
    const args = ["bench", "-e", "({ a }) => a", "-i", "in.csv", "--for", "50ms"];
    const { code, stdout } = await polyloop(args, { cwd: dir.path });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining("the only input of in.csv"),
    });
  });

  test("a journal keeps it, so that the run goes on with a file of another name", async () => {
    using dir = folder({ "in.csv": `${CSV}3,4\n` });
    const args = ["run", "-e", "({ a }) => a", "-i", "in.csv", "-o", "out.txt", "--journal", "j"];
    expect(await polyloop(args, { cwd: dir.path })).toMatchObject({ code: 0 });
    renameSync(join(dir.path, "in.csv"), join(dir.path, "moved"));
    writeFileSync(join(dir.path, "moved"), `${CSV}3,4\n5,6\n`);
    const { code, stderr } = await polyloop(["resume", "j", "-i", "moved"], { cwd: dir.path });
    expect({ code, out: readFileSync(join(dir.path, "out.txt"), "utf8") }).toEqual({
      code: 0,
      out: "1\n3\n5\n",
    });
    expect(stderr).toContain("2 done before");
  });
});

describe("-o FILE without --to", () => {
  test.each([
    ["out.csv", "a,b\n1,x\n"],
    ["out.tsv", "a\tb\n1\tx\n"],
    ["out.json", '[\n{"a":1,"b":"x"}\n]\n'],
    ["out.jsonl", '{"a":1,"b":"x"}\n'],
    ["out.ndjson", '{"a":1,"b":"x"}\n'],
    ["out.txt", '{"a":1,"b":"x"}\n'],
    ["out", '{"a":1,"b":"x"}\n'],
  ])("writes %s as what it is", async (name, content) => {
    using dir = folder();
    const args = [...SAME, "-o", name];
    expect(await polyloop(args, { cwd: dir.path, stdin: '{"a":1,"b":"x"}\n' })).toMatchObject({ code: 0 });
    expect(readFileSync(join(dir.path, name), "utf8")).toBe(content);
  });

  test("also before .gz; texts go to .txt as they are; --to goes before it; the dry run shows it", async () => {
    using dir = folder();
    const run = async (...flags: string[]) => {
      const { stderr } = await polyloop([...SAME, ...flags], { cwd: dir.path, stdin: '"x"\n' });
      return stderr;
    };
    await run("-o", "out.txt.gz");
    expect(gunzipSync(readFileSync(join(dir.path, "out.txt.gz"))).toString()).toBe("x\n");
    await run("-o", "out.txt", "--to", "jsonl");
    expect(readFileSync(join(dir.path, "out.txt"), "utf8")).toBe('"x"\n');
    const shown = await run("-o", "out.csv", "--dry-run");
    expect(shown).toMatch(/^ {2}to +csv +the ending of out.csv$/m);
    expect(shown).toMatch(/^ {2}from +jsonl +default$/m);
    expect(await run("-o", "out.csv", "--envelope")).toContain(
      "--envelope: an envelope cannot be written as a CSV row",
    );
  });
});

test("a .txt whose first line is JSON is read as texts, and a line says so", async () => {
  using dir = folder({ "a.txt": '{"n":1}\n[2]\n', "b.txt": "{not json}\n12\n" });
  const said = async (...args: string[]) => {
    const all = [...SAME, ...args, "--progress", "none"];
    const { code, stdout, stderr } = await polyloop(all, { cwd: dir.path, stdin: "" });
    expect(code).toBe(0);
    return { stdout, stderr };
  };
  const hint =
    "polyloop: a.txt is read as texts, by its ending, but its first line is JSON. --from jsonl reads JSON values\n";
  expect(await said("-i", "a.txt")).toEqual({ stdout: '"{\\"n\\":1}"\n"[2]"\n', stderr: hint });
  expect(await said("-i", "a.txt", "--from", "lines")).toMatchObject({ stderr: "" });
  expect(await said("-i", "a.txt", "--from", "jsonl")).toEqual({ stdout: '{"n":1}\n[2]\n', stderr: "" });
  expect(await said("-i", "b.txt")).toEqual({ stdout: '"{not json}"\n"12"\n', stderr: "" });
  expect((await said("-i", "a.txt", "--dry-run")).stderr).toContain(hint);
});

test("formatByEnding() knows nothing of what has no ending", () => {
  for (const path of ["-", "", "csv", ".csv/x", "a.csv.bak", "a.constructor", "a.gz", "a.csv."]) {
    expect(formatByEnding(path)).toBe(undefined);
  }
  expect(formatByEnding("dir.txt/a.csv.zst")).toBe("csv");
});
