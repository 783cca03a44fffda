/** `--shard I/N` and `--sample N`: which inputs run, and that their places stay those of the whole input. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseArgs } from "../../lib/cli/flags/args.ts";
import type { Origin } from "../../lib/cli/input/origin.ts";
import { LineSource } from "../../lib/cli/input/line_source.ts";
import { type InputOptions, openRunInput } from "../../lib/cli/input/run_input.ts";
import { polyloop } from "./one_process.ts";
import { folder } from "./polyloop.ts";

type Selecting =
  & Pick<InputOptions, "first" | "shard" | "sample" | "seed">
  & Partial<Pick<InputOptions, "from">>;

/** The lines 1 to `count`. */
const numbers = (count: number) => Array.from({ length: count }, (_, at) => `${at + 1}\n`).join("");

const linesOf = (text: string) => text.split("\n").slice(0, -1);

const inOrder = (one: Origin, other: Origin) => one.index - other.index;

/** The part of a line, by the first word of its SHA-256, as every version must have it. */
function partOf(line: string, of: number): number {
  return 1 + Math.floor(createHash("sha256").update(line).digest().readUInt32BE() / 2 ** 32 * of);
}

/** The places of the inputs that run, as they are handed out. */
async function selected(
  text: string | string[],
  { from = "jsonl", ...options }: Selecting,
): Promise<Origin[]> {
  using dir = folder();
  const input = [text].flat().map((content, at) => {
    const path = join(dir.path, `${at}`);
    writeFileSync(path, content);
    return path;
  });
  const source = new LineSource(await openRunInput({ input, from, to: "jsonl", ...options }), { window: 64 });
  const found: Origin[] = [];
  while (!source.ended) {
    const lines = source.take();
    if (!lines) {
      await source.read();
      continue;
    }
    const first = source.pulled - lines.length;
    for (let at = 0; at < lines.length; at++) found.push(source.places.originOf(first + at));
    source.settle(first, lines.length);
  }
  if (source.failure) throw source.failure;
  return found;
}

const contents = async (text: string, options: Selecting) =>
  (await selected(text, options)).map(({ line }) => line);

describe("--shard", () => {
  test("a part has the lines whose content belongs to it, so all parts together have each line once", async () => {
    // More than one read.
    const input = numbers(60_000);
    const parts = await Promise.all([1, 2, 3].map((part) => selected(input, { shard: { part, of: 3 } })));
    for (const [at, part] of parts.entries()) {
      expect(part.length).toBeGreaterThan(19_000);
      expect(part.slice(0, 500).every(({ line }) => partOf(line as string, 3) === at + 1)).toBe(true);
    }
    const all = parts.flat().sort(inOrder);
    expect(all.map(({ line }) => `${line}\n`).join("")).toBe(input);
    expect(all.every(({ index, number }, at) => index === at && number === at + 1)).toBe(true);
  });

  test("equal inputs are in one part, a part may be empty, and 1/1 is all", async () => {
    const equal = '"a"\n'.repeat(3);
    const sizes = [1, 2].map(async (part) => (await contents(equal, { shard: { part, of: 2 } })).length);
    expect((await Promise.all(sizes)).sort()).toEqual([0, 3]);
    expect((await contents(equal, { shard: { part: 1, of: 1 } })).length).toBe(3);
  });

  // Blank lines, rows and elements on several lines: lines and indices differ.
  const words = Array.from({ length: 40 }, (_, at) => `w${at}`);
  const lines = words.map((word) => `"${word}"\n`).join("");
  test.each<
    [
      from: InputOptions["from"],
      text: string,
      line: (index: number) => number,
      place: (index: number) => string,
    ]
  >([
    [
      "jsonl",
      words.map((word) => `"${word}"\r\n \n`).join(""),
      (index) => 2 * index + 1,
      (at) => `line ${2 * at + 1}`,
    ],
    ["lines", words.join("\n"), (index) => index + 1, (at) => `line ${at + 1}`],
    [
      "json",
      `[\n${words.map((word) => `"${word}"`).join(",\n")}\n]`,
      (at) => at + 2,
      (at) => `element ${at + 1} (line ${at + 2})`,
    ],
    ["nul", words.join("\0"), (index) => index + 1, (at) => `item ${at + 1}`],
    [
      "csv",
      `w,n\n${words.map((word) => `${word},"\n"\n`).join("")}`,
      (at) => 2 * at + 2,
      (at) => `line ${2 * at + 2}`,
    ],
    [
      "tsv",
      `w\tn\n${words.map((word) => `${word}\t1\n`).join("")}`,
      (at) => at + 2,
      (at) => `line ${at + 2}`,
    ],
  ])("of %s: places are those of the whole input", async (from, text, lineOf, placeOf) => {
    const both = await Promise.all([1, 2].map((part) => selected(text, { from, shard: { part, of: 2 } })));
    for (const part of both) expect(part.length).toBeGreaterThan(9);
    const all = both.flat().sort(inOrder);
    expect(all.map(({ index, number, place }) => [index, number, place])).toEqual(
      words.map((_, at) => [at, lineOf(at), placeOf(at)]),
    );
    expect(all.map(({ line }) => /w\d+/.exec(line as string)![0])).toEqual(words);
  });

  test("of several files: each has its own lines, and the indices go on", async () => {
    const both = await Promise.all(
      [1, 2].map((part) => selected([lines, `\n${lines}`], { shard: { part, of: 2 } })),
    );
    const all = both.flat().sort(inOrder);
    expect(all.map(({ index, number, file }) => [index, number, file!.at(-1)])).toEqual(
      Array.from({ length: 80 }, (_, at) => [at, at < 40 ? at + 1 : at - 38, at < 40 ? "0" : "1"]),
    );
  });

  test("--first counts the inputs of the whole input", async () => {
    const parts = await Promise.all(
      [1, 2].map((part) => contents(numbers(100), { first: 9, shard: { part, of: 2 } })),
    );
    expect(parts.flat().map(Number).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test.each(["0/3", "4/3", "3", "1/0", "-1/3", "1.5/3", "a/b", ""])("%j is refused", (shard) => {
    expect(() => parseArgs(["run", "-e", "x => x", `--shard=${shard}`])).toThrow(
      `--shard: expected a part of the inputs such as 3/10, from 1/10 to 10/10, got ${JSON.stringify(shard)}`,
    );
  });
});

describe("--sample", () => {
  test("is as many different inputs as asked for, in input order, and the same each time", async () => {
    const first = await contents(numbers(60_000), { sample: 50 });
    expect(first.length).toBe(50);
    expect(first).toEqual([...new Set(first)].sort((one, other) => Number(one) - Number(other)));
    expect(await contents(numbers(60_000), { sample: 50 })).toEqual(first);
    const other = await contents(numbers(60_000), { sample: 50, seed: 2 });
    expect(other.filter((line) => first.includes(line)).length).toBeLessThan(10);
  });

  test("does not depend on the order of the inputs, and little on others", async () => {
    const first = await contents(numbers(500), { sample: 20 });
    const reversed = linesOf(numbers(500)).toReversed().map((line) => `${line}\n`).join("");
    expect((await contents(reversed, { sample: 20 })).toReversed()).toEqual(first);
    const more = await contents(`"new"\n${numbers(500)}`, { sample: 20 });
    expect(more.filter((line) => !first.includes(line)).length).toBeLessThan(2);
  });

  test("takes each of equal inputs for itself, and all of fewer inputs", async () => {
    expect(await contents("7\n".repeat(20), { sample: 5 })).toEqual(["7", "7", "7", "7", "7"]);
    expect(await contents(numbers(3), { sample: 5 })).toEqual(["1", "2", "3"]);
    expect(await contents("", { sample: 5 })).toEqual([]);
  });

  test("gives each input the same chance", async () => {
    // Of 300 samples of 5 of 20, each input is in about 75. 30 more or fewer are four times the standard deviation.
    const seen = new Map<unknown, number>();
    for (let seed = 0; seed < 300; seed++) {
      for (const line of await contents(numbers(20), { sample: 5, seed })) {
        seen.set(line, (seen.get(line) ?? 0) + 1);
      }
    }
    for (const count of seen.values()) expect(Math.abs(count - 75)).toBeLessThan(30);
    expect(seen.size).toBe(20);
  });

  test("is drawn from the inputs that --first and --shard leave; its places are those of the whole input", async () => {
    const found = await selected([numbers(30), numbers(500)], {
      first: 80,
      shard: { part: 1, of: 2 },
      sample: 20,
    });
    expect(found.length).toBe(20);
    for (const { index, number, line } of found) {
      expect([number, Number(line)]).toEqual(index < 30 ? [index + 1, index + 1] : [index - 29, index - 29]);
      expect(index).toBeLessThan(80);
      expect(partOf(line as string, 2)).toBe(1);
    }
  });

  test("--seed needs --sample", () => {
    expect(() => parseArgs(["run", "-e", "x => x", "--seed", "1"]))
      .toThrow("--seed: has no effect without --sample N");
  });
});

describe("a run over a part of its inputs", () => {
  const words = Array.from({ length: 24 }, (_, at) => `w${at}`);
  const mine = words.flatMap((word, index) => partOf(`"${word}"`, 2) === 1 ? [{ word, index }] : []);

  test.each<[name: string, args: string[]]>([
    ["in order", []],
    ["unordered", ["--unordered"]],
    ["in batches", ["--batch", "5"]],
    ["with a report", ["--trace", "t"]],
  ])("%s: envelopes, failed inputs and messages have the places of the whole input", async (_, args) => {
    using dir = folder();
    const failing = "x => { if (Number([x].flat()[0].slice(1)) > 3) throw new Error('high'); return x; }";
    const all = [
      "run",
      "-e",
      failing,
      "--shard",
      "1/2",
      "--progress",
      "none",
      "--errors",
      "e",
      "--envelope",
      ...args,
    ];
    const stdin = words.map((word) => `"${word}"\n\n`).join("");
    const { stdout, stderr } = await polyloop(all, { cwd: dir.path, stdin });
    const read = (text: string) => linesOf(text).map((line) => JSON.parse(line)).sort(inOrder);
    expect(read(stdout).map(({ index }) => index)).toEqual(mine.map(({ index }) => index));
    const failed = read(readFileSync(join(dir.path, "e"), "utf8"));
    expect(failed.length).toBeGreaterThan(3);
    for (const { index, line, input } of failed) {
      expect({ index, line, input }).toEqual({ index, line: 2 * index + 1, input: words[index] });
      expect(mine).toContainEqual({ index, word: input });
    }
    expect(stderr).toContain(`line ${failed[0].line}: Error: high`);
    if (!args.includes("--trace")) return;
    const { traceEvents } = JSON.parse(readFileSync(join(dir.path, "t"), "utf8"));
    const traced = traceEvents.flatMap(({ args }: { args?: { index?: number } }) => args?.index ?? []);
    expect(traced.toSorted((one: number, other: number) => one - other)).toEqual(
      mine.map(({ index }) => index),
    );
  });

  test("--dry-run says how many of all inputs would run, and checks those alone", async () => {
    const broken = partOf("{", 2);
    const dry = (part: number) =>
      polyloop(["run", "-e", "x => x", "--dry-run", "--shard", `${part}/2`], { stdin: `${numbers(99)}{\n` });
    const of = linesOf(numbers(99)).filter((line) => partOf(line, 2) === 3 - broken).length;
    const { code, stderr } = await dry(3 - broken);
    expect(code).toBe(0);
    expect(stderr).toContain(`ok: ${of} of 100 inputs (--shard ${3 - broken}/2) in stdin, all valid JSON\n`);
    expect(await dry(broken)).toMatchObject({ code: 2, stderr: expect.stringContaining("line 100: ") });
  });

  test("a sample is the total of the progress", async () => {
    const args = ["run", "-e", "x => x", "--sample", "5", "--progress", "json"];
    const { stderr } = await polyloop(args, { stdin: numbers(100) });
    const objects = stderr.trim().split("\n").map((line) => JSON.parse(line));
    expect(objects.findLast(({ type }) => type === "progress"))
      .toMatchObject({ done: true, ok: 5, read: 5, total: 5, totalIsExact: true, share: 1 });
  });

  test("a journal keeps the selection: resume runs the rest of it, and takes no other", async () => {
    using dir = folder({
      "t.mjs": "export default (x) => { if (x % 2) throw new Error('odd'); return x; };\n",
    });
    const cwd = dir.path;
    writeFileSync(join(cwd, "in.jsonl"), numbers(60));
    const start = async (...args: string[]) => {
      const { code, stderr } = await polyloop(args, { cwd });
      return {
        code,
        stderr,
        out: linesOf(readFileSync(join(cwd, "out"), "utf8")).map((line) => JSON.parse(line)),
      };
    };
    const files = ["-i", "in.jsonl", "-o", "out", "--journal", "j", "--envelope"];
    const selecting = ["--shard", "1/2", "--sample", "12", "--seed", "3"];
    expect(await start("run", "t.mjs", ...files, ...selecting, "-j1", "-c1", "--halt", "2")).toMatchObject({
      code: 3,
    });
    const resumed = await start("resume", "j", "--halt", "100");
    expect(resumed).toMatchObject({ code: 1, stderr: expect.stringContaining("done before") });
    const expected = await selected(numbers(60), { shard: { part: 1, of: 2 }, sample: 12, seed: 3 });
    expect(resumed.out.map(({ index }) => index)).toEqual(expected.map(({ index }) => index));
    expect(resumed.stderr).not.toContain("missing");
    expect((await start("resume", "j")).out).toEqual(resumed.out);
    expect(await start("resume", "j", "--shard", "2/2")).toMatchObject({ code: 2 });
    const status = JSON.parse((await polyloop(["status", "j", "--json"], { cwd })).stdout);
    expect(status).toMatchObject({ state: "finished" });
  });
});
