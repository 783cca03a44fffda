/** What results are written as, beside lines: CSV, a JSON array, archives. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { polyloop } from "./one_process.ts";
import { folder, RunningPolyloop, SHELL_COMMAND } from "./polyloop.ts";
import { startSync } from "../program.ts";

const SAME = ["run", "-e", "x => x"];
const hasZstd = startSync("zstd", ["--version"]).status === 0;
const lines = (...values: unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join("");

test.skipIf(!existsSync("/dev/full"))(
  "figures, help and the version on a full disk: exit code 4, and one line",
  () => {
    for (const args of ["--version", "--help", "help formats", "completions bash"]) {
      const { status, stderr } = startSync("sh", ["-c", `${SHELL_COMMAND} ${args} > /dev/full`]);
      expect([status, stderr], args).toEqual([
        4,
        "polyloop: Cannot write to stdout: no space left on the device\n",
      ]);
    }
  },
);

describe("--to csv", () => {
  test("the header is the first result's keys; what lacks one has an empty cell, what has parts is JSON", async () => {
    const stdin = lines({ a: 1, b: "x,y" }, { b: [1, { c: 'q"' }], a: null }, { a: true }, {
      b: " \r",
      a: -1.5,
    });
    const { code, stdout } = await polyloop([...SAME, "--to", "csv"], { stdin });
    expect([code, stdout]).toEqual([0, 'a,b\n1,"x,y"\n,"[1,{""c"":""q\\""""}]"\ntrue,\n-1.5," \r"\n']);
  });

  test("a result with another key, or that is no object, is a failed input; the others are written", async () => {
    using dir = folder();
    const stdin = lines({ a: 1 }, { a: 2, b: 3 }, 4, null, [5], { a: 6 });
    const args = [...SAME, "--to", "csv", "--errors", "failed"];
    const { code, stdout, stderr } = await polyloop(args, { stdin, cwd: dir.path });
    expect([code, stdout]).toEqual([1, "a\n1\n6\n"]);
    expect(stderr).toContain(
      'line 2: TypeError: The result cannot be written as a row: there is no column for its key "b"',
    );
    expect(stderr).toContain("The result cannot be written as a row: it is 4");
    expect(stderr).toContain("6 inputs in");
    expect(stderr).toContain("2 ok, 4 failed");
    const failed = readFileSync(join(dir.path, "failed"), "utf8").trimEnd().split("\n").map((line) =>
      JSON.parse(line)
    );
    expect(failed.map(({ index, line }) => [index, line])).toEqual([[1, 2], [2, 3], [3, 4], [4, 5]]);
  });

  test("among thousands of results the ones without a place are found, and no other is lost", async () => {
    const rows = Array.from({ length: 5_000 }, (_, n) => (n % 1_000 === 999 ? { n, odd: 1 } : { n }));
    const { code, stdout } = await polyloop([...SAME, "--to", "csv"], { stdin: lines(...rows) });
    expect(code).toBe(1);
    expect(stdout).toBe(`n\n${rows.filter((row) => !("odd" in row)).map(({ n }) => `${n}\n`).join("")}`);
  });

  test("a journal's results are laid out anew", async () => {
    using dir = folder({ in: lines({ a: 1 }, { a: 2, b: 1 }, { a: 3 }) });
    const run = await polyloop([...SAME, "-i", "in", "--to", "csv", "-o", "out.csv", "--journal", "j"], {
      cwd: dir.path,
    });
    const again = await polyloop(["resume", "j"], { cwd: dir.path });
    expect([run.code, again.code]).toEqual([1, 1]);
    expect(again.stderr).toContain("3 done before (1 failed)");
    expect(readFileSync(join(dir.path, "out.csv"), "utf8")).toBe("a\n1\n3\n");
  });
});

describe("--to json", () => {
  test("is one array, also of nothing and of envelopes", async () => {
    const numbers = Array.from({ length: 3_000 }, (_, n) => n);
    const many = await polyloop([...SAME, "--to", "json"], { stdin: lines(...numbers) });
    expect(JSON.parse(many.stdout)).toEqual(numbers);
    expect((await polyloop([...SAME, "--to", "json"], { stdin: "" })).stdout).toBe("[]\n");
    const some = await polyloop([...SAME, "--to", "json", "--envelope"], { stdin: "1\nx\n" });
    expect(JSON.parse(some.stdout)).toMatchObject([{ index: 0, value: 1 }, { index: 1, ok: false }]);
  });

  test("is whole after SIGINT", async () => {
    const task =
      "async (n, { signal }) => { if (n < 3) return n; console.log('waits'); await new Promise((_, no) => signal.onabort = no); }";
    const run = new RunningPolyloop(["run", "-e", task, "--to", "json", "-c", "8", "-j", "1"]);
    run.stdin.end("0\n1\n2\n3\n");
    await run.says("waits");
    await run.says("1,");
    run.signal("SIGINT");
    await run.says("stopping");
    await run.signalAgain("SIGINT");
    const { code, stdout } = await run.ended;
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toEqual([0, 1, 2]);
  });

  test.each(["json", "csv"])("a closed stdout ends the run quietly (%s)", (to) => {
    const task = "'n => ({ n })'";
    const shell = `seq 1000000 | ${SHELL_COMMAND} run -A -e ${task} --to ${to} | head -n 2`;
    const { stdout, stderr } = startSync("bash", ["-c", shell]);
    expect(stdout).toBe(to === "json" ? '[\n{"n":1},\n' : "n\n1\n");
    expect(stderr).toBe("");
  });
});

describe("an output that ends in .gz or .zst", () => {
  test("is an archive of what else were written, failed inputs too", async () => {
    using dir = folder();
    const stdin = lines(...Array.from({ length: 50_000 }, (_, n) => n), "x").replace('"x"', "x");
    const files = ["-o", "out.gz", "--errors", "failed.gz"];
    const { code } = await polyloop([...SAME, ...files], { stdin, cwd: dir.path });
    expect(code).toBe(1);
    const text = (name: string) => gunzipSync(readFileSync(join(dir.path, name))).toString();
    expect(text("out.gz")).toBe(stdin.replace("x\n", ""));
    expect(JSON.parse(text("failed.gz"))).toMatchObject({ index: 50_000, input: "x" });
  });

  test.skipIf(!hasZstd)("is what zstd reads", async () => {
    using dir = folder({ "in.gz": gzipSync(lines(...Array.from({ length: 50_000 }, (_, n) => ({ n })))) });
    const { code } = await polyloop([...SAME, "-i", "in.gz", "-o", "o.csv.zst", "--to", "csv"], {
      cwd: dir.path,
    });
    expect(code).toBe(0);
    const { stdout } = startSync("zstd", ["-dc", join(dir.path, "o.csv.zst")], {
      maxBuffer: 2 ** 24,
    });
    expect(stdout).toBe(`n\n${Array.from({ length: 50_000 }, (_, n) => `${n}\n`).join("")}`);
  });
});
