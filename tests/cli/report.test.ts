/** `--stats`, `--trace`, `--report` of real runs, read by what reads them: a JSON Schema validator, DevTools' own parser. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import type { ReportData } from "../../lib/cli/report/report_data.ts";
import { statsJsonSchema } from "../../lib/cli/report/stats_schema.ts";
import { TraceFile } from "../../lib/cli/report/trace_file.ts";
import { checksumOfSegment } from "../../lib/cli/journal/rows/checksum.ts";
import { readRunRow, writeRunRow } from "../../lib/cli/journal/rows/run_row.ts";
import { decodeBars } from "../../scripts/report_page/bars.ts";
import { isDeno, startSync } from "../program.ts";
import { polyloop } from "./one_process.ts";
import { folder, ROOT } from "./polyloop.ts";

const TASK = `export default async ({ ms, bad }: { ms: number; bad?: boolean }) => {
  await new Promise((done) => setTimeout(done, ms));
  if (bad) throw new RangeError(\`\${ms} is bad\`);
  return ms;
};
`;

const INPUTS = Array.from({ length: 60 }, (_, at) => ({ ms: 10 + (at * 7) % 40, bad: at % 20 === 5 }))
  .map((input) => JSON.stringify(input)).join("\n") + "\n";

const SCHEMA = join(ROOT, "lib/cli/report/stats.schema.json");

/** What the page is made of. */
function dataOf(page: string): ReportData {
  return JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/.exec(page)![1]);
}

describe("polyloop run", () => {
  test("--stats writes figures of the form that the published schema has", async () => {
    using dir = folder({ "tasks.ts": TASK, "in.jsonl": INPUTS });
    const args = "run tasks.ts -i in.jsonl -o out --stats s.json -j 2 -c 4".split(" ");
    expect(await polyloop(args, { cwd: dir.path })).toMatchObject({ code: 1 });
    const stats = JSON.parse(readFileSync(join(dir.path, "s.json"), "utf8"));
    const validate = new Ajv2020({ validateFormats: false }).compile(
      JSON.parse(readFileSync(SCHEMA, "utf8")),
    );
    expect(validate(stats), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...stats, retries: -1 })).toBe(false);
    expect(stats).toMatchObject({
      target: "tasks.ts#default",
      exitCode: 1,
      inputs: { ok: 57, failed: 3, left: 0, unread: false, before: { ok: 0, failed: 0 } },
      errors: [{ name: "RangeError", count: 3, samples: [{ line: 6 }, { line: 26 }, { line: 46 }] }],
      options: { workers: 2, concurrency: 4, input: "in.jsonl", stats: "s.json" },
    });
    const tasks = stats.workers.reduce((sum: number, worker: { tasks: number }) => sum + worker.tasks, 0);
    expect(tasks).toBe(60);
    expect(stats.slowest[0].ms).toBe(stats.ms.max);
    expect(JSON.parse(stats.slowest[0].input)).toHaveProperty("ms");
    expect(stats.taskMs).toBeGreaterThan(60 * 10);
  });

  test("tells what limited the run: the rate, slots, or the limits of keys", async () => {
    const keys = '{"ms":40,"key":"a"}\n'.repeat(20);
    using dir = folder({ "tasks.ts": TASK, "in.jsonl": INPUTS, "keys.jsonl": keys });
    const limits = async (args: string) => {
      const run = `run tasks.ts -o out -j 1 --stats s.json --report r.html ${args}`;
      await polyloop(run.split(" "), { cwd: dir.path });
      const stats = JSON.parse(readFileSync(join(dir.path, "s.json"), "utf8"));
      const data = dataOf(readFileSync(join(dir.path, "r.html"), "utf8"));
      expect(Object.keys(data.limits.parts).sort()).toEqual(Object.keys(stats.limits).sort());
      const all = Object.values<number>(stats.limits).reduce((sum, ms) => sum + ms, 0);
      // No moment is without a limit, and none has two.
      expect(Math.abs(all - stats.wallMs)).toBeLessThan(0.2 * stats.wallMs + 100);
      return Object.keys(stats.limits);
    };
    expect((await limits("-i in.jsonl --first 30 --rate 25/s"))[0]).toBe("rate");
    expect(await limits("-i in.jsonl -c 1")).toContain("slots");
    expect(await limits("-i keys.jsonl -c 8 --limit-per key=1")).toContain("keys");
  });

  test("--report lists each input with its outcome and attempts, and each kind of error with its bars", async () => {
    const task = `export default (x: number, { attempt }: { attempt: number }) => {
      if (x % 2 && attempt === 1) throw new Error("busy " + x);
      if (x === 4) throw new RangeError("four");
      return x;
    };`;
    using dir = folder({ "tasks.ts": task, "in.jsonl": "1\n2\n3\n4\n" });
    const args = "run tasks.ts -i in.jsonl -o out -j 1 --retries 1 --backoff 1ms --report r.html";
    await polyloop(args.split(" "), { cwd: dir.path });
    const { inputs, kinds, bars } = dataOf(readFileSync(join(dir.path, "r.html"), "utf8"));
    expect(inputs.rows.map(([line, text, ok, , attempts, kind]) => [line, text, ok, attempts, kind])).toEqual(
      [
        [1, "1", 1, 2, 0],
        [2, "2", 1, 1, 0],
        [3, "3", 1, 2, 0],
        [4, "4", 0, 2, 1],
      ],
    );
    expect(kinds).toMatchObject([
      { name: "RangeError", message: "four", failed: 1, retried: 1, samples: [3] },
      { name: "Error", message: expect.stringMatching(/^busy \d$/), failed: 0, retried: 2, samples: [] },
    ]);
    const columns = decodeBars(bars);
    expect([...columns.kind].sort()).toEqual([0, 0, 0, 1, 1, 2, 2]);
    for (const [at, [line, , , , , , bar]] of inputs.rows.entries()) {
      expect([columns.index[bar], line]).toEqual([at, at + 1]);
    }
  });

  test("--trace writes what DevTools reads: a thread for each slot, in which tasks do not overlap", async () => {
    using dir = folder({ "tasks.ts": TASK, "in.jsonl": INPUTS });
    const args = "run tasks.ts#default -i in.jsonl -o out --trace t.json -j 2 -c 4".split(" ");
    await polyloop(args, { cwd: dir.path });
    const trace = JSON.parse(readFileSync(join(dir.path, "t.json"), "utf8"));
    expect(trace.otherData).toEqual({ sampling: "all tasks", tasks: 60, written: 60 });
    const threads = await threadsOf(trace);
    expect(threads.length).toBeGreaterThan(2);
    expect(threads.length).toBeLessThanOrEqual(8);
    expect(threads.every(({ name }) => /^worker [12], slot [1-4]$/.test(name))).toBe(true);
    expect(threads.reduce((sum, { entries }) => sum + entries, 0)).toBe(60);
    // What lies within, or across the end of, another would be deeper.
    expect(threads.every(({ depth }) => depth === 1)).toBe(true);
    const tasks = trace.traceEvents.filter(({ ph }: { ph: string }) => ph === "X");
    for (const { ts, dur, args: { index }, cat } of tasks) {
      const { ms, bad } = JSON.parse(INPUTS.split("\n")[index]);
      expect(dur).toBeGreaterThanOrEqual(ms * 1_000 - 1_000);
      expect(cat).toBe(bad ? "failed" : "ok");
      expect(ts).toBeGreaterThanOrEqual(0);
    }
  });

  test("all three are written when the run is stopped early, and say so", async () => {
    using dir = folder({ "tasks.ts": TASK, "in.jsonl": INPUTS });
    const args =
      "run tasks.ts -i in.jsonl -o out --halt 1 -j 1 -c 1 --stats s.json --report r.html --trace t.json";
    expect(await polyloop(args.split(" "), { cwd: dir.path })).toMatchObject({ code: 3 });
    const stats = JSON.parse(readFileSync(join(dir.path, "s.json"), "utf8"));
    expect(stats).toMatchObject({ exitCode: 3, inputs: { unread: false, failed: 1 } });
    expect(stats.inputs.left).toBeGreaterThan(40);
    expect(dataOf(readFileSync(join(dir.path, "r.html"), "utf8")).stats.exitCode).toBe(3);
    expect(JSON.parse(readFileSync(join(dir.path, "t.json"), "utf8")).otherData.tasks).toBe(
      stats.inputs.ok + stats.inputs.failed,
    );
  });

  test("without inputs there is a report all the same", async () => {
    using dir = folder({ "tasks.ts": TASK });
    const { code } = await polyloop(["run", "tasks.ts", "--report", "r.html", "--stats", "s.json"], {
      cwd: dir.path,
    });
    expect(code).toBe(0);
    expect(JSON.parse(readFileSync(join(dir.path, "s.json"), "utf8"))).toMatchObject({
      ms: null,
      workers: [],
    });
    expect(readFileSync(join(dir.path, "r.html"), "utf8")).toContain("</html>");
  });

  test("a report that cannot be written when the run is over makes the exit code 4, and results stand", async () => {
    using dir = folder({ "tasks.ts": TASK, "in.jsonl": '{"ms":1}\n' });
    const args = ["run", "tasks.ts", "-i", "in.jsonl", "--report", "/dev/full"];
    const { code, stdout, stderr } = await polyloop(args, { cwd: dir.path });
    expect({ code, stdout }).toEqual({ code: 4, stdout: "1\n" });
    expect(stderr).toContain("polyloop: cannot write to /dev/full: no space left on the device");
  });

  test.each([
    [["--report", "gone/r.html"], "--report: cannot write to gone/r.html: no such folder: gone"],
    [["--trace", "."], "--trace: cannot write to .: it is a folder"],
    [["--stats", ""], '--stats: expected a file, got ""'],
    [["--stats", "-"], '--stats: expected a file, got "-"'],
    [["--stats", "in.jsonl"], "--stats: in.jsonl is the input file. Writing would destroy it"],
    [["--trace", "out"], "--trace: out is the output file"],
    [["--report", "bad", "--errors", "bad"], "--report: bad is the file of failed inputs"],
    [["--report", "j", "--journal", "./j"], "--report: j is the journal"],
    [["--report", "x", "--trace", "./x"], "--trace: ./x is the file of --report"],
  ])("%j is refused in one line, before anything runs or is emptied", async (flags, message) => {
    using dir = folder({ "tasks.ts": TASK, "in.jsonl": INPUTS, out: "kept" });
    const args = ["run", "tasks.ts", "-i", "in.jsonl", "-o", "out", ...flags];
    for (const dry of [["--dry-run"], []]) {
      const { code, stderr } = await polyloop([...args, ...dry], { cwd: dir.path });
      expect({ code, lines: stderr.trim().split("\n") }).toEqual({
        code: 2,
        lines: [`polyloop: ${message}`],
      });
    }
    expect(readFileSync(join(dir.path, "in.jsonl"), "utf8")).toBe(INPUTS);
    expect(readFileSync(join(dir.path, "out"), "utf8")).toBe("kept");
  });
});

describe("polyloop status --report", () => {
  test("has the times of the journal: each bar as long, and ending then", async () => {
    using dir = folder({ "tasks.ts": TASK, "in.jsonl": INPUTS });
    const args = "run tasks.ts -i in.jsonl -o out --journal j --report run.html -j 2 -c 4".split(" ");
    await polyloop(args, { cwd: dir.path });
    const status = await polyloop(["status", "j", "--report", "r.html"], { cwd: dir.path });
    expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining("60 inputs done") });
    const data = dataOf(readFileSync(join(dir.path, "r.html"), "utf8"));
    expect(data.stats.inputs).toMatchObject({ ok: 57, failed: 3 });
    expect(data.stats.errors).toMatchObject([{
      name: "RangeError",
      count: 3,
      samples: [{ line: 6 }, {}, {}],
    }]);
    const kept = journalTimes(join(dir.path, "j"));
    const fromJournal = decodeBars(data.bars);
    const fromRun = decodeBars(dataOf(readFileSync(join(dir.path, "run.html"), "utf8")).bars);
    expect([fromJournal.count, fromRun.count, kept.size]).toEqual([60, 60, 60]);
    for (let bar = 0; bar < 60; bar++) {
      const { ms, at, started } = kept.get(fromJournal.index[bar] + 1)!;
      expect(Math.abs(fromJournal.ms[bar] - ms)).toBeLessThan(0.02);
      // It is laid out in whole, so it may end a little before what it was written with, never after.
      expect(fromJournal.start[bar] + fromJournal.ms[bar]).toBeLessThanOrEqual(at - started + 2.1);
      expect(Math.abs(fromRun.ms[bar] - kept.get(fromRun.index[bar] + 1)!.ms)).toBeLessThan(0.02);
    }
  });

  test("leaves out the time between two runs", async () => {
    using dir = folder({ "tasks.ts": TASK, "in.jsonl": '{"ms":1}\n{"ms":2}\n' });
    await polyloop("run tasks.ts -i in.jsonl -o out --journal j".split(" "), { cwd: dir.path });
    writeFileSync(join(dir.path, "in.jsonl"), '{"ms":1}\n{"ms":2}\n{"ms":3}\n');
    const db = new DatabaseSync(join(dir.path, "j"));
    const earlier = (time: number) => time - 3_600_000;
    const run = readRunRow(db);
    writeRunRow(db, { ...run, started: earlier(run.started) });
    for (const { id, at, entries, results, counts, added } of db.prepare("SELECT * FROM segments").all()) {
      const row = {
        at: earlier(at as number),
        entries: entries as Uint8Array,
        results: results as Uint8Array,
        counts: counts as string | null,
        added: added as string | null,
      };
      db.prepare("UPDATE segments SET at = ?, sum = ? WHERE id = ?").run(row.at, checksumOfSegment(row), id);
    }
    db.close();
    await polyloop(["resume", "j"], { cwd: dir.path });
    expect(await polyloop(["status", "j", "--report", "r.html"], { cwd: dir.path })).toMatchObject({
      code: 0,
    });
    const { journal, stats } = dataOf(readFileSync(join(dir.path, "r.html"), "utf8"));
    expect(journal?.pauses).toBe(1);
    expect(journal?.pausedMs).toBeGreaterThan(3_500_000);
    expect(stats.wallMs).toBeLessThan(100_000);
    expect(stats.inputs.ok).toBe(3);
  });

  test.each([
    ["gone/r.html", "--report: cannot write to gone/r.html: no such folder: gone"],
    ["./j", "--report: ./j is the journal"],
    ["", '--report: expected a file, got ""'],
  ])("%j is refused in one line", async (report, message) => {
    using dir = folder({ "tasks.ts": TASK, "in.jsonl": '{"ms":1}\n' });
    await polyloop("run tasks.ts -i in.jsonl -o out --journal j".split(" "), { cwd: dir.path });
    const { code, stdout, stderr } = await polyloop(["status", "j", "--report", report], { cwd: dir.path });
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: `polyloop: ${message}\n` });
  });

  test("resume keeps the flags, and its figures, page and trace are of the whole run", async () => {
    using dir = folder({ "tasks.ts": TASK, "in.jsonl": '{"ms":1}\n{"ms":2}\n{"ms":1,"bad":true}\n' });
    const flags = "--journal j --stats s.json --report r.html --trace t.json".split(" ");
    await polyloop(["run", "tasks.ts", "-i", "in.jsonl", "-o", "out", ...flags], { cwd: dir.path });
    const stats = () => JSON.parse(readFileSync(join(dir.path, "s.json"), "utf8"));
    const first = stats();
    expect(first).toMatchObject({ sessions: 1, inputs: { ok: 2, failed: 1 } });
    const inputs = '{"ms":1}\n{"ms":2}\n{"ms":1,"bad":true}\n{"ms":4}\n{"ms":5}\n';
    writeFileSync(join(dir.path, "in.jsonl"), inputs);
    await polyloop(["resume", join(dir.path, "j")], { cwd: "/" });
    const whole = stats();
    expect(whole).toMatchObject({
      started: expect.any(String),
      sessions: 2,
      inputs: { ok: 4, failed: 1, left: 0, unread: false },
      errors: [{ count: 1, samples: [{ line: 3 }] }],
    });
    expect(Math.abs(Date.parse(whole.started) - Date.parse(first.started))).toBeLessThan(5_000);
    expect(whole.workers[0]).toMatchObject({ ids: [-1], tasks: 3, failed: 1 });
    expect(whole.workers.slice(1).reduce((sum: number, { tasks }: { tasks: number }) => sum + tasks, 0)).toBe(
      2,
    );
    const data = dataOf(readFileSync(join(dir.path, "r.html"), "utf8"));
    expect(data.bars.count).toBe(5);
    expect(data.earlier).toMatchObject({ pauses: 0 });
    const bars = decodeBars(data.bars);
    const ends = (slot: boolean) =>
      Array.from({ length: 5 }, (_, bar) => bar).filter((bar) => (bars.position[bar] === 0) === slot)
        .map((bar) => bars.start[bar] + bars.ms[bar]);
    expect(Math.max(...ends(true))).toBeLessThanOrEqual(Math.min(...ends(false)));
    const trace = JSON.parse(readFileSync(join(dir.path, "t.json"), "utf8"));
    expect(trace.otherData.tasks).toBe(5);
    expect(JSON.stringify(trace)).toContain("earlier sessions, slot 1");
    // With nothing left to run it is the same run.
    await polyloop(["resume", "j"], { cwd: dir.path });
    expect(stats()).toMatchObject({ sessions: 3, inputs: { ok: 4, failed: 1 } });
  });

  test("a failure that --retry-failed runs again is no failure of the run", async () => {
    using dir = folder({ "in.jsonl": "1\n2\n" });
    writeFileSync(
      join(dir.path, "t.ts"),
      `import { statSync } from "node:fs"; export default (n: number) => n === 1 ? n : statSync("good").size;`,
    );
    const options = { cwd: dir.path };
    await polyloop("run t.ts -A -i in.jsonl -o out --journal j --stats s.json".split(" "), options);
    writeFileSync(join(dir.path, "good"), "");
    await polyloop(["resume", "j", "--retry-failed"], options);
    const stats = JSON.parse(readFileSync(join(dir.path, "s.json"), "utf8"));
    expect(stats).toMatchObject({ inputs: { ok: 2, failed: 0 }, errors: [], sessions: 2 });
  });
});

test("a trace of a million tasks is a sample that says so", () => {
  using dir = folder();
  const path = join(dir.path, "trace");
  const fd = openSync(path, "w");
  const trace = new TraceFile(fd, "task");
  for (let index = 0; index < 1e6; index++) {
    trace.add({ index, ok: true, start: index, ms: 1, position: 0, lane: 0 });
  }
  trace.finish({ step: 1, ok: [], failed: [], inFlight: [], positions: [] });
  closeSync(fd);
  const { otherData, traceEvents } = JSON.parse(readFileSync(path, "utf8"));
  expect(otherData.tasks).toBe(1_000_000);
  expect(otherData.written).toBe(traceEvents.filter(({ ph }: { ph: string }) => ph === "X").length);
  expect(otherData.written).toBeGreaterThan(150_000);
  expect(otherData.written).toBeLessThan(400_000);
  expect(otherData.sampling).toContain("of 1000000 tasks: the first 100000, then one in 2, 4, 8, …");
});

test("the published schema is the one of the source", () => {
  expect(readFileSync(SCHEMA, "utf8")).toBe(statsJsonSchema());
});

test.runIf(isDeno)("the page is the one of its source", () => {
  const { status, stderr } = startSync(process.execPath, ["task", "-q", "report-page", "--check"], {
    cwd: ROOT,
    timeout: 110_000,
  });
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
}, 120_000);

test.runIf(isDeno)("a run without these flags loads nothing of them, nor of the commands beside it", () => {
  const { stdout } = startSync(process.execPath, ["info", "--json", "lib/cli/commands/run.ts"], {
    cwd: ROOT,
    maxBuffer: 1 << 26,
  });
  const modules = new Map<string, string[]>();
  for (const { specifier, dependencies = [] } of JSON.parse(stdout).modules) {
    const loaded = dependencies.filter((one: { isDynamic?: boolean; code?: unknown }) =>
      !one.isDynamic && one.code
    );
    modules.set(specifier, loaded.map((one: { code: { specifier: string } }) => one.code.specifier));
  }
  const reached = new Set(
    [...modules.keys()].filter((specifier) => specifier.endsWith("lib/cli/commands/run.ts")),
  );
  for (const specifier of reached) for (const next of modules.get(specifier) ?? []) reached.add(next);
  expect(reached.size).toBeGreaterThan(40);
  const unwanted =
    /lib\/cli\/(report|bench|init|completions)\/|flags\/topic|read_config|clack|flags\/nearest/;
  expect([...reached].filter((specifier) => unwanted.test(specifier))).toEqual([]);
  expect(existsSync(SCHEMA)).toBe(true);
});

interface Thread {
  name: string;
  entries: number;
  depth: number;
}

/** What Chrome's DevTools make of a trace. */
async function threadsOf(trace: { traceEvents: unknown[] }): Promise<Thread[]> {
  (globalThis as { window?: unknown }).window ??= globalThis;
  // deno-lint-ignore no-explicit-any -- it has no types that fit this part of it.
  const engine: any = await import("@paulirish/trace_engine");
  const model = engine.TraceModel.Model.createWithAllHandlers();
  await model.parse(trace.traceEvents, { metadata: {}, isFreshRecording: false });
  const { data } = model.parsedTrace(0);
  // deno-lint-ignore no-explicit-any -- as above.
  const [process] = [...data.Renderer.processes.values()] as any[];
  return [...process.threads.values()].filter(({ entries }) => entries.length > 0).map(
    ({ name, entries, tree }) => {
      return { name, entries: entries.length, depth: tree.maxDepth };
    },
  );
}

/** Running times by line, as the journal has them. */
function journalTimes(path: string): Map<number, { ms: number; at: number; started: number }> {
  const db = new DatabaseSync(path);
  const started = db.prepare("SELECT started FROM run").get()!.started as number;
  const times = new Map<number, { ms: number; at: number; started: number }>();
  for (const { at, count, entries } of db.prepare("SELECT at, count, entries FROM segments").all()) {
    const { buffer, byteOffset, byteLength } = entries as Uint8Array;
    const view = new DataView(buffer, byteOffset, byteLength);
    for (let entry = 0; entry < (count as number); entry++) {
      const ms = view.getFloat64(entry * 60 + 52, true);
      times.set(view.getFloat64(entry * 60 + 44, true), { ms, at: at as number, started });
    }
  }
  for (const { at, line, ms } of db.prepare("SELECT at, line, ms FROM failures").all()) {
    times.set(line as number, { ms: ms as number, at: at as number, started });
  }
  db.close();
  return times;
}
