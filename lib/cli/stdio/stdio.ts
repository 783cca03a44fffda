/**
 * Reserves stdin and stdout for the run, because stdin carries inputs and stdout carries results. After {@link
 * takeStdio}, tasks and their child processes find an empty stdin, and their output to stdout goes to stderr.
 */

import { fstatSync, read, type Stats, statSync, write, writeSync } from "node:fs";
import process from "node:process";
import { reserved } from "./taken.ts";

const { Deno } = globalThis as unknown as { Deno?: { stdin: { isTerminal(): boolean } } };

/**
 * Reserves both for the main thread, as far as the runtime allows. Must be called before the first worker starts.
 * `isInput` says whether inputs come from stdin.
 */
export async function takeStdio({ isInput }: { isInput: boolean }): Promise<void> {
  if (reserved.isTerminal !== undefined || process.platform === "win32") return;
  for (const fd of [0, 1]) reserved.stats.set(fd, statOf(fd));
  reserved.isTerminal = looksAtTerminal();
  const { take } = Deno ? await import("./take_on_deno.ts") : await import("./take_on_node.ts");
  reserved.taken = take({ isInput });
}

export function readsStdin({ input, args }: { input: string[]; args?: string[] }): boolean {
  return args === undefined && input.includes("-");
}

export function isStdinTerminal(): boolean {
  return reserved.isTerminal ?? looksAtTerminal();
}

/** Asks the system. Deno is asked itself, because it takes 20 ms of CPU time to load `node:tty`. */
function looksAtTerminal(): boolean {
  return Deno ? Deno.stdin.isTerminal() : process.getBuiltinModule("node:tty").isatty(0);
}

/**
 * Returns the original state of a descriptor. 0 and 1 are the run's own stdin and stdout. Undefined if it is closed, or if the
 * system does not tell: on Windows, Deno cannot look at its standard streams, nor at the device NUL.
 */
export function statOf(fd: number): Stats | undefined {
  try {
    return reserved.stats.get(fd) ?? fstatSync(fd);
  } catch {
    return undefined;
  }
}

export function sizeNow(fd: number): number {
  const moved = fd === 0 ? reserved.taken.stdin?.fd : undefined;
  // By path, because Deno's functions accept only descriptors that Deno has opened.
  return (moved === undefined ? fstatSync(fd) : statSync(`/dev/fd/${moved}`)).size;
}

/** Reads from a descriptor; 0 is stdin. Resolves with the number of bytes, once there are some or the file has ended. */
export function readSome(fd: number, buffer: Uint8Array): Promise<number> {
  const { stdin } = reserved.taken;
  return untilReady(() => fd === 0 && stdin ? stdin.read(buffer) : transfer(read, fd, buffer));
}

/** Writes to a descriptor; 1 is stdout. Resolves with the number of bytes, once the file takes some. */
export function writeSome(fd: number, bytes: Uint8Array): Promise<number> {
  const { stdout } = reserved.taken;
  return untilReady(() => fd === 1 && stdout ? stdout.write(bytes) : transfer(write, fd, bytes));
}

type Transfer = (
  fd: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: null,
  done: (error: Error | null, length: number) => void,
) => void;

function transfer(by: Transfer, fd: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    by(fd, bytes, 0, bytes.length, null, (error, length) => error ? reject(error) : resolve(length));
  });
}

/** Tries again while another program has made the pipe or terminal non-blocking, and it is empty or full. */
async function untilReady(attempt: () => Promise<number>): Promise<number> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** Whether writing to a stdout without a reader leaves the main thread free. Deno's own functions block it. */
export function writesAside(): boolean {
  return reserved.taken.stdout !== undefined || !Deno;
}

/** Writes to a descriptor and waits; 1 is stdout. Returns the number of bytes. */
export function writeSomeSync(fd: number, bytes: Uint8Array): number {
  return fd === 1 && reserved.taken.stdout ? reserved.taken.stdout.writeSync(bytes) : writeSync(fd, bytes);
}

/** Returns the path by which a file is opened. `/dev/stdin`, `/dev/fd/1` and similar paths refer to the run's own stdin and stdout. */
export function pathOfFile(path: string): string {
  const name = /^(?:\/dev\/(std(?:in|out)|fd\/[01])|\/proc\/self\/fd\/([01]))$/.exec(path);
  if (!name) return path;
  const fd = /(in|0)$/.test(path) ? reserved.taken.stdin?.fd : reserved.taken.stdout?.fd;
  return fd === undefined ? path : `/dev/fd/${fd}`;
}
