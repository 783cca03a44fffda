/**
 * Where a task's own output goes: it is kept away from stdout, where the command line writes results, and has left before
 * a worker ends.
 *
 * @module
 */

import { makeBlocking } from "../wire/blocking_stream.ts";

/** The parts of `process` that matter here; `Console` is Node's, which Bun has as well. */
interface ProcessLike {
  stdout: { write: unknown };
  stderr: { write: (...chunk: never[]) => boolean };
  getBuiltinModule(
    name: "node:console",
  ): { Console: new (to: { stdout: unknown; stderr: unknown }) => Methods };
}

/** The parts of `Deno` that matter here. */
interface DenoLike {
  stdout: { write: unknown; writeSync: unknown };
  stderr: { write(bytes: Uint8Array): unknown; writeSync(bytes: Uint8Array): number };
  /** Names what Deno keeps for itself. */
  internal: symbol;
  [internal: symbol]: { Console?: DenoConsole } | undefined;
}

/** What Deno's own `console` is made of: it says at which level it prints. */
type DenoConsole = new (print: (text: string, level: number) => void) => Methods;

type Methods = Record<string, (...args: unknown[]) => unknown>;

/** Sends to stderr what `console`, `process.stdout` and `Deno.stdout` would write to stdout, in this realm. */
export function sendConsoleToStderr(): void {
  const { Deno, process } = globalThis as unknown as { Deno?: DenoLike; process?: ProcessLike };
  if (Deno) {
    // What `process.stdout` writes goes through these as well.
    Deno.stdout.write = (bytes: Uint8Array) => Deno.stderr.write(bytes);
    Deno.stdout.writeSync = (bytes: Uint8Array) => Deno.stderr.writeSync(bytes);
    return substituteConsole(denoConsole(Deno));
  }
  // Without a process there is no stdout either.
  if (!process) return;
  const { stdout, stderr } = process;
  // Stdout as well: in a process it is the caller's stderr, and Node has opened it as it loaded this module.
  makeBlocking(stdout);
  makeBlocking(stderr);
  stdout.write = (...chunk: never[]) => process.stderr.write(...chunk);
  const { Console } = process.getBuiltinModule("node:console");
  substituteConsole(new Console({ stdout: stderr, stderr }));
}

/** The methods themselves, not functions that call them: one of ours would be the first in what `trace` prints. */
function substituteConsole(substitute: Methods): void {
  const { console } = globalThis as unknown as { console: Record<string, unknown> };
  for (const name of Object.keys(console)) if (METHODS.has(name)) console[name] = substitute[name];
}

/** What writes, or counts what is written, or times it. */
const METHODS = new Set(
  ("log info debug warn error dir dirxml table trace assert group groupCollapsed groupEnd count countReset time " +
    "timeEnd timeLog").split(" "),
);

/**
 * Deno's own console, for stderr: `node:console` would format in another way, and needs the permission to read the
 * environment where stderr is a terminal. Where a later Deno keeps its own to itself, it stays as it is.
 */
function denoConsole(Deno: DenoLike): Methods {
  const { Console } = Deno[Deno.internal] ?? {};
  if (!Console) return { ...globalThis.console } as unknown as Methods;
  let inColor: Levels | undefined;
  const encoder = new TextEncoder();
  return new Console((text, level) => {
    inColor ??= levelsInColor(Console);
    const shown = level < WARN && inColor.below && !inColor.above ? withoutColors(text) : text;
    for (let bytes = encoder.encode(shown); bytes.length > 0;) {
      bytes = bytes.subarray(Deno.stderr.writeSync(bytes));
    }
  });
}

/** From this level on, Deno's console is for stderr. */
const WARN = 2;

/** Whether Deno colours what it prints below that level, and from it on. */
interface Levels {
  below: boolean;
  above: boolean;
}

/** Deno colours what is for stdout if that is a terminal; but stderr, to which it goes, may be none. */
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

/** A stream that keeps what cannot leave yet. */
interface Output {
  writableLength: number;
  write(text: string, written: () => void): void;
}

/** Resolves once what was written to `process.stdout` and `process.stderr` has left this realm. */
export async function outputHasLeft(): Promise<void> {
  const { stdout, stderr } =
    (globalThis as unknown as { process: { stdout: Output; stderr: Output } }).process;
  const busy = [stdout, stderr].filter((stream) => stream.writableLength > 0);
  await Promise.all(busy.map((stream) => new Promise<void>((resolve) => stream.write("", resolve))));
}
