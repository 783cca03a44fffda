/** A journal as a file: one lock under whatever name, what is done to it while a run goes on, and what it keeps. */
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { isDeno } from "../program.ts";
import { polyloop } from "./one_process.ts";
import { folder, RunningPolyloop, SHELL_COMMAND } from "./polyloop.ts";

const TASKS = `
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
/** Says that it runs; numbers above 100 wait for a file named go. */
export async function gated(n: number) {
  console.error("RUN", n, ".");
  while (n > 100 && !existsSync("go")) await sleep(20);
  return n * 10;
}
/** The same for anything: all wait. */
export async function held(text: string) {
  console.error("RUN");
  while (!existsSync("go")) await sleep(20);
  return text.length;
}
export const plain = (n: number) => n * 10;
export function fails(n: number, { attempt }: { attempt: number }) {
  if (n === 3 || (n === 4 && attempt < 3)) throw new RangeError("no " + n);
  return n * 10;
}
`;
const files = (more: Record<string, string> = {}) => folder({ "tasks.ts": TASKS, ...more });
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => `${from + n}\n`).join("");
const tens = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => `${(from + n) * 10}\n`).join("");
const read = (home: { path: string }, name: string) => readFileSync(join(home.path, name), "utf8");
// Node holds no threads to permissions.
const READ = isDeno ? ["--allow-read"] : [];
const RUN = [..."run tasks.ts#gated -i in -o out --journal j".split(" "), ...READ];

/** A run of which the first ten inputs have ended and are kept, and another runs until there is a file named go. */
async function held(home: { path: string }): Promise<RunningPolyloop> {
  writeFileSync(join(home.path, "in"), `${numbers(1, 10)}101\n`);
  const run = new RunningPolyloop([...RUN, "--progress", "none"], { cwd: home.path });
  await run.says("RUN 101 .");
  for (;;) {
    const { stdout } = await polyloop(["status", "j", "--json"], { cwd: home.path });
    if (stdout && JSON.parse(stdout).done === 10) return run;
  }
}

async function killed(home: { path: string }): Promise<void> {
  const run = await held(home);
  run.signal("SIGKILL");
  await run.ended;
}

describe("a journal", () => {
  test("has one lock and one log, under whatever name it is opened", async () => {
    using home = files();
    const options = { cwd: home.path };
    const run = await held(home);
    linkSync(join(home.path, "j"), join(home.path, "hard"));
    symlinkSync("j", join(home.path, "soft"));
    mkdirSync(join(home.path, "sub"));
    linkSync(join(home.path, "j"), join(home.path, "sub", "far"));
    for (const name of ["hard", "soft", "sub/far", "sub/../j", join(home.path, "j")]) {
      expect(await polyloop(["resume", name], options)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`${name} is in use by another polyloop process`),
      });
      const { stdout } = await polyloop(["status", name, "--json"], options);
      expect(JSON.parse(stdout)).toMatchObject({
        state: "running",
        done: 10,
        process: { pid: run.child.pid },
      });
    }
    // Nobody knows of the first name any more, and its lock is gone: the file itself is locked.
    renameSync(join(home.path, "j"), join(home.path, "moved"));
    rmSync(join(home.path, "j-lock"));
    expect((await polyloop(["resume", "hard"], options)).stderr).toMatch(
      /hard was moved without .*|hard is in use/,
    );
    renameSync(join(home.path, "moved"), join(home.path, "j"));
    run.signal("SIGKILL");
    await run.ended;
    writeFileSync(join(home.path, "go"), "");
    // What was only in the log beside the first name is there.
    const { code, stderr } = await polyloop(["resume", "sub/far", "--progress", "plain"], options);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("10 done before");
    expect(read(home, "out")).toBe(`${tens(1, 10)}1010\n`);
  });

  test("is one under a mount, too", async () => {
    using home = files({ "mounted": "" });
    const run = await held(home);
    const mounted = join(home.path, "mounted");
    try {
      execFileSync("mount", ["--bind", join(home.path, "j"), mounted], { stdio: "ignore" });
    } catch {
      run.signal("SIGKILL");
      return void console.log("skipped: nothing can be mounted here");
    }
    try {
      const { code, stderr } = await polyloop(["resume", "mounted"], { cwd: home.path });
      expect(`${code} ${stderr}`).toContain("2 polyloop: mounted is in use");
    } finally {
      run.signal("SIGKILL");
      await run.ended;
      execFileSync("umount", [mounted]);
    }
  });

  test("that was moved without its log says where its newest outcomes are", async () => {
    using home = files();
    await killed(home);
    renameSync(join(home.path, "j"), join(home.path, "k"));
    const { code, stderr } = await polyloop(["resume", "k"], { cwd: home.path });
    expect(`${code} ${stderr}`).toMatch(
      /^2 polyloop: k was moved without .*j-wal, which holds its newest outcomes. Move/,
    );
    renameSync(join(home.path, "j-wal"), join(home.path, "k-wal"));
    writeFileSync(join(home.path, "go"), "");
    expect((await polyloop(["resume", "k", "--progress", "plain"], { cwd: home.path })).stderr).toContain(
      "10 done before",
    );
  });

  test("that was copied without its log says so; its inputs run again", async () => {
    using home = files();
    const run = await held(home);
    copyFileSync(join(home.path, "j"), join(home.path, "copy"));
    run.signal("SIGKILL");
    await run.ended;
    writeFileSync(join(home.path, "go"), "");
    const { code, stderr } = await polyloop(["resume", "copy"], { cwd: home.path });
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(
      /copy is a copy of .*j without j-wal, which holds the newest outcomes. Inputs of these outcomes run again/,
    );
    expect(read(home, "out")).toBe(`${tens(1, 10)}1010\n`);
  });

  test("that is deleted, or replaced, while a run writes to it ends the run with 4", async () => {
    for (const replace of [false, true]) {
      using home = files();
      const run = await held(home);
      rmSync(join(home.path, "j"));
      if (replace) writeFileSync(join(home.path, "j"), "something else");
      writeFileSync(join(home.path, "go"), "");
      const { code, stderr } = await run.ended;
      expect(code, stderr).toBe(4);
      expect(stderr).toContain(
        "polyloop: Cannot write to the journal j: it was deleted or replaced while the run wrote to it",
      );
      expect(stderr).not.toContain("to go on");
    }
  });
});

describe("outcomes whose input is not there", () => {
  test("are kept, and said, until --forget removes them", async () => {
    using home = files({ "in": numbers(1, 50) });
    const options = { cwd: home.path };
    await polyloop("run tasks.ts#plain -i in -o out --journal j".split(" "), options);
    const few = await polyloop(["resume", "j", "-i", "-"], { ...options, stdin: numbers(1, 3) });
    expect(few).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(
        "polyloop: kept 47 outcomes whose inputs are missing in j (polyloop resume j --forget < FILE removes them)\n",
      ),
    });
    expect(read(home, "out")).toBe(tens(1, 3));
    const status = async () => JSON.parse((await polyloop(["status", "j", "--json"], options)).stdout);
    expect(await status()).toMatchObject({ state: "finished", done: 3, total: 3, kept: 47 });
    const all = await polyloop(["resume", "j", "-i", "in"], options);
    expect(all.stderr).toContain("50 done before");
    expect(await status()).toMatchObject({ state: "finished", done: 50, total: 50, kept: 0 });
    writeFileSync(join(home.path, "in"), numbers(2, 4));
    const forgotten = await polyloop(["resume", "j", "--forget"], options);
    expect(forgotten.stderr).toContain("polyloop: removed 47 outcomes whose inputs are missing from j\n");
    writeFileSync(join(home.path, "in"), numbers(1, 4));
    expect((await polyloop(["resume", "j"], options)).stderr).toContain("1 input in");
  });

  test("are kept where the input is another one, failures too", async () => {
    using home = files({ "in": numbers(1, 6) });
    const options = { cwd: home.path };
    await polyloop("run tasks.ts#fails -i in -o out --journal j".split(" "), options);
    const other = await polyloop(["resume", "j", "-i", "-"], { ...options, stdin: numbers(11, 12) });
    expect(other).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("kept 6 outcomes whose inputs are missing"),
    });
    expect(await polyloop(["resume", "j", "-i", "in"], options)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("6 done before (2 failed)"),
    });
  });
});

describe("polyloop status", () => {
  const status = async (home: { path: string }) =>
    JSON.parse((await polyloop(["status", "j", "--json"], { cwd: home.path })).stdout);

  test("tells total, share, process and sessions of a run that runs, was stopped, and is done", async () => {
    using home = files();
    const run = await held(home);
    const running = await status(home);
    expect(running).toMatchObject({
      state: "running",
      done: 10,
      total: 11,
      totalIsExact: true,
      inFlight: 1,
      sessions: 1,
      process: { pid: run.child.pid },
    });
    expect(running.share).toBeCloseTo(10 / 11);
    expect(running.leftMs).toBeGreaterThan(0);
    const text = async () => (await polyloop(["status", "j"], { cwd: home.path })).stdout;
    expect(await text()).toMatch(
      /^running: 10 of 11 inputs done \(90 %\), 10 ok, 0 failed; about .* left\nprocess /,
    );
    run.signal("SIGKILL");
    await run.ended;
    expect(await status(home)).toMatchObject({
      state: "stopped",
      done: 10,
      total: 11,
      leftMs: null,
      inFlight: 0,
    });
    expect(await text()).toMatch(
      /^stopped: 10 of 11 inputs done \(90 %\), 10 ok, 0 failed\nlast process: \d+ on /,
    );
    writeFileSync(join(home.path, "go"), "");
    await polyloop(["resume", "j"], { cwd: home.path });
    expect(await status(home)).toMatchObject({
      state: "finished",
      done: 11,
      total: 11,
      share: 1,
      sessions: 2,
    });
    expect(await text()).toContain("finished: 11 inputs done, 11 ok, 0 failed\n");
  });

  test("says of a suspended process that it is silent, and promises no time", async () => {
    using home = files();
    const run = await held(home);
    process.kill(run.child.pid!, "SIGSTOP");
    let text = "";
    // It wrote last at most a second before.
    while (!text.includes("silent")) text = (await polyloop(["status", "j"], { cwd: home.path })).stdout;
    expect(text).toMatch(/^running: 10 of 11 inputs done \(90 %\), 10 ok, 0 failed\nprocess /);
    expect(text).toMatch(/^silent for .*: the process may be suspended or blocked$/m);
    run.signal("SIGKILL");
    await run.ended;
  });

  test("counts retries, of inputs that failed and that did not", async () => {
    using home = files({ "in": numbers(1, 6) });
    const run = "run tasks.ts#fails -i in -o out --retries 2 --backoff 1ms --journal j".split(" ");
    await polyloop(run, { cwd: home.path });
    expect(await status(home)).toMatchObject({ retries: 4, failed: 1, ok: 5 });
    const { stdout } = await polyloop(["status", "j"], { cwd: home.path });
    expect(stdout).toContain("6 inputs done, 5 ok, 1 failed, 4 retries");
  });
});

describe("inputs that can be read only once", () => {
  const shell = (home: { path: string }, line: string) => {
    const script = `polyloop() { ${SHELL_COMMAND} "$@"; }; ${line}`;
    try {
      const stderr = execFileSync("bash", ["-c", `{ ${script}; } 2>&1`], {
        cwd: home.path,
        encoding: "utf8",
      });
      return `0 ${stderr}`;
    } catch (error) {
      const { status, stdout } = error as { status: number; stdout: string };
      return `${status} ${stdout}`;
    }
  };

  test("from <(…) are said as the run begins, and asked for by resume", async () => {
    using home = files();
    const run = shell(home, "polyloop run tasks.ts#plain -i <(seq 3) -o out --journal j");
    expect(run).toMatch(
      /^0 polyloop: \/dev\/fd\/\d+ can be read only once. To resume .*: polyloop resume j -i FILE\n/,
    );
    const refused = shell(home, "polyloop resume j");
    expect(refused).toMatch(
      /^2 polyloop: This run read its inputs from \/dev\/fd\/\d+, .*polyloop resume j -i FILE, or /,
    );
    expect(shell(home, "polyloop resume j -i <(seq 4)")).toContain("3 done before");
    expect(read(home, "out")).toBe(tens(1, 4));
    expect(shell(home, "seq 5 | polyloop resume j -i -")).toContain("4 done before");
    expect((await polyloop(["run", "tasks.ts#plain", "--journal", "j"], { cwd: home.path })).stderr)
      .toContain(
        "already contains a run",
      );
  });
});

describe("exit code 4", () => {
  test("where the input becomes shorter while it is read", async () => {
    using home = files({ "in": `"${"x".repeat(98)}"\n`.repeat(40_000) });
    const args = [..."run tasks.ts#held -i in -o out --progress none -j 1 -c 1000".split(" "), ...READ];
    const run = new RunningPolyloop(args, { cwd: home.path });
    await run.says("RUN");
    // It is read no further ahead than 16,384 inputs.
    truncateSync(join(home.path, "in"), 3_000_000);
    writeFileSync(join(home.path, "go"), "");
    const { code, stderr } = await run.ended;
    expect(`${code} ${stderr}`).toContain("polyloop: Cannot read in: it became shorter while it was read");
    expect(code).toBe(4);
  });

  test("where an output was deleted while it was written", async () => {
    using home = files();
    const run = await held(home);
    rmSync(join(home.path, "out"));
    writeFileSync(join(home.path, "go"), "");
    const { code, stderr } = await run.ended;
    expect(code).toBe(4);
    expect(stderr).toContain(
      "polyloop: out was deleted while the run wrote to it, so its content is lost",
    );
    // All of it is in the journal.
    expect((await polyloop(["resume", "j"], { cwd: home.path })).code).toBe(0);
    expect(read(home, "out")).toBe(`${tens(1, 10)}1010\n`);
    expect(existsSync(join(home.path, "j-wal"))).toBe(false);
  });
});
