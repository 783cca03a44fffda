/** A config that was merely found beside the module: what it may decide, what is said of it, and what beats it. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isDeno, startSync } from "../program.ts";
import { polyloop } from "./one_process.ts";
import { folder, SHELL_COMMAND } from "./polyloop.ts";

const TASKS = `
import { readFileSync } from "node:fs";
export const same = (x) => x;
export const read = (path) => readFileSync(path, "utf8").trim();
export const where = () => "Deno" in globalThis ? typeof Deno.mainModule : "node";
`;

/** A folder of a stranger's, `s`, beside something of the user's. */
function strangers(config: unknown, files: Record<string, string> = {}) {
  const dir = folder({ secret: "secret\n", ...files });
  mkdirSync(join(dir.path, "s"));
  writeFileSync(join(dir.path, "s/t.mjs"), TASKS);
  writeFileSync(join(dir.path, "s/in.jsonl"), "1\n2\n3\n");
  writeFileSync(join(dir.path, "s/polyloop.json"), JSON.stringify(config));
  return { ...dir, file: (name: string) => readFileSync(join(dir.path, name), "utf8") };
}

const TAKES_ALL = "To apply everything: --config s/polyloop.json";

describe.runIf(isDeno)("permissions of a config that was found", () => {
  const asked = JSON.stringify("secret") + "\n";

  test.each<[config: object, keys: string]>([
    [{ allowAll: true }, "allowAll"],
    [{ allowRead: true }, "allowRead"],
    [
      { allowRead: ["../secret"], allowEnv: true, allowNet: ["example.com"] },
      "allowRead, allowEnv, allowNet",
    ],
    [{ isolation: "none", allowAll: true }, "isolation, allowAll"],
  ])("%j: do not count, and one line says so and how they would", async (config, keys) => {
    using dir = strangers(config);
    const options = { cwd: dir.path, stdin: asked };
    const { code, stdout, stderr } = await polyloop(["run", "s/t.mjs#read"], options);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/line 1: NotCapable: Requires read access to "secret", .*--allow-read flag/);
    const lines = stderr.split("\n").filter((line) => line.includes("polyloop.json"));
    expect(lines).toEqual([
      "polyloop: options from s/polyloop.json: none",
      `polyloop: not applied from s/polyloop.json, which no --config names: ${keys} (-P applies permissions). ${TAKES_ALL}`,
    ]);
  });

  test.each([[["-P"]], [["--config-permissions"]], [["--config", "s/polyloop.json"]]])(
    "count with %j",
    async (flags) => {
      using dir = strangers({ allowRead: ["../secret"] });
      const args = ["run", "s/t.mjs#read", ...flags];
      const { code, stdout, stderr } = await polyloop(args, { cwd: dir.path, stdin: asked });
      expect({ code, stdout }).toEqual({ code: 0, stdout: '"secret"\n' });
      expect(stderr).toContain("polyloop: options from s/polyloop.json: allowRead\n");
      expect(stderr).not.toContain("not applied");
    },
  );

  test.each([
    [["--config", "s/polyloop.json", "--allow-read=s"]],
    [["--config", "s/polyloop.json", "--allow-env"]],
    [["-P", "--allow-read=s"]],
    [["--allow-read=s"]],
  ])("%j replaces all of them, so that a list narrows what the config grants", async (flags) => {
    using dir = strangers({ allowAll: true, allowRead: true });
    const args = ["run", "s/t.mjs#read", ...flags];
    const { code, stderr } = await polyloop(args, { cwd: dir.path, stdin: asked });
    expect(code).toBe(1);
    expect(stderr).toContain('Requires read access to "secret"');
  });

  test("the flags of a resume replace those that the run had", async () => {
    using dir = strangers({}, { "in.jsonl": asked });
    const args = ["run", "s/t.mjs#read", "-i", "in.jsonl", "-A", "--journal", "j"];
    expect(await polyloop(args, { cwd: dir.path })).toMatchObject({ code: 0, stdout: '"secret"\n' });
    writeFileSync(join(dir.path, "in.jsonl"), `${JSON.stringify(join(dir.path, "secret"))}\n`);
    const narrowed = await polyloop(["resume", "j", "--allow-read=s"], { cwd: dir.path });
    expect(narrowed).toMatchObject({ code: 1, stdout: "" });
    expect(narrowed.stderr).toContain("Requires read access to");
  });

  test("bench does not take them either", async () => {
    using dir = strangers({ allowAll: true, input: "in.jsonl", output: "../secret" }, {});
    writeFileSync(join(dir.path, "s/in.jsonl"), asked);
    const args = ["bench", "s/t.mjs#read", "--for", "20ms"];
    const { code, stdout, stderr } = await polyloop(args, { cwd: dir.path, stdin: null });
    expect(code).toBe(1);
    expect(stdout).toContain("NotCapable");
    expect(stderr).toContain("not applied from s/polyloop.json, which no --config names: allowAll (-P ");
    expect(dir.file("secret")).toBe("secret\n");
  });
});

describe("a config that was found, and what it names", () => {
  test.each<[key: string, path: string]>([
    ["output", "../secret"],
    ["output", "link"],
    ["output", "dangling"],
    ["errors", "../secret"],
    ["report", "../secret"],
    ["trace", "../secret"],
    ["stats", "linked/secret"],
    ["journal", "../new"],
    ["journal", "evil"],
    ["input", "../secret"],
    ["input", "link"],
  ])("%s: %j is outside its folder, and neither written nor read", async (key, path) => {
    using dir = strangers({ [key]: path, workers: 1 });
    symlinkSync(join(dir.path, "secret"), join(dir.path, "s/link"));
    symlinkSync(join(dir.path, "made"), join(dir.path, "s/dangling"));
    symlinkSync(dir.path, join(dir.path, "s/linked"));
    symlinkSync(join(dir.path, "secret"), join(dir.path, "s/evil-lock"));
    const { code, stdout, stderr } = await polyloop(["run", "s/t.mjs#same"], { cwd: dir.path, stdin: "7\n" });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "7\n" });
    expect(stderr).toContain("polyloop: options from s/polyloop.json: workers\n");
    expect(stderr).toContain(
      `which no --config names: ${key} (the path is outside the config's folder). ${TAKES_ALL}\n`,
    );
    expect(dir.file("secret")).toBe("secret\n");
    expect(existsSync(join(dir.path, "made"))).toBe(false);
    expect(existsSync(join(dir.path, "new"))).toBe(false);
  });

  test.each([["pipe", "mkfifo"], ["folder", "mkdir"]])("a %s of its name is none", async (_, make) => {
    using dir = folder({ "t.mjs": "export default (x) => x;\n" });
    startSync(make, [join(dir.path, "polyloop.json")]);
    expect(await polyloop(["run", "t.mjs", "--progress", "none"], { cwd: dir.path, stdin: "7\n" }))
      .toEqual({ code: 0, stdout: "7\n", stderr: "" });
  });

  test("outputs in its folder, or below, are written", async () => {
    using dir = strangers({ output: "out/o.jsonl", errors: "./out/../e.jsonl" });
    mkdirSync(join(dir.path, "s/out"));
    const { code } = await polyloop(["run", "s/t.mjs#same"], { cwd: dir.path, stdin: "7\n" });
    expect({ code, out: dir.file("s/out/o.jsonl") }).toEqual({ code: 0, out: "7\n" });
    expect(existsSync(join(dir.path, "s/e.jsonl"))).toBe(true);
  });

  test.each([
    "../other.mjs#same",
    "https://127.0.0.1:1/t.mjs",
    "npm:x",
    "data:text/javascript,1",
    "link.mjs",
  ])(
    "the module %s is not run",
    async (module) => {
      using dir = strangers({ module }, { "other.mjs": "throw new Error('loaded')" });
      symlinkSync(join(dir.path, "other.mjs"), join(dir.path, "s/link.mjs"));
      const { code, stderr } = await polyloop(["run"], { cwd: join(dir.path, "s"), stdin: "1\n" });
      expect(code).toBe(2);
      expect(stderr).toContain(
        "module (the path is outside the config's folder). To apply everything: --config polyloop.json",
      );
      expect(stderr).toContain("name a MODULE");
      expect(stderr).not.toContain("loaded");
    },
  );

  test("a broker is not taken: inputs would be sent there", async () => {
    using dir = strangers({ redis: "redis://127.0.0.1:1", queue: "q", runId: "r", redisCa: "ca" });
    const { code, stdout, stderr } = await polyloop(["run", "s/t.mjs#same"], { cwd: dir.path, stdin: "7\n" });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "7\n" });
    expect(stderr).toContain("redis, queue, runId, redisCa (inputs would be sent to another host).");
  });
});

describe("stdin and the input of a config that was found", () => {
  /** What a shell runs in the stranger's folder. */
  const inShell = (dir: { path: string }, script: string) => {
    writeFileSync(join(dir.path, "script"), script.replaceAll("polyloop ", `${SHELL_COMMAND} `));
    return startSync("sh", [join(dir.path, "script")], { cwd: join(dir.path, "s") });
  };
  const leftOut = "input (stdin is read instead; with < /dev/null, the config's input is read)";

  test.each([
    ["a pipe", "echo 7 | polyloop run t.mjs#same"],
    ["a file", "echo 7 > ../seven; polyloop run t.mjs#same < ../seven"],
    ["-i", "echo 7 > ../seven; polyloop run t.mjs#same -i ../seven < /dev/null"],
    ["-i -", "echo 7 | polyloop run t.mjs#same -i -"],
    ["--", "polyloop run t.mjs#same --from jsonl < /dev/null -- 7"],
    ["a pipe, where the config names the module too", "echo 7 | polyloop run"],
  ])("%s goes before it", (name, script) => {
    using dir = strangers({ input: "in.jsonl", module: "t.mjs#same" });
    const { status, stdout, stderr } = inShell(dir, script);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "7\n" });
    if (name.startsWith("a ")) expect(stderr).toContain(leftOut);
    else expect(stderr).not.toContain("not applied");
  });

  test.each([
    ["/dev/null", "polyloop run t.mjs#same < /dev/null"],
    ["a stdin that is closed", "polyloop run t.mjs#same <&-"],
  ])("%s does not: the config's is read, as under cron", (_, script) => {
    using dir = strangers({ input: "in.jsonl" });
    const { status, stdout, stderr } = inShell(dir, script);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "1\n2\n3\n" });
    expect(stderr).toContain("polyloop: options from polyloop.json: input\n");
    expect(stderr).not.toContain("not applied");
  });

  test("an empty pipe: neither all inputs run nor none without a word", () => {
    using dir = strangers({ input: "in.jsonl", output: "out" });
    writeFileSync(join(dir.path, "s/out"), "kept");
    const { status, stdout, stderr } = inShell(dir, "true | polyloop run t.mjs#same");
    expect({ status, stdout, out: dir.file("s/out") }).toEqual({ status: 2, stdout: "", out: "kept" });
    expect(stderr).toContain("polyloop: stdin is empty, and it replaced the input of polyloop.json");
  });

  test("a config that is named keeps its input, and says that stdin is not read", () => {
    using dir = strangers({ input: "in.jsonl" });
    const { status, stdout, stderr } = inShell(
      dir,
      "echo 7 | polyloop run t.mjs#same --config polyloop.json",
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: "1\n2\n3\n" });
    expect(stderr).toContain("options from polyloop.json: input (so stdin is not read)\n");
  });

  test("failures run again by a pipe run alone", () => {
    using dir = strangers({ module: "t.mjs#some", input: "in.jsonl", errors: "failed.jsonl" });
    writeFileSync(
      join(dir.path, "s/t.mjs"),
      `export const some = (n) => { console.log("RAN", n); if (n === 2) throw new Error("no"); return n; };`,
    );
    const first = inShell(dir, "polyloop run < /dev/null");
    expect([first.status, first.stderr.match(/RAN \d/g)?.sort()]).toEqual([1, ["RAN 1", "RAN 2", "RAN 3"]]);
    const script = `sed 's/.*"input":\\([0-9]*\\).*/\\1/' failed.jsonl > ../again; polyloop run < ../again`;
    const second = inShell(dir, script);
    expect([second.status, second.stderr.match(/RAN \d/g)]).toEqual([1, ["RAN 2"]]);
  });
});

describe("what is said", () => {
  test("one line has the config and the keys that count: none that a flag replaces", async () => {
    using dir = strangers({ input: "in.jsonl", concurrency: 3, workers: 1, envelope: false });
    const { stderr } = await polyloop(["run", "s/t.mjs#same", "-c", "2"], { cwd: dir.path, stdin: null });
    expect(stderr.split("\n").filter((line) => line.includes("s/polyloop.json"))).toEqual([
      "polyloop: options from s/polyloop.json: input, workers, envelope",
    ]);
  });

  test("-P where there is no config is refused", async () => {
    using dir = folder({ "t.mjs": TASKS });
    for (const args of [["t.mjs#same"], ["-e", "x => x"], ["t.mjs#same", "--no-config"]]) {
      const { code, stderr } = await polyloop(["run", ...args, "-P"], { cwd: dir.path });
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: "polyloop: -P: there is no polyloop.json beside the module whose permissions could apply\n",
      });
    }
  });

  test("--dry-run shows the options that count, and where each is from", async () => {
    using dir = strangers({
      input: "in.jsonl",
      concurrency: 3,
      timeout: "1m",
      allowAll: true,
      output: "../secret",
    });
    const shown = async (...args: string[]) => {
      const all = ["run", "s/t.mjs#same", "--dry-run", ...args];
      const { code, stdout, stderr } = await polyloop(all, { cwd: dir.path, stdin: null });
      expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
      const rows = stderr.split("\n").filter((line) => line.startsWith("  "));
      return Object.fromEntries(rows.map((row) => {
        const [name, value, origin] = row.trim().split(/ {2,}/);
        return [name, `${value} by ${origin}`];
      }));
    };
    const config = "s/polyloop.json";
    expect(await shown("-j", "2")).toMatchObject({
      module: "s/t.mjs#same by flag",
      workers: "2 by flag",
      concurrency: `3 by ${config}`,
      timeout: `1m by ${config}`,
      input: `s/in.jsonl by ${config}`,
      isolation: "thread by default",
      output: "stdout by default",
      to: "jsonl by default",
      permissions: `${isDeno ? "none" : "all"} by default`,
    });
    expect(await shown("-A", "-c", "9")).toMatchObject({
      permissions: "-A by flag",
      concurrency: "9 by flag",
    });
    if (!isDeno) return;
    expect(await shown("-P")).toMatchObject({ permissions: `-A by ${config}` });
    expect(await shown("--config", config, "--allow-read=/x", "--allow-net", "-o", "o")).toMatchObject({
      permissions: "--allow-read=/x --allow-net by flag",
      output: "o by flag",
    });
  });
});
