/** What is to be asked of one artefact alone. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { expect, test } from "vitest";
import { check } from "../../scripts/npm/check.ts";
import { type Command, folder, FROM_SOURCE, polyloop, ROOT } from "../cli/polyloop.ts";
import { type Artefact, EMPTY_CACHE, HOME, HOST, installed, requests, tarball } from "./artefacts.ts";
import { commandsUnder } from "../examples/readme.ts";
import { start } from "../program.ts";
import { FILES } from "./fixture.ts";

/** Defines the cases of one artefact alone. */
export function ownCases({ name, command }: Artefact): void {
  switch (name) {
    case "the URL":
      return urlCases();
    case "the binary":
      return binaryCases(command[0]);
    case "the npm package":
      return npmCases();
    case "the npm package on Bun":
    case "the source":
      return;
    default:
      return name satisfies never;
  }
}

function urlCases(): void {
  firstStart();
  lightStart();

  test.each(["thread", "process"])("takes the user's import map by --config (%s)", async (isolation) => {
    using dir = folder({
      "map.json": '{ "imports": { "two": "./lib.ts" } }',
      "lib.ts": FILES["lib.ts"],
      "tasks.ts": 'import { two } from "two";\nexport default (n: number): number => n * two;\n',
    });
    const run = [
      process.execPath,
      "run",
      "-A",
      "--quiet",
      "--config",
      "map.json",
      `${HOST}/bundle/cli.js`,
    ] as const;
    const { code, stdout, stderr } = await polyloop(["run", "tasks.ts", "-A", "--isolation", isolation], {
      command: [...run],
      env: EMPTY_CACHE,
      cwd: dir.path,
      stdin: "1\n",
    });
    expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: "2\n" });
  });
}

function firstStart(): void {
  test("a first start fetches few files, without a warning and without the broker's", async () => {
    using dir = folder();
    const before = requests.length;
    // Not quiet: what Deno itself has to say would be seen.
    const { code, stdout, stderr } = await polyloop(["run", "-e", "n => n * 2", "-A"], {
      command: [process.execPath, "run", "-A", `${HOST}/bundle/cli.js`],
      env: { DENO_DIR: join(dir.path, "cache") },
      cwd: dir.path,
      stdin: "1\n",
    });
    expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: "2\n" });
    expect(stderr).not.toMatch(/warning/i);
    const fetched = requests.slice(before);
    expect(fetched.length).toBeLessThanOrEqual(40);
    expect(fetched.filter((path) => !path.startsWith("/bundle/"))).toEqual([]);
  });
}

function lightStart(): void {
  test("a run from file to file loads none of Node's modules", async () => {
    using dir = folder({ "in.jsonl": "1\n" });
    const args = ["run", "-e", "n => n * 2", "-A", "-i", "in.jsonl", "-o", "out", "--progress", "none"];
    const command = [process.execPath, "run", "-A", "--log-level=debug", `${HOST}/bundle/cli.js`] as const;
    const { code, stderr } = await polyloop(args, { command: [...command], cwd: dir.path });
    expect(code, stderr).toBe(0);
    expect(readFileSync(join(dir.path, "out"), "utf8")).toBe("2\n");
    const loaded = Array.from(stderr.matchAll(/ES module: ([^\s,]+)/g), ([, name]) => name);
    expect(loaded).toContain(`${HOST}/bundle/cli.js`);
    expect(loaded.filter((name) => /^(node:|ext:deno_node\/)/.test(name))).toEqual([]);
  });
}

/** Runs the README's second line for an artefact where `dist/` is `dist`: its first line has made what is there. */
async function runFromReadme(at: number, dist: string, env?: Record<string, string>): Promise<void> {
  using dir = folder();
  for (const name of ["tests", "README.md", "CHANGELOG.md", "SECURITY.md"]) {
    symlinkSync(join(ROOT, name), join(dir.path, name));
  }
  symlinkSync(dist, join(dir.path, "dist"));
  const [, command] = commandsUnder("A first command")[at];
  const place = { cwd: dir.path, env };
  const { code, out, err } = await start("sh", ["-c", command], "", place);
  expect(code, err).toBe(0);
  expect(out).toBe((await start("sh", ["-c", "sha256sum -- *.md"], "", place)).out);
}

function binaryCases(file: string): void {
  otelCase(file);

  test("runs by the command of the README", () => runFromReadme(2, dirname(file)));

  test("has none of our tools inside, and its own SHA-256 beside it", () => {
    const bytes = readFileSync(file);
    expect(bytes.includes("@vitest/runner")).toBe(false);
    const sum = createHash("sha256").update(bytes).digest("hex");
    expect(readFileSync(`${file}.sha256`, "utf8")).toBe(`${sum}  polyloop\n`);
  });

  test("lets V8's heap for young objects grow less than Deno does", async () => {
    const code = '() => process.getBuiltinModule("node:v8").getHeapStatistics().heap_size_limit';
    // The limit counts the heap for young objects, too.
    const limitOf = async (command: Command) =>
      Number((await polyloop(["run", "-e", code, "-A"], { command, stdin: "1\n" })).stdout);
    expect(await limitOf([file])).toBeLessThan(await limitOf(FROM_SOURCE));
  });

  test("says what is wrong with a module in words, and which packages it has", async () => {
    using dir = folder({
      "broken.ts": "export default (n: number) => {\n  return n;\n",
      "packed.ts": 'import "npm:left-pad@1.3.0";\nexport default (n: number) => n;\n',
    });
    const options = { command: [file] as [string], cwd: dir.path, stdin: "1\n" };
    expect((await polyloop(["run", "broken.ts"], options)).stderr).toMatch(
      /^polyloop: Cannot load broken\.ts: it could not be parsed: Expected.*\(broken\.ts:\d+:\d+\)\n$/,
    );
    expect((await polyloop(["run", "packed.ts"], options)).stderr).toBe(
      "polyloop: Cannot load packed.ts: the binary finds packages only in node_modules, and no node_modules " +
        "above the module has left-pad@1.3.0: run npm install left-pad@1.3.0, or run polyloop on Deno\n",
    );
  });
}

function otelCase(file: string): void {
  test("says that OTEL_DENO has no effect on it", async () => {
    using dir = folder();
    const options = { command: [file] as [string], cwd: dir.path, stdin: "1\n", env: { OTEL_DENO: "true" } };
    expect(await polyloop(["run", "-e", "x => x", "--progress", "none"], options)).toEqual({
      code: 0,
      stdout: "1\n",
      stderr:
        "polyloop: OTEL_DENO=true has no effect on the binary, so no spans are exported. Run polyloop on " +
        "Deno to export spans\n",
    });
  });
}

function npmCases(): void {
  test("runs by the command of the README", () => runFromReadme(1, HOME, installed!.env));

  test("has a library that runs on Node, is typed, and needs no package", async () => {
    await expect(check(installed!)).resolves.toBeUndefined();
  });

  test("is one package, which says in a line what a broker needs", async () => {
    using dir = folder({
      "package.json": '{ "private": true, "type": "module" }',
      "main.ts": `import "@polyloop/polyloop/distributed";`,
    });
    const place = { cwd: dir.path, env: installed!.env };
    const added = await start(
      "npm",
      ["install", "--no-audit", "--no-fund", "--offline", tarball!],
      "",
      place,
    );
    expect(added.code, added.err).toBe(0);
    expect(readdirSync(join(dir.path, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([
      "@polyloop",
    ]);
    const reason = "A broker needs the packages bullmq and ioredis: run npm install bullmq@";
    const bin = join(dir.path, "node_modules", ".bin", "polyloop");
    for (
      const args of [["run", "-e", "x => x", "--redis", "redis://127.0.0.1:1"], [
        "top",
        "--redis",
        "redis://127.0.0.1:1",
      ]]
    ) {
      const { code, stdout, stderr } = await polyloop(args, { command: [bin], ...place, stdin: "1\n" });
      expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: "" });
      expect(stderr.startsWith(`polyloop: ${reason}`) && stderr.indexOf("\n") === stderr.length - 1, stderr)
        .toBe(true);
    }
    const { code, err } = await start("node", ["main.ts"], "", place);
    expect(code).toBe(1);
    expect(err).toContain(`Error: ${reason}`);
  });

  test("names only files that are there", () => {
    const root = join(installed!.folder, "node_modules/@polyloop/polyloop");
    const { exports, bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const { "./package.json": manifest, ...others } = exports;
    const files = Object.values<Record<string, string>>(others).flatMap((entry) => Object.values(entry));
    for (const file of [manifest, ...files, bin.polyloop, "README.md", "LICENSE"]) {
      expect(readFileSync(join(root, file), "utf8")).not.toBe("");
    }
  });

  test("holds no source file, no cli.ts and no entry of compiled programs", () => {
    const root = join(installed!.folder, "node_modules/@polyloop/polyloop");
    const files = readdirSync(root, { recursive: true, encoding: "utf8" });
    expect(files).toContain(join("lib", "worker", "entries", "web.js"));
    expect(files).toContain(join("command", "lib", "worker", "entries", "node.js"));
    expect(files).toContain(join("command", "THIRD_PARTY_LICENSES.txt"));
    expect(files.filter((file) => /(?<!\.d)\.ts$|^cli\.|^lib\/cli|entries\/compiled/.test(file))).toEqual([]);
  });
}
