/** The pipe on which a worker process replies to its parent. `backends/child_process.ts` reads it. */

import { frame } from "../wire/frames.ts";
import { uncurried } from "../wire/intrinsics.ts";

/** The file descriptor of the pipe. */
export const PIPE = 4;

/** The part of `node:fs` that is used here. */
interface Files {
  writeSync(file: number, bytes: Uint8Array, start?: number, length?: number): number;
  writevSync(file: number, parts: Uint8Array[]): number;
}

/** The part of `net.Socket` that is used here. */
interface Socket {
  write(bytes: Uint8Array): void;
  on(event: "error", listener: () => void): void;
}

const { process } = globalThis as unknown as {
  process: {
    stderr: { write(text: string): void };
    getBuiltinModule(name: "node:fs"): Files;
    getBuiltinModule(name: "node:net"): { Socket: new (options: { fd: number; readable: false }) => Socket };
  };
};

/** Loaded before user code, which may replace it. */
const { writeSync, writevSync } = process.getBuiltinModule("node:fs");

/**
 * Writes as much as the pipe takes. On Node by `writevSync()`, because `writeSync()` fails for each property `error` or `errno`
 * that a task adds to all objects. Deno's `writevSync()` does not tell how much it has written when the pipe is full.
 */
const writePart = "Deno" in globalThis
  ? (bytes: Uint8Array) => writeSync(PIPE, bytes, 0, bytes.length)
  : (bytes: Uint8Array) => writevSync(PIPE, [bytes]);

const { Int32Array, SharedArrayBuffer } = globalThis;
const { compareExchange, store, wait } = Atomics;
const subarray = uncurried(Uint8Array.prototype.subarray);

/** The bytes by which the parent recognizes this process's messages. */
let seal: Uint8Array;

/** Writes to the pipe where `node:fs` cannot. */
let socket: Socket | undefined;

/**
 * Opens the pipe, with the seal that the parent has sent. On Windows, Deno has the pipe only as a socket. Then the first reply of
 * a turn is written at once, and the others when the turn ends. A worker that ends within a turn loses some.
 */
export function openPipe(told: Uint8Array, exit: () => void): void {
  seal = told;
  try {
    writeSync(PIPE, new Uint8Array(0));
  } catch (error) {
    // Any other error comes again at the first reply.
    if ((error as { code?: string }).code !== "EBADF") return;
    const { Socket } = process.getBuiltinModule("node:net");
    socket = new Socket({ fd: PIPE, readable: false });
    socket.on("error", exit);
  }
}

/** The lock of the thread that writes. Set if two threads write to the pipe (`second_thread.ts`). */
let lock: Int32Array | undefined;

/** Returns the memory of the lock. From now on, {@link reply} takes the lock. */
export function replyLock(): SharedArrayBuffer {
  lock ??= new Int32Array(new SharedArrayBuffer(4));
  return lock.buffer as SharedArrayBuffer;
}

/**
 * Writes a reply synchronously, so that it has left even if the process ends in the next line. Calls `exit` if that is not
 * possible, with the exit code 1 unless the parent has ended.
 */
export function reply(bytes: Uint8Array, exit: (code?: number) => void): void {
  const framed = frame(bytes, seal);
  if (socket !== undefined) return socket.write(framed);
  if (lock) { while (compareExchange(lock, 0, 0, 1) !== 0) wait(lock, 0, 1, 1); }
  write(framed, exit);
  if (lock) store(lock, 0, 0);
}

function write(bytes: Uint8Array, exit: (code?: number) => void): void {
  for (let rest = bytes; rest.length > 0;) {
    try {
      rest = subarray(rest, writePart(rest));
    } catch (error) {
      const { code } = error as { code?: string };
      // The parent has ended.
      if (code === "EPIPE") return exit();
      if (code !== "EAGAIN") {
        process.stderr.write(`polyloop: a worker cannot write to its pipe: ${code}\n`);
        return exit(1);
      }
      // The pipe is full, because the parent is busy.
      wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
