/**
 * Everything is measured in child processes, so that nothing here is in its way: how they are started.
 *
 * @module
 */

import { type EngineOptions, programPath, ROOT, type Runtime } from "./runtimes.ts";

/** A child that takes longer hangs. */
const PATIENCE = 300_000;

/** What `programs/program.ts` prints. */
type Answer<T> = { value: T } | { error: string };

/** Runs a program of `programs/` to its end: its options → its answer. */
export async function ask<T>(
  runtime: Runtime,
  program: string,
  options: unknown,
  engine?: EngineOptions,
): Promise<T> {
  const command = runtime.command(programPath(program), [JSON.stringify(options)], engine);
  // That is how the programs end themselves, once they have answered.
  const { stdout, signal } = await run(command, "SIGKILL");
  // The last line: a peer may have said something before.
  const last = stdout.trimEnd().split("\n").at(-1)!;
  if (last === "") throw new Error(`${program} was ended by ${signal} before it had measured anything`);
  const answer: Answer<T> = JSON.parse(last);
  if ("error" in answer) throw new Error(answer.error);
  return answer.value;
}

/** How a process went. */
export interface Ended {
  stdout: string;
  /** What ended it, if it did not end by itself. */
  signal: Deno.Signal | null;
  /** From start to end, in seconds. */
  seconds: number;
}

/** Runs a process to its end, which may be by a signal. Throws if it ends in another way than well. */
export async function run([path, ...args]: string[], mayEndBy?: Deno.Signal): Promise<Ended> {
  const begun = performance.now();
  const child = new Deno.Command(path, {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
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
  return { stdout: text.decode(stdout), signal, seconds };
}

function lastLine(text: string): string {
  const lines = text.trim().split("\n");
  return lines.find((line) => /error/i.test(line)) ?? lines.at(-1)!;
}
