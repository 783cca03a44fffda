/**
 * `deno task wine`: runs commands of the README and of its tables on Deno for Windows, under wine. Prints a line for each, and
 * fails if one does not do what it should. Needs Debian's packages `wine` and `gcc-mingw-w64-x86-64`, and npm; skipped with a line
 * where these are missing. The first time downloads Deno for Windows (42 MB) and makes `dist/wine`.
 *
 * Wine 8 lacks two functions that Deno imports: a library of our own has the one, and Deno does without the other if its name is
 * changed. The checkout is copied without hard links, because Deno on Windows writes through the links of `node_modules`.
 */

import { execFileSync, spawnSync } from "node:child_process";
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { ROOT } from "./npm/package.ts";

const COMPILER = "x86_64-w64-mingw32-gcc";
const HOME = join(ROOT, "dist/wine");
const TREE = join(HOME, "tree");
/** The folder of the commands. It has a space, and is on another drive than polyloop. */
const FOLDER = join(HOME, "prefix/drive_c/my tasks");

const ENV = {
  ...process.env,
  WINEPREFIX: join(HOME, "prefix"),
  WINEDEBUG: "-all",
  WINEDLLOVERRIDES: "bcryptprimitives=n;mscoree,mshtml=",
  DENO_DIR: onDrive(join(HOME, "cache")),
  NO_COLOR: "1",
};

/** Maximum time of a command, in milliseconds. A guess: most take three seconds. */
const LONGEST = 30_000;

/** The function that wine 8 lacks. */
const RANDOM = `#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID bytes, ULONG length);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T length) { return SystemFunction036(bytes, (ULONG)length); }
`;

const FILES = {
  "in.txt": "1\n2\n3\n",
  "double.ts": "export default (n: number) => n * 2;\n",
  "odd.ts": "export default (n: number) => { if (n == 2) throw new RangeError('two'); return n; };\n",
  "mapped.ts": 'import { three } from "three";\nexport default (n: number) => n * three;\n',
  "three.ts": "export const three = 3;\n",
  "map.json": '{ "imports": { "three": "./three.ts" } }\n',
  "read.ts": 'export default async () => (await Deno.readTextFile("C:\\\\my tasks\\\\in.txt")).length;\n',
};

/** A command, and what it does. */
interface Case {
  args: string[];
  stdin?: string;
  /** Options of Deno. */
  deno?: string[];
  /** 0 by default. */
  code?: number;
  stdout?: string | RegExp;
  stderr?: RegExp;
}

const DOUBLED = "2\n4\n6\n";
const INPUT = ["-i", "in.txt"];

const CASES: Case[] = [
  { args: ["--version"], stdout: /^polyloop \d/ },
  { args: ["run", "-e", "x => x * 2"], stdin: "21\n", stdout: "42\n" },
  { args: ["run", "double.ts"], stdin: "1\n2\n3\n", stdout: DOUBLED },
  { args: ["run", "double.ts", ...INPUT], stdout: DOUBLED },
  { args: ["run", "C:\\my tasks\\double.ts", "-i", "C:\\my tasks\\in.txt"], stdout: DOUBLED },
  { args: ["run", "double.ts", "--", "1", "2", "3"], stdout: DOUBLED },
  { args: ["run", "double.ts", ...INPUT, "-o", "NUL"], stdout: "" },
  { args: ["run", "double.ts", ...INPUT, "-o", "in.txt"], code: 2, stderr: /in\.txt is the input file/ },
  { args: ["run", "double.ts", ...INPUT, "--isolation", "process"], stdout: DOUBLED },
  { args: ["run", "double.ts", ...INPUT, "--isolation", "none", "-A"], stdout: DOUBLED },
  {
    args: ["run", "mapped.ts", ...INPUT, "--isolation", "process"],
    deno: ["--import-map=map.json"],
    stdout: "3\n6\n9\n",
  },
  { args: ["run", "read.ts", ...INPUT, "--allow-read=C:\\"], stdout: "6\n6\n6\n" },
  { args: ["run", "read.ts", ...INPUT, "--allow-read=C:\\", "--isolation", "process"], stdout: "6\n6\n6\n" },
  { args: ["run", "read.ts", ...INPUT, "--allow-read=Z:\\"], code: 1, stderr: /NotCapable/ },
  {
    args: [
      "run",
      "odd.ts",
      ...INPUT,
      "--journal",
      "my run.sqlite",
      "-o",
      "out.txt",
      "--errors",
      "failed.jsonl",
    ],
    code: 1,
    stderr: /RangeError: two {2}\(odd\.ts:1:\d+\)[^]*polyloop resume "my run\.sqlite" --retry-failed/,
  },
  { args: ["status", "my run.sqlite"], stdout: /^finished: 3 inputs done, 2 ok, 1 failed/ },
  { args: ["resume", "my run.sqlite"], code: 1, stderr: /3 done before/ },
  {
    args: [
      "run",
      "double.ts",
      ...INPUT,
      "-o",
      "doubled.jsonl",
      "--report",
      "r.html",
      "--stats",
      "s.json",
      "--trace",
      "t.json",
    ],
    code: 0,
  },
  { args: ["run", "double.ts", ...INPUT, "--dry-run"], stderr: /ok: 3 inputs in in\.txt/ },
  { args: ["init", "new", "--task", "compute", "--from", "jsonl"], stdout: /new\\tasks\.ts/ },
  { args: ["run", "--config", "new\\polyloop.json"], stdout: /^(.*"sha256".*\n){10}$/ },
  { args: ["bench", "double.ts", ...INPUT, "--for", "200ms"], stdout: /recommended: / },
  { args: ["completions", "powershell"], stdout: /Register-ArgumentCompleter/ },
  { args: ["help", "signals"], stdout: /Ctrl-Break/ },
];

/** Runs a program, and throws what it says if it fails. */
function run(program: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { cwd: HOME, env: ENV, encoding: "utf8" });
  if (status !== 0) {
    throw error ?? new Error(`${program} ${args.join(" ")} failed with ${status}:\n${stderr}`);
  }
}

/** The path of a file as wine has it. */
function onDrive(path: string): string {
  return `Z:${path.replaceAll("/", "\\")}`;
}

/** Downloads Deno for Windows, and changes it so that wine can start it. */
function makeDeno(): void {
  mkdirSync(HOME, { recursive: true });
  run("npm", "pack", "--silent", `@deno/win32-x64@${Deno.version.deno}`);
  run("tar", "xzf", `deno-win32-x64-${Deno.version.deno}.tgz`);
  writeFileSync(join(HOME, "random.c"), RANDOM);
  run(COMPILER, "-shared", "-o", "bcryptprimitives.dll", "random.c", "-ladvapi32");
  const program = readFileSync(join(HOME, "package/deno.exe"), "latin1");
  writeFileSync(join(HOME, "deno.exe"), program.replaceAll("VirtualAlloc2", "VirtualAllocX"), "latin1");
  run("wine", "reg", "add", "HKCU\\Software\\Wine", "/v", "Version", "/d", "win10", "/f");
}

/** Copies the checkout and writes the files of the commands. */
function copyFiles(): void {
  for (const folder of [TREE, FOLDER]) rmSync(folder, { recursive: true, force: true });
  const list = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  for (const file of list.split("\0").filter((file) => file !== "" && existsSync(join(ROOT, file)))) {
    mkdirSync(dirname(join(TREE, file)), { recursive: true });
    copyFileSync(join(ROOT, file), join(TREE, file));
  }
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(FOLDER, name), text);
}

/** Runs a command. Returns what it does otherwise than it should; undefined if nothing. */
function faultOf({ args, stdin = "", deno = [], code = 0, stdout, stderr }: Case): string | undefined {
  const command = [
    join(HOME, "deno.exe"),
    "run",
    "-A",
    "--quiet",
    ...deno,
    `file:///Z:${TREE}/cli.ts`,
    ...args,
  ];
  // To files: a process that wine leaves behind would keep a pipe open.
  const files = ["stdout", "stderr"].map((name) => join(HOME, name));
  const [out, err] = files.map((file) => openSync(file, "w"));
  const { status } = spawnSync("wine", command, {
    cwd: FOLDER,
    env: ENV,
    input: stdin,
    stdio: ["pipe", out, err],
    timeout: LONGEST,
    killSignal: "SIGKILL",
  });
  closeSync(out);
  closeSync(err);
  const [output, messages] = files.map((file) => readFileSync(file, "utf8").replaceAll("\r\n", "\n"));
  const fits = (text: string, wanted: string | RegExp | undefined) =>
    wanted === undefined || (typeof wanted === "string" ? text === wanted : wanted.test(text));
  if (status === code && fits(output, stdout) && fits(messages, stderr)) return undefined;
  return `code ${status}\n${output}${messages}`;
}

const missing = ["wine", COMPILER, "npm"].filter((program) => spawnSync(program, ["--version"]).status !== 0);
if (missing.length > 0) {
  console.log(`skipped: ${missing.join(", ")} not installed (Debian: wine, gcc-mingw-w64-x86-64, npm)`);
  process.exit(0);
}
if (!existsSync(join(HOME, "deno.exe"))) makeDeno();
copyFiles();
let failed = 0;
for (const each of CASES) {
  // Under wine 8, Deno now and then does not end, or ends in a fault of its own.
  let [fault, tries] = [faultOf(each), 1];
  for (; fault !== undefined && tries < 3; tries++) fault = faultOf(each);
  const word = fault !== undefined ? "FAILED" : tries === 1 ? "passed" : `passed at try ${tries}`;
  console.log(`${word}: polyloop ${each.args.join(" ")}`);
  if (fault === undefined) continue;
  failed++;
  console.log(fault.replace(/^/gm, "  "));
}
console.log(`${CASES.length - failed} of ${CASES.length} commands passed`);
process.exit(failed === 0 ? 0 : 1);
