/** What a run says of itself while it runs and at its end: the live line's text, plain lines, JSON objects, the summary. */
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { z } from "npm:zod@4.6.7";
import { liveLineText } from "../../lib/cli/progress/live_line_text.ts";
import { ErrorKinds } from "../../lib/cli/progress/error_kinds.ts";
import { type Figures, Meter } from "../../lib/cli/progress/figures.ts";
import { firstLine, formatBytes, formatRate, formatTaskTime } from "../../lib/cli/progress/format.ts";
import { plainLine } from "../../lib/cli/progress/progress.ts";
import { RecentRate } from "../../lib/cli/progress/figures.ts";
import { Tally } from "../../lib/cli/progress/tally.ts";
import { decompressed } from "../../lib/cli/input/files/decompress.ts";
import { openInput } from "../../lib/cli/input/files/input_file.ts";
import type { LineSource } from "../../lib/cli/input/line_source.ts";
import type { ExecutorStats } from "../../lib/executor/stats.ts";
import { polyloop } from "./one_process.ts";
import { folder, RunningPolyloop } from "./polyloop.ts";
import { FIGURES as SOME_FIGURES } from "./figures.ts";

const FIGURES: Figures = { ...SOME_FIGURES, totalIsExact: false, bytes: 12_400, size: 31_000 };
const UNKNOWN = { total: undefined, size: undefined, share: undefined, leftMs: undefined };

describe("the live line", () => {
  test("has everything where there is room", () => {
    expect(liveLineText(FIGURES, 120)).toBe(
      "█████████░░░░░░░░░░░░░░░  40%  1,200/~3,000  12 failed  3 retries  300/s  32 in flight  slots 97%  6.0 s left",
    );
    expect(liveLineText({ ...FIGURES, ...UNKNOWN }, 120)).toBe(
      "1,200 done  12.4 kB read  12 failed  3 retries  300/s  32 in flight  slots 97%  4.0 s",
    );
  });

  test("leaves out the least important, the narrower it is, and never reaches the last column", () => {
    const texts = Array.from({ length: 140 }, (_, columns) => liveLineText(FIGURES, columns));
    for (const [columns, text] of texts.entries()) expect(text.length).toBeLessThan(Math.max(1, columns));
    const partsOf = (text: string) => text.replace(/^[█░]* /, "").trim().split(/ {2,}/);
    const all = partsOf(texts[139]);
    // In each width, some of all parts, none of them cut; in a wider one no fewer.
    for (const [columns, text] of texts.entries()) {
      const parts = text === "" ? [] : partsOf(text);
      expect(all).toEqual(expect.arrayContaining(parts));
      if (columns > 0) {
        expect(parts).toEqual(expect.arrayContaining(partsOf(texts[columns - 1]).filter(Boolean)));
      }
    }
    expect(texts[13]).toBe("1,200/~3,000");
    expect(texts[12]).toBe("");
    expect(texts[20]).toBe(" 40%  1,200/~3,000");
    expect(texts[80]).toMatch(
      /^█+░+ {2}40% {2}1,200\/~3,000 {2}12 failed {2}3 retries {2}300\/s {2}6.0 s left$/,
    );
  });

  test("says rates so that they say something", () => {
    const rates = [0, 0.001, 0.5, 2.34, 1_234.4].map(formatRate);
    expect(rates).toEqual(["0/s", "3.6/h", "30.0/min", "2.3/s", "1,234/s"]);
  });
});

test("a plain line says the same in words", () => {
  expect(plainLine(FIGURES)).toBe(
    "1,200 of about 3,000 inputs in 4.0 s (300/s), 12 failed, 3 retries, 32 in flight, slots 97%, 40%, 6.0 s left",
  );
  expect(plainLine({ ...FIGURES, ...UNKNOWN, failed: 0, retries: 0, load: undefined })).toBe(
    "1,200 inputs in 4.0 s (300/s), 32 in flight",
  );
});

test("a rate is that of the last ten seconds", () => {
  const rate = new RecentRate();
  expect(rate.at(0, 0)).toBe(0);
  expect(rate.at(500, 50)).toBe(100);
  for (let second = 1; second <= 20; second++) rate.at(second * 1_000, second * 100);
  expect(rate.at(20_000, 2_000)).toBe(100);
  // Then it stands still: half of the ten seconds, all of them.
  expect(rate.at(25_000, 2_000)).toBe(50);
  expect(rate.at(31_000, 2_000)).toBe(0);
});

describe("how many inputs there are", () => {
  const figuresOf = (
    source: Partial<LineSource>,
    size: number | undefined,
    change: (tally: Tally) => void,
  ) => {
    const tally = new Tally(source as LineSource, { input: { size }, workers: 1 });
    change(tally);
    const stats = { inFlight: 1, retries: 0, utilization: 0.5, succeeded: 1, failed: 0 } as ExecutorStats;
    return new Meter(tally, () => stats).read();
  };

  test("is guessed from the size until all are read, and then known", () => {
    const source = { pulled: 100, bytesPulled: 1_000, exhausted: false };
    const change = (tally: Tally) => void (tally.ok = 25);
    expect(figuresOf(source, 10_000, change)).toMatchObject({
      total: 1_000,
      totalIsExact: false,
      share: 0.025,
    });
    expect(figuresOf(source, undefined, change)).toMatchObject({ total: undefined, share: undefined });
    const read = { ...source, exhausted: true };
    expect(figuresOf(read, undefined, change)).toMatchObject({ total: 100, totalIsExact: true, share: 0.25 });
    expect(figuresOf({ ...read, pulled: 0 }, 0, () => {})).toMatchObject({ total: 0, share: undefined });
  });

  test("outcomes of an earlier run count as done, and not in the rate", () => {
    const figures = figuresOf({ pulled: 100, bytesPulled: 1_000, exhausted: true }, 1_000, (tally) => {
      tally.ok = 10;
      tally.before.ok = 40;
    });
    expect(figures).toMatchObject({ done: 50, before: 40, share: 0.5 });
    expect(figures.leftMs! / figures.elapsedMs).toBeCloseTo(5);
  });
});

const progressSchema = z.strictObject({
  type: z.literal("progress"),
  done: z.boolean(),
  elapsedMs: z.number().min(0),
  ok: z.int().min(0),
  failed: z.int().min(0),
  before: z.int().min(0),
  retries: z.int().min(0),
  inFlight: z.int().min(0),
  read: z.int().min(0),
  total: z.int().min(0).nullable(),
  totalIsExact: z.boolean(),
  bytes: z.int().min(0),
  size: z.int().min(0).nullable(),
  share: z.number().min(0).max(1).nullable(),
  perSecond: z.number().min(0),
  leftMs: z.number().min(0).nullable(),
  load: z.number().min(0).max(1).nullable(),
  counts: z.record(z.string(), z.number()),
  spent: z.record(z.string(), z.number()),
});
const lastSchema = progressSchema.extend({
  done: z.literal(true),
  exitCode: z.int(),
  taskMs: z.number().min(0),
  ms: z.strictObject({ p50: z.number(), p90: z.number(), p99: z.number(), max: z.number() }),
});

/** The objects among the lines of stderr. */
function objectsIn(stderr: string): unknown[] {
  return stderr.split("\n").filter((line) => line.startsWith('{"type":"progress"')).map((line) =>
    JSON.parse(line)
  );
}

/** A task that waits until the file `go` has something in it. */
const WAIT = `import { readFileSync } from "node:fs";
  export default async (n) => {
    while (n > 2 && readFileSync("go", "utf8") === "") await new Promise((done) => setTimeout(done, 5));
    if (n === 2) throw new Error("no two");
    console.log("task says " + n);
    return n;
  }`;

describe("--progress json", () => {
  test("is one object a second on stderr, and a last one with what became of the run", async () => {
    using dir = folder({ "t.mjs": WAIT, "in.jsonl": "1\n2\n3\n", go: "" });
    const args = ["run", "t.mjs", "-A", "-i", "in.jsonl", "--progress", "json", "-j", "1"];
    const run = new RunningPolyloop(args, { cwd: dir.path });
    // The second object. It may be late.
    await run.says(/("elapsedMs":[^]*){2}/);
    appendFileSync(join(dir.path, "go"), "go");
    const { code, stdout, stderr } = await run.ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: "1\n3\n" });
    const objects = objectsIn(stderr);
    const last = lastSchema.parse(objects.pop());
    expect(last).toMatchObject({
      ok: 2,
      failed: 1,
      inFlight: 0,
      total: 3,
      share: 1,
      exitCode: 1,
      leftMs: null,
    });
    expect(last.ms.max).toBeGreaterThan(1_000);
    expect(last.taskMs).toBeGreaterThanOrEqual(last.ms.max);
    const during = objects.map((object) => progressSchema.parse(object));
    expect(during.length).toBeGreaterThanOrEqual(2);
    expect(during[0]).toMatchObject({
      done: false,
      ok: 1,
      failed: 1,
      inFlight: 1,
      read: 3,
      total: 3,
      size: 6,
      bytes: 6,
    });
    expect(stderr).toContain("task says 3\n");
    expect(stderr).not.toContain("inputs in");
  });

  test("counts what an earlier run had, and has a last object even where there is nothing to do", async () => {
    using dir = folder({ "t.mjs": WAIT, "in.jsonl": "1\n2\n3\n", go: "go" });
    await polyloop(["run", "t.mjs", "-i", "in.jsonl", "--journal", "j"], { cwd: dir.path });
    const { stderr } = await polyloop(["resume", "j", "--progress", "json"], { cwd: dir.path });
    const objects = objectsIn(stderr);
    expect(objects).toHaveLength(1);
    expect(lastSchema.parse(objects[0])).toMatchObject({
      ok: 0,
      failed: 0,
      before: 3,
      exitCode: 1,
      total: 3,
      share: 1,
    });
  });

  test("knows how much of an archive is read, and at the end what was in it", async () => {
    const text = Array.from({ length: 200_000 }, (_, n) => `{"number":${n}}\n`).join("");
    using dir = folder({ "in.jsonl.gz": gzipSync(text) });
    const file = decompressed(openInput(join(dir.path, "in.jsonl.gz")), "gzip");
    expect(file.size).toBeUndefined();
    await file.read();
    expect(file.size! / text.length).toBeGreaterThan(0.5);
    expect(file.size! / text.length).toBeLessThan(2);
    file.close();

    const args = ["run", "-e", "n => n", "-i", "in.jsonl.gz", "-o", "out", "--progress", "json"];
    const { stderr } = await polyloop(args, { cwd: dir.path });
    const last = lastSchema.parse(objectsIn(stderr).at(-1));
    expect(last).toMatchObject({ ok: 200_000, total: 200_000, bytes: text.length, size: text.length });
  });

  test("has a last object when the run is left at once, and when nobody reads the results any more", async () => {
    using dir = folder({ "t.mjs": WAIT, "in.jsonl": "1\n3\n", go: "" });
    const args = ["run", "t.mjs", "-A", "-i", "in.jsonl", "--progress", "json", "-j", "1"];
    const run = new RunningPolyloop(args, { cwd: dir.path });
    // That the task has run is not yet that its result is here.
    await run.says('"ok":1');
    run.signal("SIGINT");
    await run.says("stopping");
    await run.signalAgain("SIGINT");
    await run.says("aborting");
    await run.signalAgain("SIGINT");
    const left = await run.ended;
    expect(lastSchema.parse(objectsIn(left.stderr).at(-1))).toMatchObject({ ok: 1, exitCode: 130, total: 2 });

    const closed = new RunningPolyloop(args, { cwd: dir.path });
    closed.child.stdout.destroy();
    const { code, stderr } = await closed.ended;
    expect(lastSchema.parse(objectsIn(stderr).at(-1))).toMatchObject({ done: true, exitCode: code });
  });
});

describe("the summary", () => {
  test("says counts, time against one at a time, and how long tasks took", async () => {
    const sleep = "() => new Promise((done) => setTimeout(done, 50))";
    const stdin = Array.from({ length: 100 }, (_, n) => `${n}\n`).join("");
    const { stderr } = await polyloop(["run", "-e", sleep, "-c", "50"], { stdin });
    // On a busy machine it is not known that the tasks waited; then it says what is known.
    expect(stderr).toMatch(
      /(^|\n)✓ 100 inputs in [\d.]+ m?s: all ok\n {2}(\d+\.\d× one at a time \(about \d+(\.\d)? s\)|(event loops \d+% busy, )?[\d.]+ cores? used); p50 [\d.]+ m?s, p90 [\d.]+ m?s, p99 [\d.]+ m?s\n$/,
    );
  });

  test("says where the failures are, and which error there was most of", async () => {
    using dir = folder();
    const fail = "n => { throw n % 5 ? new Error('no page ' + n) : new TypeError('no host') }";
    const stdin = Array.from({ length: 20 }, (_, n) => `${n}\n`).join("");
    const run = (...more: string[]) =>
      polyloop(["run", "-e", fail, "-j", "1", ...more], { cwd: dir.path, stdin });
    expect((await run()).stderr).toMatch(
      /\n✗ 20 inputs in [^\n]+: 0 ok, 20 failed\n {2}[^\n]*p50 [^\n]*\n {2}failures: 16 like Error: no page 1\n {4}4 like TypeError: no host\n$/,
    );
    expect((await run("--errors", "failed.jsonl")).stderr).toMatch(
      /\n {2}failures: failed\.jsonl, 16 like Error: /,
    );
    expect(readFileSync(join(dir.path, "failed.jsonl"), "utf8").split("\n")).toHaveLength(21);
  });

  test("of one input that ended well is one line", async () => {
    expect((await polyloop(["run", "-e", "n => n"], { stdin: "1\n" })).stderr).toMatch(
      /(^|\n)✓ 1 input in [^\n]+: all ok\n$/,
    );
  });
});

test("error kinds: what differs in numbers, URLs and quotes is one kind; what is no error is another", () => {
  const kinds = new ErrorKinds();
  const add = (thrown: unknown, text: string) => kinds.add(thrown, () => text);
  add("text", "threw");
  for (const n of [1, 2, 3]) add(new Error(`http://host/${n} answered ${500 + n}`), `first of ${n}`);
  add(new TypeError("http://host/1 answered 501"), "another class");
  expect(kinds.list()[0]).toEqual({ text: "first of 1", count: 3 });
  expect(new ErrorKinds().list()[0]).toBeUndefined();
});

test("sizes, task times and first lines, cut between signs", () => {
  expect([1, 999, 1_000, 12_400_000, 3e12, 5e15].map(formatBytes)).toEqual(
    ["1 byte", "999 bytes", "1.0 kB", "12.4 MB", "3.0 TB", "5000.0 TB"],
  );
  expect([0, 0.012, 3.44, 99.4, 100, 1_240].map(formatTaskTime)).toEqual(
    ["0 µs", "12 µs", "3.4 ms", "99 ms", "100 ms", "1.2 s"],
  );
  const family = "👩‍👩‍👧‍👦";
  expect(firstLine(family.repeat(30), 30)).toBe(`${family.repeat(2)}…`);
  expect(firstLine("e\u0301".repeat(10), 6)).toBe(`${"e\u0301".repeat(2)}…`);
  expect(firstLine("a\tb\x1b[31m\nc")).toBe("a b [31m");
});
