/**
 * What becomes of a task's own output: it is kept away from stdout, where the command line writes results, and has
 * left before a worker ends.
 *
 * @module
 */

/** The parts of `process` that matter here; `Console` is Node's, which Deno and Bun have as well. */
interface ProcessLike {
  stdout: { write: unknown };
  stderr: { write: (...chunk: never[]) => boolean };
  getBuiltinModule(
    name: "node:console",
  ): { Console: new (to: { stdout: unknown; stderr: unknown }) => Console };
}

/** The parts of `Deno` that matter here. */
interface DenoLike {
  stdout: { write: unknown; writeSync: unknown };
  stderr: { write(bytes: Uint8Array): unknown; writeSync(bytes: Uint8Array): unknown };
}

/** Sends to stderr what `console`, `process.stdout` and `Deno.stdout` would write to stdout, in this realm. */
export function sendConsoleToStderr(): void {
  const { Deno } = globalThis as unknown as { Deno?: DenoLike };
  if (Deno) {
    // What `process.stdout` writes goes through these as well.
    Deno.stdout.write = (bytes: Uint8Array) => Deno.stderr.write(bytes);
    Deno.stdout.writeSync = (bytes: Uint8Array) => Deno.stderr.writeSync(bytes);
  } else {
    const { process } = globalThis as unknown as { process?: ProcessLike };
    // Without a process there is no stdout either.
    if (!process) return;
    process.stdout.write = (...chunk: never[]) => process.stderr.write(...chunk);
  }
  substituteConsole();
}

/** The substitute is made when something is first logged: to load what it needs takes as long as to start a thread. */
function substituteConsole(): void {
  const { console } = globalThis as unknown as { console: Record<string, unknown> };
  let substitute: Record<string, (...args: unknown[]) => unknown> | undefined;
  for (const name of Object.keys(console)) {
    if (typeof console[name] !== "function" || !METHODS.has(name)) continue;
    console[name] = (...args: unknown[]) => (substitute ??= makeSubstitute())[name](...args);
  }
}

/** What writes, or counts what is written, or times it. */
const METHODS = new Set(
  ("log info debug warn error dir dirxml table trace assert group groupCollapsed groupEnd count countReset time " +
    "timeEnd timeLog").split(" "),
);

function makeSubstitute() {
  const { process } = globalThis as unknown as { process: ProcessLike };
  const { stderr } = process;
  const { Console } = process.getBuiltinModule("node:console");
  return new Console({ stdout: stderr, stderr }) as unknown as Record<
    string,
    (...args: unknown[]) => unknown
  >;
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
