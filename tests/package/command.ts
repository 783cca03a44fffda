/** The command line as users get it: the table of cases that hold for each artefact. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Ended, folder, polyloop, RunningPolyloop, type StartOptions } from "../cli/polyloop.ts";
import { RedisServer } from "../distributed/redis.ts";
import type { Artefact } from "./artefacts.ts";
import { FILES } from "./fixture.ts";

const ISOLATIONS = ["thread", "process"];

/** Defines the cases for one of them. */
export function commandCases({ command, env, runtime, restrictsThreads }: Artefact): void {
  const run = (args: string[], options: StartOptions): Promise<Ended> =>
    polyloop(["run", ...args], { command, env, ...options });

  // Where threads cannot have permissions of their own, they have all or are refused.
  const isolated = (isolation: string) => [
    "--isolation",
    isolation,
    ...(isolation === "thread" && !restrictsThreads ? ["-A"] : []),
  ];

  test("says its version", async () => {
    using dir = folder();
    const { version } = JSON.parse(readFileSync(new URL("../../deno.json", import.meta.url), "utf8"));
    expect(await polyloop(["--version"], { command, env, cwd: dir.path })).toEqual({
      code: 0,
      stdout: `polyloop ${version}\n`,
      stderr: "",
    });
  });

  test.each(ISOLATIONS)("runs a module of TypeScript and its imports (%s)", async (isolation) => {
    using dir = folder(FILES);
    const args = ["tasks.ts#double", ...isolated(isolation)];
    const { code, stdout } = await run(args, { cwd: dir.path, stdin: "1\n2\n3\n" });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "2\n4\n6\n" });
  });

  test.each(ISOLATIONS)("runs a function on the command line, with types (%s)", async (isolation) => {
    using dir = folder();
    const args = [...isolated(isolation), "-e", "async (n: number): Promise<number> => n + 1"];
    const { code, stdout } = await run(args, { cwd: dir.path, stdin: "1\n2\n" });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "2\n3\n" });
  });

  test.each(ISOLATIONS)(
    "names the user's file and line in errors, and none of ours (%s)",
    async (isolation) => {
      using dir = folder(FILES);
      const args = ["tasks.ts#double", ...isolated(isolation), "--errors", "failed"];
      // Its engine means the class, the other the whole of `new RangeError`.
      const place = runtime === "Bun" ? "6:27" : "6:23";
      const { code, stdout, stderr } = await run(args, { cwd: dir.path, stdin: "1\n13\n3\n" });
      expect({ code, stdout }).toEqual({ code: 1, stdout: "2\n6\n" });
      expect(stderr).toContain(`line 2: RangeError: 13 brings bad luck  (tasks.ts:${place})\n`);
      const { error } = JSON.parse(readFileSync(join(dir.path, "failed"), "utf8"));
      expect(error.stack.split("\n")).toEqual([
        "RangeError: 13 brings bad luck",
        expect.stringMatching(new RegExp(`^ {4,6}at .*double.* \\(file:.*/tasks\\.ts:${place}\\)$`)),
      ]);
    },
  );

  test.each(ISOLATIONS)("aborts what runs when it is interrupted twice (%s)", async (isolation) => {
    using dir = folder(FILES);
    const args = ["run", "tasks.ts#wait", ...isolated(isolation), "-j", "1"];
    const child = new RunningPolyloop(args, { command, env, cwd: dir.path });
    onTestFinished(() => child.signal("SIGKILL"));
    child.stdin.end("1\n");
    await child.says("waiting");
    child.signal("SIGINT");
    await child.says("polyloop: stopping");
    await child.signalAgain("SIGINT");
    const { code, stderr } = await child.ended;
    expect(stderr).toContain("\naborted\n");
    expect(code).toBe(130);
  });

  test.each(ISOLATIONS)("a task that ends its worker fails, and no other (%s)", async (isolation) => {
    using dir = folder(FILES);
    const args = ["tasks.ts#leave", ...isolated(isolation), "--backoff", "1ms"];
    const { code, stdout, stderr } = await run(args, { cwd: dir.path, stdin: "1\n2\n3\n4\n" });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "1\n3\n4\n" });
    expect(stderr).toMatch(/^line 2: WorkerLostError: .*it called process\.exit\(\)/m);
  });

  test.each(ISOLATIONS)("stdout has results alone, stderr all else (%s)", async (isolation) => {
    using dir = folder(FILES);
    const args = ["tasks.ts#talk", ...isolated(isolation), "--progress", "plain"];
    const { code, stdout, stderr } = await run(args, { cwd: dir.path, stdin: "1\n2\n" });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "1\n2\n" });
    expect(stderr).toContain("talking about 1\n");
    expect(stderr).toMatch(/✓ 2 inputs in .*: all ok/);
  });

  test("goes on with a run that is in a journal", async () => {
    using dir = folder({ ...FILES, in: "13\n2\n3\n" });
    const options = { command, env, cwd: dir.path };
    const files = ["-i", "in", "-o", "out", "--journal", "j"];
    const stopped = await run(["tasks.ts#double", ...files, "-j", "1", "-c", "1", "--halt", "1"], options);
    expect(stopped.code).toBe(3);
    const resumed = await polyloop(["resume", "j"], options);
    expect(resumed).toMatchObject({ code: 1, stdout: "" });
    expect(readFileSync(join(dir.path, "out"), "utf8")).toBe("4\n6\n");
    const { stdout } = await polyloop(["status", "j", "--json"], options);
    expect(JSON.parse(stdout)).toMatchObject({ ok: 2, failed: 1 });
  });

  test(
    "writes of 20,000 inputs on three workers over a broker what it writes here",
    async () => {
      await using redis = await RedisServer.start();
      using dir = folder({ ...FILES, in: Array.from({ length: 20_000 }, (_, n) => `${n}\n`).join("") });
      const options = { command, env: { ...env, POLYLOOP_REDIS: redis.url }, cwd: dir.path };
      const workers = [1, 2, 3].map(() => {
        const worker = new RunningPolyloop(["worker", "tasks.ts", "-A", "-j", "1"], options);
        onTestFinished(() => worker.signal("SIGKILL"));
        return worker;
      });
      await Promise.all(workers.map((worker) => worker.says("serves tasks.ts")));
      const args = ["tasks.ts#double", "-i", "in"];
      const [far, here] = [await run(args, options), await run(args, { ...options, env })];
      for (const { code, stderr } of [far, here]) {
        expect(code).toBe(1);
        expect(stderr).toContain("line 14: RangeError: 13 brings bad luck  (tasks.ts:");
      }
      expect(here.stdout.split("\n")).toHaveLength(20_000);
      expect(far.stdout).toBe(here.stdout);
      for (const worker of workers) worker.signal("SIGTERM");
      expect((await Promise.all(workers.map(({ ended }) => ended))).map(({ code }) => code)).toEqual([
        143,
        143,
        143,
      ]);
    },
  );

  // What Node cannot deny has to be granted there.
  const needed = runtime === "Deno" ? [] : ["--allow-env", "--allow-sys", "--allow-net"];
  const grant = ["--from", "lines", "--allow-read=granted.txt", ...needed];
  const stdin = "granted.txt\nsecret.txt\n";
  const enforced = (code: number | null, stdout: string, stderr: string) => {
    expect({ code, stdout }).toEqual({ code: 1, stdout: "3\n" });
    expect(stderr).toMatch(
      /^line 2: \w+: Requires read access to "\S*secret\.txt", run again with the --allow-read flag/m,
    );
  };

  test("a process may do what was granted, and nothing beside it; or it is refused", async () => {
    using dir = folder(FILES);
    const args = ["tasks.ts#read", "--isolation", "process", ...grant];
    const { code, stdout, stderr } = await run(args, { cwd: dir.path, stdin });
    if (runtime !== "Bun") return enforced(code, stdout, stderr);
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: "",
      stderr:
        "polyloop: Bun cannot enforce --allow-…: run on Deno or Node, or use -A to let the task do everything\n",
    });
  });

  test("a thread may do what was granted, and nothing beside it; or it is refused", async () => {
    using dir = folder(FILES);
    const args = ["tasks.ts#read", "--isolation", "thread", ...grant];
    const { code, stdout, stderr } = await run(args, { cwd: dir.path, stdin });
    if (restrictsThreads) return enforced(code, stdout, stderr);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^polyloop: .* or .*-A to let the task do everything\n$/);
  });

  test("grants nothing by default; or, where nothing could be denied to a thread, everything", async () => {
    using dir = folder(FILES);
    const args = ["tasks.ts#read", "--from", "lines"];
    const { code, stdout, stderr } = await run(args, { cwd: dir.path, stdin });
    if (runtime !== "Deno") return expect({ code, stdout }).toEqual({ code: 0, stdout: "3\n2\n" });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^line 1: NotCapable: Requires read access to "\S*granted\.txt"/m);
  });
}
