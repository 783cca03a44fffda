/**
 * Reserves stdin and stdout for the run, because stdin carries inputs and stdout results. After {@link takeStdio}, tasks
 * and programs that they start find an empty stdin, and what they write to stdout goes to stderr.
 *
 * @module
 */

import { fstatSync, read, type Stats, statSync, write, writeSync } from "node:fs";
import process from "node:process";
import type { Taken } from "./taken.ts";

let taken: Taken = {};

/** What they were before. */
const were: { stats: Map<number, Stats>; isTerminal: boolean | undefined } = {
  stats: new Map(),
  isTerminal: undefined,
};

/**
 * Makes both the main thread's alone, as far as the runtime knows a way. To be called before the first worker starts, with
 * whether inputs come by stdin.
 */
export async function takeStdio({ isInput }: { isInput: boolean }): Promise<void> {
  if (were.isTerminal !== undefined || process.platform === "win32") return;
  for (const fd of [0, 1]) were.stats.set(fd, fstatSync(fd));
  were.isTerminal = isTerminal(0);
  const { take } = "Deno" in globalThis
    ? await import("./take_on_deno.ts")
    : await import("./take_on_node.ts");
  taken = take({ isInput });
}

/** Whether inputs come by stdin. */
export function readsStdin({ input, args }: { input: string[]; args?: string[] }): boolean {
  return args === undefined && input.includes("-");
}

/** Whether somebody may type the inputs. */
export function isStdinTerminal(): boolean {
  return were.isTerminal ?? isTerminal(0);
}

/** Files and pipes are none. Only else is `node:tty` loaded, which takes Deno some milliseconds. */
function isTerminal(fd: number): boolean {
  if (process.platform !== "win32" && !statOf(fd).isCharacterDevice()) return false;
  return process.getBuiltinModule("node:tty").isatty(fd);
}

/** What a descriptor was when the run began; 0 and 1 are the run's own stdin and stdout. */
export function statOf(fd: number): Stats {
  return were.stats.get(fd) ?? fstatSync(fd);
}

/** How long a file is by now. */
export function sizeNow(fd: number): number {
  const moved = fd === 0 ? taken.stdin?.fd : undefined;
  // By a path, because Deno's functions know only the descriptors that Deno itself has opened.
  return (moved === undefined ? statOf(fd) : statSync(`/dev/fd/${moved}`)).size;
}

/** Reads from a descriptor, 0 for stdin; resolves with how many bytes. */
export function readSome(fd: number, buffer: Uint8Array): Promise<number> {
  if (fd === 0 && taken.stdin) return taken.stdin.read(buffer);
  return new Promise((resolve, reject) =>
    read(fd, buffer, 0, buffer.length, null, (error, length) => error ? reject(error) : resolve(length))
  );
}

/** Writes to a descriptor, 1 for stdout; resolves with how many bytes. */
export function writeSome(fd: number, bytes: Uint8Array): Promise<number> {
  if (fd === 1 && taken.stdout) return taken.stdout.write(bytes);
  return new Promise((resolve, reject) =>
    write(fd, bytes, 0, bytes.length, null, (error, length) => error ? reject(error) : resolve(length))
  );
}

/** Whether a stdout that nobody reads holds up no more than its writer. Deno's own functions wait, and the main thread with them. */
export function writesAside(): boolean {
  return taken.stdout !== undefined || !("Deno" in globalThis);
}

/** Writes to a descriptor and waits, 1 for stdout; returns how many bytes. */
export function writeSomeSync(fd: number, bytes: Uint8Array): number {
  return fd === 1 && taken.stdout ? taken.stdout.writeSync(bytes) : writeSync(fd, bytes);
}

/** The path of a file; of stdin or stdout where the user named it by a path. */
export function pathOfFile(path: string): string {
  const name = /^(?:\/dev\/(std(?:in|out)|fd\/[01])|\/proc\/self\/fd\/([01]))$/.exec(path);
  if (!name) return path;
  const fd = /(in|0)$/.test(path) ? taken.stdin?.fd : taken.stdout?.fd;
  return fd === undefined ? path : `/dev/fd/${fd}`;
}
