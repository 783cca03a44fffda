/**
 * Redirects a task's own output. Where stdout carries the results of the command line, the output goes to stderr.
 * Before a worker ends, its output is flushed.
 */

import type { WorkerInit } from "../wire/worker_init.ts";

/** The part of `process` that is used here. `Console` is Node's, and Bun has it, too. */
interface ProcessLike {
  stdout: { write: unknown };
  stderr: { write: (...chunk: never[]) => boolean };
  getBuiltinModule(
    name: "node:console",
  ): { Console: new (to: { stdout: unknown; stderr: unknown }) => Methods };
}

/** The part of `Deno` that is used here. */
export interface DenoLike {
  stdout: { write: unknown; writeSync: unknown };
  stderr: { write(bytes: Uint8Array): unknown; writeSync(bytes: Uint8Array): number };
  /** The key of Deno's internals. */
  internal: symbol;
  [internal: symbol]: { Console?: DenoConsole } | undefined;
}

/** The class of Deno's own `console`. It passes `print` the level of each text. */
type DenoConsole = new (print: (text: string, level: number) => void) => Methods;

export type Methods = Record<string, (...args: unknown[]) => unknown>;

/**
 * With `"stderr"`, `"task"` and `"asked"`, sends to stderr what `console`, `process.stdout` and `Deno.stdout` would write to stdout in this
 * realm. Returns whether it does.
 */
export function redirectConsole(to: WorkerInit["console"]): boolean {
  if (to === "inherit" || to === "event") return false;
  // Workers in the caller's thread share a realm, in which the output may already be taken.
  if (!isRedirected) sendConsoleToStderr();
  isRedirected = true;
  return true;
}

let isRedirected = false;

function sendConsoleToStderr(): void {
  const { Deno } = globalThis as unknown as { Deno?: DenoLike };
  if (Deno) {
    // On Deno, `process.stdout` writes through these functions, too.
    Deno.stdout.write = (bytes: Uint8Array) => Deno.stderr.write(bytes);
    Deno.stdout.writeSync = (bytes: Uint8Array) => Deno.stderr.writeSync(bytes);
    return substituteConsole(denoConsole(Deno, () => false));
  }
  // Read only now, because Deno loads it at the first access.
  const { process } = globalThis as unknown as { process?: ProcessLike };
  // Without `process`, there is no stdout either.
  if (!process) return;
  const { stdout, stderr } = process;
  // Stdout, too: in a process it is the caller's stderr, and Node opened it when it loaded this module.
  makeBlocking(stdout);
  makeBlocking(stderr);
  stdout.write = (...chunk: never[]) => process.stderr.write(...chunk);
  const { Console } = process.getBuiltinModule("node:console");
  substituteConsole(new Console({ stdout: stderr, stderr }));
}

/**
 * Makes writes to a pipe synchronous on Node: from now on, each returns when the pipe has taken all of it. By default, Node queues
 * what the pipe has no room for. The queue is lost when the process ends, and other writers can write into the middle of a line.
 * Has no effect on files, on terminals and in threads.
 */
function makeBlocking(stream: object): void {
  // Node's internal handle. libuv's stream has had this function since 0.9.
  (stream as { _handle?: { setBlocking?(on: boolean): void } })._handle?.setBlocking?.(true);
}

/** Replaces the methods themselves. A wrapper of ours would be the first line of what `trace` prints. */
export function substituteConsole(substitute: Methods): void {
  const { console } = globalThis as unknown as { console: Record<string, unknown> };
  for (const name of Object.keys(console)) if (METHODS.has(name)) console[name] = substitute[name];
}

/** The methods of `console` that write, or that count or time what is written. */
const METHODS = new Set(
  ("log info debug warn error dir dirxml table trace assert group groupCollapsed groupEnd count countReset time " +
    "timeEnd timeLog").split(" "),
);

/**
 * Returns a console of Deno's own class that writes to stderr what `take` does not take. `node:console` would format differently. On a
 * terminal, it would also need permission to read the environment. If a later Deno hides its class, the console stays as it is.
 */
export function denoConsole(Deno: DenoLike, take: (text: string, level: number) => boolean): Methods {
  const { Console } = Deno[Deno.internal] ?? {};
  if (!Console) return { ...globalThis.console } as unknown as Methods;
  let inColor: Levels | undefined;
  const encoder = new TextEncoder();
  return new Console((text, level) => {
    inColor ??= levelsInColor(Console);
    const shown = level < LEVEL_OF_STDERR && inColor.below && !inColor.above ? withoutColors(text) : text;
    if (take(shown, level)) return;
    for (let bytes = encoder.encode(shown); bytes.length > 0;) {
      bytes = bytes.subarray(Deno.stderr.writeSync(bytes));
    }
  });
}

/** From this level on, Deno's console writes to stderr. */
export const LEVEL_OF_STDERR = 2;

/** Whether Deno colours what it prints below {@link LEVEL_OF_STDERR}, and from it on. */
interface Levels {
  below: boolean;
  above: boolean;
}

/** Deno colours text for stdout if stdout is a terminal. But the text goes to stderr, which may not be one. */
function levelsInColor(Console: DenoConsole): Levels {
  let text = "";
  const trial = new Console((part) => text += part);
  trial.log(1);
  const below = text.includes("\x1b");
  text = "";
  trial.warn(1);
  return { below, above: text.includes("\x1b") };
}

function withoutColors(text: string): string {
  // deno-lint-ignore no-control-regex -- the sequences that set a colour
  return text.replace(/\x1b\[[0-9;]*m/g, "");
}

/** A stream that buffers data that cannot be written yet. */
interface Output {
  writableLength: number;
  write(text: string, written: () => void): void;
}

// A task may replace the name `globalThis`.
const realm = globalThis as unknown as { process: { stdout: Output; stderr: Output } };

/** Resolves once everything that was written to `process.stdout` and `process.stderr` has left this realm. */
export async function outputHasLeft(): Promise<void> {
  const { stdout, stderr } = realm.process;
  // One by one, without the methods of arrays and promises, which a task may have replaced.
  if (stdout.writableLength > 0) await hasLeft(stdout);
  if (stderr.writableLength > 0) await hasLeft(stderr);
}

function hasLeft(stream: Output): Promise<void> {
  return new Promise((resolve) => stream.write("", resolve));
}
