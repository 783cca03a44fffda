/** Programs that tests start as processes of their own, on the runtime that the tests themselves run on. */

import { type ChildProcessByStdio, spawn, spawnSync, type SpawnSyncReturns } from "node:child_process";
import process from "node:process";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

/** Whether the tests run on Deno; else they do on Node. */
export const isDeno = "Deno" in globalThis;

/** The repo's own folder. */
const ROOT = fileURLToPath(new URL("../", import.meta.url));

/**
 * How Deno starts a program of the checkout. The packages are there; Deno would otherwise look after each at every start,
 * which is a sixth of what the start of a run costs.
 */
export const DENO_RUN = ["run", "-A", "--quiet", "--node-modules-dir=manual"];

/** What a program left behind. */
export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** A program that runs. */
export type Program = ChildProcessByStdio<Writable, Readable, Readable>;

/** How a program runs. */
export interface ProgramOptions {
  /** The size of V8's heap, in megabytes. */
  heap?: number;
}

/** The arguments by which this runtime runs a file of TypeScript, with all permissions. */
export function runFile(file: string, ...args: string[]): string[] {
  return isDeno ? [...DENO_RUN, file, ...args] : [file, ...args];
}

/** The same for a module of JavaScript, given as its source. */
export function runSource(source: string, { heap }: ProgramOptions = {}): string[] {
  const limit = heap === undefined ? undefined : `--max-old-space-size=${heap}`;
  if (!isDeno) return [...(limit ? [limit] : []), "--input-type=module", "--eval", source];
  const flags = limit ? [`--v8-flags=${limit}`] : [];
  return ["run", "-A", ...flags, `data:text/javascript,${encodeURIComponent(source)}`];
}

/** Where a program runs, and with what around it. */
export interface Place {
  /** The checkout, by default. */
  cwd?: string;
  env?: Record<string, string>;
  /** Whether it has a process group of its own. */
  group?: boolean;
}

/** Starts a program. */
export function launch(
  program: string,
  args: string[],
  { cwd = ROOT, env, group = false }: Place = {},
): Program {
  return spawn(program, args, {
    cwd,
    detached: group,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
}

/** Starts a program and waits for its end. */
export async function start(program: string, args: string[], input = "", place?: Place): Promise<Ended> {
  const child = launch(program, args, place);
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text) => out += text);
  child.stderr.setEncoding("utf8").on("data", (text) => err += text);
  // One that has ended before it read everything.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { code, out, err };
}

/**
 * Runs a program to its end with nothing else meanwhile, in this folder and with `env` alone where there is one. One that
 * does not end is killed, as no timeout of a test can do it then.
 */
export function startSync(
  program: string,
  args: string[],
  options: { cwd?: string; env?: Record<string, string>; timeout?: number; maxBuffer?: number } = {},
): SpawnSyncReturns<string> {
  return spawnSync(program, args, { encoding: "utf8", timeout: 100_000, killSignal: "SIGKILL", ...options });
}

/** Runs a file of the checkout to its end. */
export function startFile(file: string, ...args: string[]): Promise<Ended> {
  return start(process.execPath, runFile(file, ...args));
}

/** Runs a module of JavaScript to its end. */
export function startSource(source: string, options?: ProgramOptions): Promise<Ended> {
  return start(process.execPath, runSource(source, options));
}
