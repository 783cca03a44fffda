/** The pipe on which a worker process replies to its parent. `backends/child_process.ts` reads it. */

import { frame } from "../wire/frames.ts";
import { uncurried } from "../wire/intrinsics.ts";

/** The file descriptor of the pipe. */
export const PIPE = 4;

/** The part of `node:fs` that is used here. */
interface Files {
  writeSync(file: number, bytes: Uint8Array): number;
}

const { process } = globalThis as unknown as { process: { getBuiltinModule(name: "node:fs"): Files } };

/** Loaded before user code, which may replace it. */
const { writeSync } = process.getBuiltinModule("node:fs");

const { Int32Array, SharedArrayBuffer } = globalThis;
const { compareExchange, store, wait } = Atomics;
const subarray = uncurried(Uint8Array.prototype.subarray);

/** The bytes by which the parent recognizes this process's messages. */
let seal: Uint8Array;

/** Sets the seal that the parent has sent. */
export function useSeal(told: Uint8Array): void {
  seal = told;
}

/** The lock of the thread that writes. Set if two threads write to the pipe (`second_thread.ts`). */
let lock: Int32Array | undefined;

/** Returns the memory of the lock. From now on, {@link reply} takes the lock. */
export function replyLock(): SharedArrayBuffer {
  lock ??= new Int32Array(new SharedArrayBuffer(4));
  return lock.buffer as SharedArrayBuffer;
}

/**
 * Writes a reply synchronously, so that it has left even if the process ends in the next line. Calls `exit` if the pipe
 * has no reader.
 */
export function reply(bytes: Uint8Array, exit: () => void): void {
  const framed = frame(bytes, seal);
  if (lock) { while (compareExchange(lock, 0, 0, 1) !== 0) wait(lock, 0, 1, 1); }
  write(framed, exit);
  if (lock) store(lock, 0, 0);
}

function write(bytes: Uint8Array, exit: () => void): void {
  for (let rest = bytes; rest.length > 0;) {
    try {
      rest = subarray(rest, writeSync(PIPE, rest));
    } catch (error) {
      // EAGAIN means that the pipe is full, because the parent is busy. Any other error means that the parent has
      // ended.
      if ((error as { code?: string }).code !== "EAGAIN") return exit();
      wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
