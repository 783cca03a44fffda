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
  const { console, process, Deno } = globalThis as unknown as {
    console: Record<string, unknown>;
    process?: ProcessLike;
    Deno?: DenoLike;
  };
  // Without a process there is no stdout either.
  if (!process) return;
  const { stderr } = process;
  const { Console } = process.getBuiltinModule("node:console");
  const substitute = new Console({ stdout: stderr, stderr }) as unknown as Record<string, unknown>;
  for (const name of Object.keys(console)) {
    const method = substitute[name];
    if (typeof method === "function") console[name] = method.bind(substitute);
  }
  process.stdout.write = (...chunk: never[]) => stderr.write(...chunk);
  if (!Deno) return;
  Deno.stdout.write = (bytes: Uint8Array) => Deno.stderr.write(bytes);
  Deno.stdout.writeSync = (bytes: Uint8Array) => Deno.stderr.writeSync(bytes);
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
