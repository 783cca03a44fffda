/**
 * Starts child processes. Every measurement runs in one, so that the benchmark's own process does not disturb it.
 */

import { type EngineOptions, programPath, ROOT, type Runtime } from "./runtimes.ts";

/** Time after which a child process counts as stuck, in milliseconds. A guess. */
const PATIENCE = 300_000;

/** The answer that `programs/program.ts` prints. */
type Answer<T> = { value: T } | { error: string };

/** Runs a program of `programs/` to its end with these options. Resolves with its answer. */
export async function ask<T>(
  runtime: Runtime,
  program: string,
  options: unknown,
  engine?: EngineOptions,
): Promise<T> {
  const command = runtime.command(programPath(program), [JSON.stringify(options)], engine);
  // The programs end themselves with this signal, after they have answered.
  const { stdout, signal } = await run(command, { mayEndBy: "SIGKILL" });
  // The last line, because a peer may have printed something before it.
  const last = stdout.trimEnd().split("\n").at(-1)!;
  if (last === "") throw new Error(`${program} was ended by ${signal} before it measured anything`);
  const answer: Answer<T> = JSON.parse(last);
  if ("error" in answer) throw new Error(answer.error);
  return answer.value;
}

/** How a process ended. */
export interface Ended {
  stdout: string;
  stderr: string;
  /** The signal that ended it, if any. */
  signal: Deno.Signal | null;
  /** Time from start to end, in seconds. */
  seconds: number;
}

/** How a process is run. */
export interface RunOptions {
  env?: Record<string, string>;
  /** Its working directory. Default: that of the repository. */
  cwd?: string;
  /** A signal that may end it. */
  mayEndBy?: Deno.Signal;
}

/** Runs a process to its end. Throws if it fails. */
export async function run(
  [path, ...args]: string[],
  { env, cwd = ROOT, mayEndBy }: RunOptions = {},
): Promise<Ended> {
  const begun = performance.now();
  const child = new Deno.Command(path, {
    args,
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(PATIENCE),
  }).spawn();
  const { code, signal, stdout, stderr } = await child.output();
  const seconds = (performance.now() - begun) / 1000;
  const text = new TextDecoder();
  if (code !== 0 && (signal === null || signal !== mayEndBy)) {
    throw new Error(`${path} ended with code ${code}: ${lastLine(text.decode(stderr))}`);
  }
  return { stdout: text.decode(stdout), stderr: text.decode(stderr), signal, seconds };
}

function lastLine(text: string): string {
  const lines = text.trim().split("\n");
  return lines.find((line) => /error/i.test(line)) ?? lines.at(-1)!;
}
