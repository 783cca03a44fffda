/**
 * The same commands on every artefact and runtime: a row is a command, what it prints on stdout, how it ends, and what of
 * stderr matters. Where a runtime cannot do it, its row says in which words it tells the user.
 */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, test } from "vitest";
import { folder, polyloop } from "../cli/polyloop.ts";
import { type Column, COLUMNS } from "./columns.ts";

/** How a command ends. */
interface End {
  /** 0 by default. */
  code?: number;
  /** Nothing by default. */
  stdout?: string | RegExp;
  /** Nothing by default: a run with `--progress none` says no word if all goes well. */
  stderr?: string | RegExp;
}

/** One command. */
interface Row extends End {
  args: string[];
  /** `1\n2\n` by default. */
  stdin?: string;
  /** Where it ends in another way. */
  on?: Partial<Record<Column["runtime"] | "the binary", End>>;
}

const FUNCTIONS = `export const double = (n) => n * 2;
export class Client {}
export function talk(n) { console.log("talking of", n); return n; }
export function odd(n) { if (n % 2 === 0) throw new RangeError("even"); return n; }
export const hang = (_, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
export function later(n, { attempt }) {
  if (attempt === 1) throw Object.assign(new Error("busy"), { retryAfter: "0" });
  return attempt;
}
export const sums = (batch) => batch.map((n) => n + batch.length);
export const row = ({ a }) => ({ a, b: a.length });
export const input = { "~standard": { version: 1, vendor: "us", validate: (value) => value === 1 ? { value: 10 } : { issues: [{ message: "is not one" }] } } };
`;

const FILES: Record<string, string | Uint8Array> = {
  "package.json": '{ "type": "module" }',
  "tasks.js": FUNCTIONS,
  "tasks.mjs": FUNCTIONS,
  "tasks.ts": "export default (n: number): number => n * 2;\n",
  "tasks.mts": "export default (n: number): number => n * 2;\n",
  "work.cjs": "exports.work = (n) => n * 2;\n",
  "one.cjs": "module.exports = (n) => n * 2;\n",
  "compiled.cjs":
    'Object.defineProperty(exports, "__esModule", { value: true });\nexports.half = (n) => n / 2;\nexports.default = (n) => n * 2;\n',
  "typed.cts": "const work = (n: number): number => n * 2;\nmodule.exports = { work };\n",
  "decorated.ts":
    "const seen = (method: any, _: any): any => method;\nclass Twice {\n  @seen of(n: number) { return n * 2; }\n}\n" +
    "export default (n: number) => new Twice().of(n);\n",
  "enum.ts": "enum Factor { two = 2 }\nexport default (n: number) => n * Factor.two;\n",
  "assigned.cts": "function work(n: number) { return n * 2; }\nexport = work;\n",
  "plain.tsx": "export default (n: number) => n * 2;\n",
  "plain.jsx": "export default (n) => n * 2;\n",
  "x#y.ts": "export default (n: number) => n * 2;\n",
  "que?y.ts": "export default (n: number) => n * 2;\n",
  "pct%20 é.ts": "export default (n: number) => n * 2;\n",
  "windows.ts": "\ufeffexport default (n: number) => {\r\n  return n * 2;\r\n};\r\n",
  "shebang.ts": "#!/usr/bin/env node\nexport default (n: number) => n * 2;\n",
  "data.json": '{ "factor": 2 }',
  "json.ts":
    'import data from "./data.json" with { type: "json" };\nexport default (n: number) => n * data.factor;\n',
  "builtin.ts": 'import { basename } from "node:path";\nexport default (n: number) => basename(`/a/${n}`);\n',
  "cjs.ts": 'import one from "./one.cjs";\nexport default (n: number) => one(n);\n',
  "package.ts": 'import { square } from "squares";\nexport default (n: number) => square(n);\n',
  "broken.ts": "export default (n: number) => {\n  return n;\n",
  "throws.ts": 'throw new TypeError("at load");\n',
  "loud.ts": 'console.log("loaded");\nexport default (n: number) => n;\n',
  "gone.ts": 'import "./nowhere.ts";\nexport default (n: number) => n;\n',
  "missing.ts": 'import { nothing } from "./tasks.js";\nexport default nothing;\n',
  "npm.ts": 'import "npm:@polyloop/none@1.0.0";\nexport default (n: number) => n;\n',
  "object.ts": "export default { double: (n: number) => n * 2 };\n",
  "in.jsonl": "1\n2\n",
  "in.jsonl.gz": gzipSync("1\n2\n"),
  "in.csv": "a\nx\nyy\n",
  "options.json": '{ "module": "tasks.js#double", "input": "in.jsonl" }',
};

const DOUBLED = "2\n4\n";
const erasable = (what: string): End => ({
  code: 2,
  stdout: "",
  stderr: new RegExp(
    `^polyloop: Cannot load ${what}: .*strip-only mode: Node runs TypeScript only if its types can be stripped: `,
  ),
});
const noJsx = (ending: string): End => ({
  code: 2,
  stdout: "",
  stderr: new RegExp(`Node cannot load \\.${ending} files: run polyloop on Deno, on Bun`),
});
const refused = (stderr: string): End => ({ code: 2, stderr: `polyloop: ${stderr}\n` });

/** `run` with no word of progress. */
const run = (...args: string[]) => ["run", "--progress", "none", ...args];

const ROWS: Row[] = [
  { args: ["--version"], stdout: /^polyloop \d+\.\d+\.\d+\n$/ },
  { args: [], code: 2, stderr: /^Usage: polyloop / },
  { args: ["--help"], stdout: /^Usage: polyloop / },
  { args: ["run", "--help"], stdout: /--concurrency <N>/ },
  { args: ["help", "modules"], stdout: /^MODULE is a path/ },
  { args: ["help", "modul"], code: 2, stderr: /there is no topic "modul" \(did you mean "modules"\?\)/ },
  { args: ["rnu"], code: 2, stderr: /unknown command 'rnu'/ },
  { args: run("--nonsense"), code: 2, stderr: /unknown option '--nonsense'/ },
  { args: ["completions", "bash"], stdout: /complete .*polyloop/ },
  { args: ["status", "nowhere.sqlite"], code: 2, stderr: /nowhere\.sqlite/ },
  // -e
  { args: run("-e", "x => x * 2"), stdout: DOUBLED },
  { args: run("-e", "x => x.toString().length"), stdout: "1\n1\n" },
  { args: run("-e", "async (x: number): Promise<number> => x * 2"), stdout: DOUBLED },
  { args: run("-e", "x => x * 2 // twice"), stdout: DOUBLED },
  { args: run("-e", 'async x => (await import("./tasks.js")).double(x)'), stdout: DOUBLED },
  {
    args: run("-e", 'async x => (await import("./work.cjs")).work(x)', "--isolation", "process"),
    stdout: DOUBLED,
  },
  { args: run("-e", 'async x => (await import("squares")).square(x)'), stdout: "1\n4\n" },
  { args: run("-e", "3"), ...refused("-e: expected a function such as 'async (x) => …', got a number") },
  ...["x => =", "x * 2", "const k = 2; x => x * k", "import y from 'z'; x => y"].map((source) => ({
    args: run("-e", source),
    code: 2,
    stderr: /^polyloop: Cannot load -e: .*\. -e takes one function, such as 'async \(x\) => …'; statements/,
  })),
  {
    args: run("-e", 'x => require("./work.cjs").work(x)'),
    code: 1,
    stderr: /require is not defined: use import: \(await import/,
    // It has require() in every module.
    on: { Bun: { code: 1, stderr: /Cannot find module '\.\/work\.cjs'/ } },
  },
  // Modules
  { args: run("tasks.ts"), stdout: DOUBLED },
  { args: run("tasks.mts"), stdout: DOUBLED },
  { args: run("tasks.js#double"), stdout: DOUBLED },
  { args: run("tasks.mjs#double"), stdout: DOUBLED },
  { args: run("work.cjs#work"), stdout: DOUBLED },
  { args: run("one.cjs"), stdout: DOUBLED },
  { args: run("one.cjs", "--isolation", "process"), stdout: DOUBLED },
  { args: run("typed.cts#work"), stdout: DOUBLED },
  { args: run("compiled.cjs"), stdout: DOUBLED },
  { args: run("cjs.ts"), stdout: DOUBLED },
  {
    args: run("decorated.ts"),
    stdout: DOUBLED,
    on: {
      Node: { code: 2, stdout: "", stderr: /Node has no decorators: / },
      "the binary": { code: 2, stdout: "", stderr: /the binary has no decorators: / },
    },
  },
  { args: run("enum.ts"), stdout: DOUBLED, on: { Node: erasable("enum.ts") } },
  { args: run("assigned.cts"), stdout: DOUBLED, on: { Node: erasable("assigned.cts") } },
  { args: run("plain.tsx"), stdout: DOUBLED, on: { Node: noJsx("tsx") } },
  { args: run("plain.jsx"), stdout: DOUBLED, on: { Node: noJsx("jsx") } },
  { args: run("x#y.ts"), stdout: DOUBLED },
  { args: run("x#y.ts#default"), stdout: DOUBLED },
  {
    args: run("que?y.ts"),
    stdout: DOUBLED,
    on: { Bun: { code: 2, stderr: /Bun cannot load a file whose name contains a \?/ } },
  },
  { args: run("pct%20 é.ts"), stdout: DOUBLED },
  { args: run("windows.ts"), stdout: DOUBLED },
  { args: run("shebang.ts"), stdout: DOUBLED },
  { args: run("json.ts"), stdout: DOUBLED },
  { args: run("builtin.ts"), stdout: '"1"\n"2"\n' },
  { args: run("linked.ts"), stdout: "200\n400\n" },
  { args: run("package.ts"), stdout: "1\n4\n" },
  {
    args: run("mapped/tasks.ts"),
    stdout: DOUBLED,
    on: {
      "the binary": { code: 2, stderr: /the binary does not read deno\.json/ },
      Node: { code: 2, stderr: /run npm install @mapped\/two in the module's folder/ },
      Bun: { code: 2, stderr: /run npm install @mapped\/two in the module's folder/ },
    },
  },
  {
    args: run("npm.ts"),
    code: 2,
    stderr: /only Deno can import npm: names. Install the package and import it by its name/,
    on: {
      Deno: { code: 2, stderr: /^polyloop: Cannot load npm\.ts: .*@polyloop\/none/ },
      "the binary": { code: 2, stderr: /no node_modules above the module has @polyloop\/none@1\.0\.0/ },
    },
  },
  { args: run("loud.ts", "-j", "1"), stdout: "1\n2\n", stderr: "loaded\n" },
  {
    args: run("tasks.js"),
    code: 2,
    stderr: /^polyloop: tasks\.js has no default export to run; name one of its functions: /,
  },
  {
    args: run("tasks.js#nope"),
    code: 2,
    stderr: /^polyloop: tasks\.js exports no function "nope"; it has double, /,
  },
  {
    args: run("tasks.js#Client"),
    code: 2,
    stderr: /^polyloop: tasks\.js#Client is a class, not a function; /,
  },
  {
    args: run("object.ts"),
    ...refused(
      "the default export of object.ts is an object, not a function: export its functions (double) by their names",
    ),
  },
  { args: run("data.json"), ...refused("Cannot load data.json: it is a JSON file, which has no functions") },
  { args: run("mapped"), ...refused("Cannot load mapped: it is a folder") },
  { args: run("nowhere.ts"), ...refused("Cannot load nowhere.ts: no such file") },
  { args: run("gone.ts"), code: 2, stderr: /^polyloop: Cannot load gone\.ts: .*nowhere\.ts/ },
  {
    args: run("missing.ts"),
    code: 2,
    stderr: /^polyloop: Cannot load missing\.ts: SyntaxError: .*'nothing'/,
  },
  { args: run("broken.ts"), code: 2, stderr: /^polyloop: Cannot load broken\.ts: / },
  {
    args: run("throws.ts"),
    code: 2,
    stderr: /^polyloop: Cannot load throws\.ts: TypeError: at load {2}\(throws\.ts:1:\d+\)\n$/,
  },
  // Runs
  { args: run("tasks.js#double", "--isolation", "process"), stdout: DOUBLED },
  { args: run("tasks.js#double", "-A", "--isolation", "none"), stdout: DOUBLED },
  {
    args: run("tasks.js#talk", "-j", "1", "-c", "1"),
    stdout: "1\n2\n",
    stderr: "talking of 1\ntalking of 2\n",
  },
  {
    args: run("tasks.js#odd"),
    code: 1,
    stdout: "1\n",
    stderr: /^line 2: RangeError: even {2}\(tasks\.js:4:\d+\)\n$/,
  },
  {
    args: run("tasks.js#odd", "--envelope"),
    code: 1,
    stdout: /^\{"index":0,"ok":true,"value":1,.*\n\{"index":1,"ok":false,"error":/,
    stderr: /line 2/,
  },
  {
    args: run("tasks.js#double"),
    stdin: "1\n{\n",
    code: 1,
    stdout: "2\n",
    stderr: /^line 2: TaskInputError: The input is not valid JSON/,
  },
  { args: run("tasks.js#later", "--retries", "1", "--backoff", "1m..1m"), stdout: "2\n2\n" },
  { args: run("tasks.js#sums", "--batch", "2"), stdout: "3\n4\n" },
  { args: run("tasks.js#double", "--schema"), code: 1, stdout: "20\n", stderr: /^line 2: .*is not one/ },
  {
    args: run("tasks.js#hang", "--timeout", "50ms"),
    stdin: "1\n",
    code: 1,
    stderr: /^line 1: TaskTimeoutError/,
  },
  {
    args: run("tasks.js#hang", "--deadline", "50ms", "--grace", "1s"),
    stdin: "1\n",
    code: 124,
    stderr: /deadline/,
  },
  {
    args: run("tasks.js#odd", "--halt", "1", "-j", "1", "-c", "1"),
    stdin: "2\n",
    code: 3,
    stderr: /line 1: RangeError/,
  },
  { args: run("tasks.js#double", "-i", "in.jsonl"), stdout: DOUBLED },
  { args: run("tasks.js#double", "-i", "in.jsonl.gz"), stdout: DOUBLED },
  {
    args: run("tasks.js#double", "-i", "nowhere.jsonl"),
    ...refused("Cannot read nowhere.jsonl: no such file"),
  },
  { args: [...run("tasks.js#double"), "--", "1", "2"], stdout: DOUBLED },
  { args: run("-e", "s => s + s", "--from", "lines", "--to", "lines"), stdout: "11\n22\n" },
  { args: run("-e", "s => s.length", "--from", "nul"), stdin: "a\nb\0c\0", stdout: "3\n1\n" },
  { args: run("-e", "x => x", "--from", "json", "--to", "json"), stdin: "[1, 2]", stdout: "[\n1,\n2\n]\n" },
  { args: run("tasks.js#row", "--from", "csv", "--to", "csv", "-i", "in.csv"), stdout: "a,b\nx,1\nyy,2\n" },
  { args: run("tasks.js#double", "--rate", "1000/s", "--unordered", "-j", "1", "-c", "1"), stdout: DOUBLED },
  {
    args: run("--config", "options.json"),
    stdin: "",
    stdout: DOUBLED,
    stderr: /^polyloop: options from options\.json: module, input/,
  },
  // Node 22 would warn of node:sqlite.
  { args: run("tasks.js#double", "--journal", "kept.sqlite"), stdout: DOUBLED },
  { args: run("tasks.js#double", "--dry-run"), stderr: /./, stdout: /^/ },
];

/** Defines the rows, each for every column. */
export function tableCases(): void {
  describe.each(COLUMNS)("$name", (column) => {
    const dir = prepare();
    test.for(ROWS.map((row): [string, Row] => [row.args.join(" "), row]))(
      "polyloop %s",
      { concurrent: true },
      async ([, row], { expect }) => {
        const { command, env, name, runtime } = column;
        const other = row.on?.[name === "the binary" ? name : runtime] ??
          (name === "the binary" ? row.on?.Deno : undefined);
        const { code = 0, stdout = "", stderr = "" } = other ?? row;
        const { stdin = "1\n2\n" } = row;
        const ended = await polyloop(row.args, { command, env, cwd: dir, stdin });
        const matching = (wanted: string | RegExp) =>
          wanted instanceof RegExp ? expect.stringMatching(wanted) : wanted;
        expect(ended).toEqual({ code, stdout: matching(stdout), stderr: matching(stderr) });
      },
    );
  });
}

/** The folder of one column, which all its commands share. */
function prepare(): string {
  const { path } = folder(FILES);
  const packaged = join(path, "node_modules", "squares");
  mkdirSync(packaged, { recursive: true });
  writeFileSync(
    join(packaged, "package.json"),
    '{ "name": "squares", "version": "1.0.0", "type": "module", "main": "main.js" }',
  );
  writeFileSync(join(packaged, "main.js"), "export const square = (n) => n * n;\n");
  mkdirSync(join(path, "mapped"));
  writeFileSync(join(path, "mapped", "deno.json"), '{ "imports": { "@mapped/two": "./two.ts" } }');
  writeFileSync(join(path, "mapped", "two.ts"), "export const two = 2;\n");
  writeFileSync(
    join(path, "mapped", "tasks.ts"),
    'import { two } from "@mapped/two";\nexport default (n: number) => n * two;\n',
  );
  mkdirSync(join(path, "real"));
  writeFileSync(join(path, "real", "factor.ts"), "export const factor = 200;\n");
  writeFileSync(
    join(path, "real", "tasks.ts"),
    'import { factor } from "./factor.ts";\nexport default (n: number) => n * factor;\n',
  );
  symlinkSync(join("real", "tasks.ts"), join(path, "linked.ts"));
  return path;
}
