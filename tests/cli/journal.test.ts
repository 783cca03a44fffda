/** A run with a journal, killed at any moment, comes home: with the output of a run that nothing happened to. */
import { Buffer } from "node:buffer";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { isDeno } from "../program.ts";
import { polyloop } from "./one_process.ts";
import { type Ended, folder, RunningPolyloop } from "./polyloop.ts";
import { jsonLines as lines, read } from "./texts.ts";

const TASKS = `
import { appendFileSync, statSync } from "node:fs";
import { scale } from "./scale.ts";
/** Notes that it runs, and takes a moment. */
export async function slow({ id }: { id: number }) {
  appendFileSync("log.txt", id + "\\n");
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
  if (id % 97 === 13) throw new RangeError("unlucky");
  return { id, scaled: id * scale };
}
export const plain = (n: number) => n * scale;
/** Fails as long as there is no file named good. */
export function needsFile(n: number) {
  if (n % 2 === 0) return n;
  statSync("good");
  return n;
}
export const wait = () => new Promise(() => setInterval(() => {}, 1000));
export const big = (n: number) => String(n).repeat(5000);
`;

const files = (more: Record<string, string> = {}) =>
  folder({ "tasks.ts": TASKS, "scale.ts": "export const scale = 10;\n", ...more });
const inputs = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({ id: from + index }));
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What an undisturbed run writes. */
function expected(ids: number[]): string {
  return lines(...ids.filter((id) => id % 97 !== 13).map((id) => ({ id, scaled: id * 10 })));
}

/** Whether the journal has outcomes. */
function hasOutcomes(path: string): boolean {
  try {
    const db = new DatabaseSync(path, { readOnly: true });
    const row = db.prepare("SELECT count(*) AS count FROM segments").get();
    db.close();
    return Number(row?.count) > 0;
  } catch {
    // It is not there yet, or not whole.
    return false;
  }
}

/** Runs and kills again and again; `edit` changes the input between. Returns how often it was killed. */
async function torture(
  cwd: string,
  args: string[],
  { kills, edit }: { kills: number; edit?: (round: number) => void },
) {
  let killed = 0;
  let begun = false;
  for (let round = 0; round < kills; round++) {
    const run: RunningPolyloop = new RunningPolyloop(begun ? ["resume", "run.sqlite"] : args, { cwd });
    run.stdin.end();
    // The first comes so far that there is something to resume, however slow the machine is.
    while (round === 0 && run.running && !hasOutcomes(join(cwd, "run.sqlite"))) await sleep(20);
    await sleep(400 + Math.random() * 1_000);
    if (run.running) killed++;
    run.signal("SIGKILL");
    const { code, stderr }: Ended = await run.ended;
    // On a slow machine it may not have come so far.
    begun ||= existsSync(join(cwd, "log.txt")) || stderr.includes("already contains a run");
    expect(code === 2 ? stderr.replace(/^.*already contains a run.*\n/m, "") : "").toBe("");
    if (begun) edit?.(round);
  }
  return killed;
}

const SLOW = ["run", "tasks.ts#slow", "-A", "-i", "in.jsonl", "-o", "out.jsonl", "--errors", "err.jsonl"];
const KEPT = [...SLOW, "--journal", "run.sqlite", "-c", "16", "-j", "2"];

describe("polyloop resume", () => {
  test("after SIGKILL at random moments the output is whole, in order, and little ran twice", async () => {
    const count = 10_000;
    using home = files({ "in.jsonl": lines(...inputs(count)) });
    const killed = await torture(home.path, KEPT, { kills: 5 });
    expect(killed).toBeGreaterThan(2);
    const last = await polyloop(["resume", "run.sqlite"], { cwd: home.path });
    expect(last.code).toBe(1);
    expect(last.stderr).toMatch(/done before/);
    expect(read(home.path, "out.jsonl")).toBe(expected(inputs(count).map(({ id }) => id)));
    const failed = read(home.path, "err.jsonl").trim().split("\n").map((line) => JSON.parse(line));
    expect(failed.map(({ input }) => input.id)).toEqual(
      inputs(count).map(({ id }) => id).filter((id) => id % 97 === 13),
    );
    expect(failed[0]).toMatchObject({
      index: 13,
      line: 14,
      error: { name: "RangeError", message: "unlucky" },
    });
    const ran = read(home.path, "log.txt").trim().split("\n").length;
    console.log(`${ran - count} of ${count} inputs ran again after ${killed} kills`);
    // In flight at a kill: 32, and what was sent ahead; pending: what ended within ten milliseconds.
    expect(ran - count).toBeLessThan(killed * 400);
    const again = await polyloop(["resume", "run.sqlite"], { cwd: home.path });
    expect(again.stderr).toContain("10,000 done before (103 failed)");
    expect(read(home.path, "log.txt").trim().split("\n").length).toBe(ran);
  }, 120_000);

  test("inputs added, removed, moved and doubled between the runs", async () => {
    using home = files();
    let ids = Array.from({ length: 8_000 }, (_, id) => id);
    const write = () => writeFileSync(join(home.path, "in.jsonl"), lines(...ids.map((id) => ({ id }))));
    write();
    await torture(home.path, KEPT, {
      kills: 4,
      edit(round) {
        const top = Array.from({ length: 50 }, (_, n) => 20_000 + round * 100 + n);
        const moved = ids.slice(0, 100);
        ids = [...top, ...ids.slice(150), ...moved, ...ids.slice(200, 260)];
        write();
      },
    });
    const { code, stderr } = await polyloop(["resume", "run.sqlite"], { cwd: home.path });
    expect(code, stderr).toBe(1);
    expect(read(home.path, "out.jsonl")).toBe(expected(ids));
    const { stdout } = await polyloop(["status", "run.sqlite", "--json"], { cwd: home.path });
    expect(JSON.parse(stdout)).toMatchObject({ state: "finished", done: ids.length });
  }, 120_000);

  test("results on stdout are all printed again, from stdin read again", async () => {
    using home = files();
    const options = { cwd: home.path, stdin: "1\n2\n\n2\n" };
    const first = await polyloop(["run", "tasks.ts#plain", "--envelope", "--journal", "j"], options);
    expect(first.code).toBe(0);
    const second = await polyloop(["resume", "j"], { ...options, stdin: "2\n1\n3\n" });
    expect(second.code).toBe(0);
    expect(second.stdout.trim().split("\n").map((line) => JSON.parse(line))).toMatchObject([
      { index: 0, value: 20 },
      { index: 1, value: 10 },
      { index: 2, value: 30 },
    ]);
    expect(second.stderr).toContain("2 done before");
  });

  test("texts that are no JSON come back as they were", async () => {
    using home = files();
    const args = [
      "run",
      "-e",
      "(line) => line + String.fromCharCode(0) + 'ä'",
      "--from",
      "lines",
      "--to",
      "lines",
    ];
    const options = { cwd: home.path, stdin: new Uint8Array([97, 10, 0, 98, 10, 10]) };
    const first = await polyloop([...args, "--journal", "j"], options);
    const second = await polyloop(["resume", "j"], options);
    expect(second.stdout).toBe(first.stdout);
    expect(second.stderr).toContain("3 done before");
  });

  test("failed inputs stay failed, until --retry-failed", async () => {
    using home = files({ "in.jsonl": "1\n2\n3\n" });
    const options = { cwd: home.path };
    const args = [
      "run",
      "tasks.ts#needsFile",
      "-A",
      "-i",
      "in.jsonl",
      "-o",
      "out",
      "--errors",
      "err",
      "--journal",
      "j",
    ];
    expect((await polyloop(args, options)).code).toBe(1);
    writeFileSync(join(home.path, "good"), "");
    expect((await polyloop(["resume", "j"], options)).code).toBe(1);
    expect(read(home.path, "out")).toBe("2\n");
    const retried = await polyloop(["resume", "j", "--retry-failed", "-o", "other"], options);
    expect(retried.code).toBe(0);
    expect(retried.stderr).toContain("1 done before");
    expect(read(home.path, "other")).toBe("1\n2\n3\n");
    expect(read(home.path, "err")).toBe("");
    const { stdout } = await polyloop(["status", "j", "--json"], options);
    expect(JSON.parse(stdout)).toMatchObject({ done: 3, ok: 3, failed: 0, state: "finished" });
  });

  test("a module that changed, or what it imports, is refused and named", async () => {
    using home = files({ "in.jsonl": "1\n2\n" });
    const options = { cwd: home.path };
    await polyloop(["run", "tasks.ts#plain", "-i", "in.jsonl", "-o", "out", "--journal", "j"], options);
    writeFileSync(join(home.path, "in.jsonl"), "1\n2\n3\n");
    writeFileSync(join(home.path, "scale.ts"), "export const scale = 100;\n");
    const refused = await polyloop(["resume", "j"], options);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("polyloop resume j --accept-changed-module");
    expect(read(home.path, "out")).toBe("10\n20\n");
    expect((await polyloop(["resume", "j", "--accept-changed-module"], options)).code).toBe(0);
    expect(read(home.path, "out")).toBe("10\n20\n300\n");
    expect((await polyloop(["resume", "j"], options)).code).toBe(0);
  });

  test("a version stands for the module: only another one is refused", async () => {
    const module = (version: string, factor: number) =>
      `import "./scale.ts";\nexport const version = ${version};\nexport default (n: number) => n * ${factor};\n`;
    using home = files({ "v.ts": module('"3"', 10), "in.jsonl": "1\n" });
    const options = { cwd: home.path };
    const resume = (...more: string[]) => polyloop(["resume", "j", ...more], options);
    await polyloop(["run", "v.ts", "-i", "in.jsonl", "-o", "out", "--journal", "j"], options);
    writeFileSync(join(home.path, "in.jsonl"), "1\n2\n");
    writeFileSync(join(home.path, "v.ts"), module("'3'", 100));
    writeFileSync(join(home.path, "scale.ts"), "export const scale = 100;\n");
    expect((await resume()).code).toBe(0);
    expect(read(home.path, "out")).toBe("10\n200\n");
    writeFileSync(join(home.path, "v.ts"), module('"4"', 1));
    const refused = await resume();
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('v.ts has the version "4", which is not that of the run. ');
    expect(refused.stderr).toContain("To go on all the same: polyloop resume j --accept-changed-module\n");
    expect((await resume("--accept-changed-module")).code).toBe(0);
    expect((await resume()).code).toBe(0);
    expect(read(home.path, "out")).toBe("10\n200\n");
    writeFileSync(join(home.path, "v.ts"), module('"5".trim()', 1));
    expect((await resume()).stderr).toContain(
      'Its version does not count, because it is not written as export const version = "3". ',
    );
  });

  test("what only looks like an import is none", async () => {
    using home = files({ "odd.ts": `// from "//[" and from "file://%"\nexport default (n: number) => n;\n` });
    const options = { cwd: home.path, stdin: "1\n" };
    const run = await polyloop(["run", "odd.ts", "--journal", "j"], options);
    expect(run.code, run.stderr).toBe(0);
    expect((await polyloop(["resume", "j"], options)).code).toBe(0);
  });

  test("two processes cannot run one journal; status can look", async () => {
    using home = files({ "in.jsonl": "1\n2\n" });
    const run = new RunningPolyloop(["run", "tasks.ts#wait", "-i", "in.jsonl", "--journal", "j"], {
      cwd: home.path,
    });
    while (!existsSync(join(home.path, "j-wal"))) await sleep(20);
    await sleep(200);
    const second = await polyloop(["resume", "j"], { cwd: home.path });
    expect(second).toMatchObject({ code: 2, stderr: expect.stringContaining("j is in use") });
    symlinkSync("j", join(home.path, "link"));
    const linked = await polyloop(["resume", "link"], { cwd: home.path });
    expect(linked).toMatchObject({ code: 2, stderr: expect.stringContaining("link is in use") });
    const { stdout, code } = await polyloop(["status", "link", "--json"], { cwd: home.path });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ state: "running", done: 0 });
    run.signal("SIGKILL");
    await run.ended;
    const { stdout: text } = await polyloop(["status", "j"], { cwd: home.path });
    expect(text).toContain("to go on: polyloop resume j");
  });

  test("a stop says how to go on", async () => {
    using home = files({ "in.jsonl": lines(...inputs(2_000)) });
    const run = new RunningPolyloop(KEPT, { cwd: home.path });
    while (!existsSync(join(home.path, "log.txt"))) await sleep(20);
    run.signal("SIGINT");
    const { code, stderr } = await run.ended;
    expect(code).toBe(130);
    expect(stderr).toContain("to go on: polyloop resume run.sqlite");
    await polyloop(["resume", "run.sqlite"], { cwd: home.path });
    expect(read(home.path, "out.jsonl")).toBe(expected(inputs(2_000).map(({ id }) => id)));
    // Nothing ran twice: what ran at the stop was waited for.
    expect(read(home.path, "log.txt").trim().split("\n").length).toBe(2_000);
  });
});

describe("polyloop resume from another folder", () => {
  const PARTS = `
    import { readFileSync } from "node:fs";
    export const part = (name: string) => readFileSync("parts/" + name, "utf8");
  `;

  test("its task's own paths, and those it was granted, mean what they did", async () => {
    using home = files({ "parts.ts": PARTS, "in.jsonl": '"a"\n"b"\n' });
    using elsewhere = folder({ "more.jsonl": '"b"\n"a"\n' });
    const run = [
      "run",
      "parts.ts#part",
      "-i",
      "in.jsonl",
      "-o",
      "out",
      "--journal",
      "j",
      ...(isDeno ? ["--allow-read=parts"] : []),
    ];
    await polyloop(run, { cwd: home.path });
    mkdirSync(join(home.path, "parts"));
    for (const name of ["a", "b"]) writeFileSync(join(home.path, "parts", name), name);
    const journal = relative(elsewhere.path, join(home.path, "j"));
    const args = ["resume", journal, "--retry-failed", "-i", "more.jsonl"];
    const { code, stderr } = await polyloop(args, { cwd: elsewhere.path });
    expect(code, stderr).toBe(0);
    expect(read(home.path, "out")).toBe('"b"\n"a"\n');
    const refused = await polyloop([...args, "--allow-read="], { cwd: elsewhere.path });
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--allow-read: expected a list"),
    });
  });

  test("runs in this one where that of the run is no more", async () => {
    using home = files({ "in.jsonl": "1\n" });
    const gone = folder();
    const args = ["run", join(home.path, "tasks.ts#plain"), "-i", join(home.path, "in.jsonl"), "-o"];
    await polyloop([...args, join(home.path, "out"), "--journal", join(home.path, "j")], { cwd: gone.path });
    gone[Symbol.dispose]();
    const { code, stderr } = await polyloop(["resume", "j"], { cwd: home.path });
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /cannot enter .*, the folder where the run began: no such file. Tasks run in the current folder/,
    );
  });
});

describe("polyloop resume: the inputs of a run", () => {
  const PLAIN = ["run", "tasks.ts#plain", "--journal", "j"];

  test("that were read from stdin have to be given again, and the hints say so", async () => {
    using home = files();
    const options = { cwd: home.path };
    const run = new RunningPolyloop(["run", "tasks.ts#slow", "-A", "-o", "out", "--journal", "j"], options);
    run.stdin.write(lines(...inputs(3)));
    while (!existsSync(join(home.path, "log.txt"))) await sleep(20);
    run.signal("SIGINT");
    expect((await run.ended).stderr).toContain("to go on: polyloop resume j < FILE\n");
    expect((await polyloop(["status", "j"], options)).stdout).toContain(
      "to go on: polyloop resume j < FILE\n",
    );
    expect((await polyloop(PLAIN, options)).stderr).toContain("To go on: polyloop resume j < FILE\n");
    const resumed = await polyloop(["resume", "j"], { ...options, stdin: lines(...inputs(4)) });
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(read(home.path, "out")).toBe(expected([0, 1, 2, 3]));
  });

  test("are not taken for removed where there is no input at all", async () => {
    using home = files({ "none": "" });
    const options = { cwd: home.path };
    await polyloop([...PLAIN, "-o", "out"], { ...options, stdin: "1\n2\n" });
    expect(await polyloop(["resume", "j"], options)).toMatchObject({
      code: 2,
      stderr: "polyloop: stdin is empty, but this run has 2 outcomes. " +
        "Give all inputs again, with < FILE or with -i FILE\n",
    });
    const { code, stderr } = await polyloop(["resume", "j", "-i", "none"], options);
    expect(`${code} ${stderr}`).toMatch(
      /^2 .*none is empty, but this run has 2 outcomes.* in that file or with -i FILE\n$/,
    );
    expect(read(home.path, "out")).toBe("10\n20\n");
    const again = await polyloop(["resume", "j"], { ...options, stdin: "1\n2\n" });
    expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining("2 done before") });
  });

  test("keep their outcomes when another file was given by mistake", async () => {
    using home = files({ "in.jsonl": "1\n2\n", "other.jsonl": "8\n9\n" });
    const options = { cwd: home.path };
    await polyloop([...PLAIN, "-i", "in.jsonl", "-o", "out"], options);
    await polyloop(["resume", "j", "-i", "other.jsonl"], options);
    const { stderr } = await polyloop(["resume", "j", "-i", "in.jsonl"], options);
    expect(stderr).toContain("2 done before");
    expect(read(home.path, "out")).toBe("10\n20\n");
    const { stdout } = await polyloop(["status", "j", "--json"], options);
    expect(JSON.parse(stdout)).toMatchObject({ state: "finished", done: 2 });
  });
});

describe("a damaged journal", () => {
  const PAGE = 16_384;

  test("is not what one is called that cannot be opened", async () => {
    using home = files();
    await polyloop(["run", "tasks.ts#plain", "--journal", "j"], { cwd: home.path, stdin: "1\n" });
    mkdirSync(join(home.path, "j-wal"));
    const { code, stderr } = await polyloop(["status", "j"], { cwd: home.path });
    expect(`${code} ${stderr}`).toMatch(/^2 polyloop: Cannot read j: unable to open .*\n$/);
  });

  test("is named in one line, and the output stays", async () => {
    using home = files({ "in.jsonl": "12345\n67890\n" });
    const options = { cwd: home.path };
    await polyloop(["run", "tasks.ts#plain", "-i", "in.jsonl", "-o", "out", "--journal", "j"], options);
    const path = join(home.path, "j");
    const bytes = readFileSync(path);
    const damaged = async (commands: string[]) => {
      for (const command of commands) {
        const { code, stderr } = await polyloop([command, "j"], options);
        expect(`${code} ${stderr}`).toMatch(/^2 polyloop: j is damaged \(.*\)[:.] .* another --journal\n$/);
      }
    };
    // One character of a result.
    writeFileSync(path, Buffer.from(bytes.toString("latin1").replace("678900", "678901"), "latin1"));
    await damaged(["status", "resume"]);
    // The third page is the first one of the segments.
    writeFileSync(path, Buffer.from(bytes).fill(0xa5, 2 * PAGE, 3 * PAGE));
    await damaged(["status", "resume"]);
    writeFileSync(path, bytes.subarray(0, 1.2 * PAGE));
    await damaged(["resume"]);
    expect(read(home.path, "out")).toBe("123450\n678900\n");
  });
});

describe("--journal", () => {
  test("refuses what another version has written", async () => {
    using home = files();
    const options = { cwd: home.path, stdin: "1\n" };
    await polyloop(["run", "tasks.ts#plain", "--journal", "j"], options);
    const db = new DatabaseSync(join(home.path, "j"));
    db.exec("UPDATE run SET version = 1; DROP TABLE segments; DROP TABLE failures");
    db.close();
    for (const args of [["status", "j"], ["resume", "j"], ["run", "tasks.ts#plain", "--journal", "j"]]) {
      expect(await polyloop(args, options)).toMatchObject({
        code: 2,
        stderr:
          "polyloop: j was written by another version of polyloop (journal format 1; this version writes 6). " +
          "Resume with that version, or start the run again with another --journal\n",
      });
    }
  });

  test("refuses what is no journal, holds a run, has no folder, or is the input or output", async () => {
    using home = files({ "in.jsonl": "1\n", "text": "hello\n".repeat(100) });
    const run = async (...more: string[]) => {
      const args = ["run", "tasks.ts#plain", "-i", "in.jsonl", "-o", "out", "--progress", "none"];
      const { code, stderr } = await polyloop([...args, ...more], { cwd: home.path });
      return `${code} ${stderr}`;
    };
    expect(await run("--journal", "j")).toBe("0 ");
    expect(await run("--journal", "j")).toContain(
      "2 polyloop: --journal: j already contains a run. To go on: polyloop resume j",
    );
    expect(read(home.path, "out")).toBe("10\n");
    expect(await run("--journal", "text")).toBe("2 polyloop: text is not a journal of polyloop\n");
    expect(read(home.path, "text")).toMatch(/^hello/);
    expect(await run("--journal", "no/j")).toMatch(/^2 .*no such folder: no\n$/);
    if (existsSync("/proc/self")) {
      expect(await run("--journal", "/proc/j")).toMatch(
        /^2 polyloop: --journal: cannot write to \/proc\/j: /,
      );
    }
    expect(await run("--journal", "in.jsonl")).toMatch(/^2 .*in.jsonl is the input file/);
    expect(await run("--journal", "out")).toMatch(/^2 .*out is the output file/);
    expect(await run("--journal", "new", "-o", "new")).toMatch(/^2 .*new is the output file/);
    const missing = await polyloop(["resume", "none"], { cwd: home.path });
    expect(missing).toMatchObject({ code: 2, stderr: "polyloop: Cannot read none: no such file\n" });
  });

  test("that was begun and never came to its tables is begun again", async () => {
    using home = files();
    const options = { cwd: home.path, stdin: "1\n" };
    const db = new DatabaseSync(join(home.path, "j"));
    db.exec("PRAGMA application_id = 0x706f6c79");
    db.close();
    for (const command of ["resume", "status"]) {
      const { code, stderr } = await polyloop([command, "j"], options);
      expect(`${code} ${stderr}`).toMatch(/^2 polyloop: j holds no run/);
    }
    expect((await polyloop(["run", "tasks.ts#plain", "--journal", "j"], options)).stdout).toBe("10\n");
    expect((await polyloop(["resume", "j"], options)).stderr).toContain("1 done before");
  });

  test("is begun though another process looks at it just then", async () => {
    using home = files();
    const db = new DatabaseSync(join(home.path, "j"));
    db.exec("PRAGMA application_id = 0x706f6c79; BEGIN");
    db.prepare("SELECT * FROM sqlite_schema").all();
    const run = new RunningPolyloop(["run", "tasks.ts#plain", "--journal", "j"], { cwd: home.path });
    run.stdin.end("1\n");
    // There while it waits to write its tables, which nobody may look at meanwhile.
    while (run.running && !existsSync(join(home.path, "j-journal"))) await sleep(1);
    db.close();
    const { code, stderr } = await run.ended;
    expect(code, stderr).toBe(0);
  });

  test("a full disk ends the run with 4, and resume brings it home", async () => {
    using home = files({ "in.jsonl": lines(...Array.from({ length: 3_000 }, (_, n) => n)) });
    const disk = join(home.path, "disk");
    try {
      execFileSync("mkdir", [disk]);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], { stdio: "ignore" });
    } catch {
      return void console.log("skipped: no small disk can be mounted here");
    }
    try {
      const args = ["run", "tasks.ts#big", "-i", "in.jsonl", "-o", "out", "--journal", "disk/j"];
      const first = await polyloop(args, { cwd: home.path });
      expect(first.code).toBe(4);
      expect(first.stderr).toContain(
        "polyloop: Cannot write to the journal disk/j: no space left on the device\n",
      );
      expect(first.stderr).toContain("to go on: polyloop resume disk/j");
      execFileSync("mount", ["-o", "remount,size=200m", disk]);
      const second = await polyloop(["resume", "disk/j"], { cwd: home.path });
      expect(second.code).toBe(0);
      expect(read(home.path, "out")).toBe(
        lines(...Array.from({ length: 3_000 }, (_, n) => String(n).repeat(5000))),
      );
    } finally {
      execFileSync("umount", ["-l", disk]);
    }
  });
});

test("polyloop status: counts, times, slowest inputs and errors by message", async () => {
  using home = files({ "in.jsonl": lines(...inputs(300)) });
  await polyloop(KEPT, { cwd: home.path });
  const { stdout } = await polyloop(["status", "run.sqlite", "--json"], { cwd: home.path });
  expect(readdirSync(home.path)).not.toContain("run.sqlite-wal");
  const status = JSON.parse(stdout);
  expect(status).toMatchObject({ state: "finished", done: 300, ok: 297, failed: 3 });
  expect(status.errors).toEqual([{ name: "RangeError", message: "unlucky", count: 3, line: 14 }]);
  expect(status.rate).toBeGreaterThan(0);
  expect(status.ms.p50).toBeLessThanOrEqual(status.ms.p99);
  expect(status.slowest[0].ms).toBe(status.ms.max);
  const text = await polyloop(["status", "run.sqlite"], { cwd: home.path });
  expect(text.stdout).toContain("finished: 300 inputs done, 297 ok, 3 failed");
  expect(text.stdout).toMatch(/^[\d.,]+\/s in its last minute, [\d.,]+\/s overall$/m);
  expect(text.stdout).toContain("3 × RangeError: unlucky  (line 14 first)");
});
