/**
 * The pipe on which a process replies to its parent: what backends/child_process.ts reads.
 *
 * @module
 */

import { frame } from "../wire/frames.ts";
import { uncurried } from "../wire/intrinsics.ts";

/** Its file descriptor. */
export const PIPE = 4;

/** The part of `node:fs` that matters here. */
interface Files {
  writeSync(file: number, bytes: Uint8Array): number;
}

const { process } = globalThis as unknown as { process: { getBuiltinModule(name: "node:fs"): Files } };

/** Loaded before the user's code, which may replace it. */
const { writeSync } = process.getBuiltinModule("node:fs");

const { Int32Array, SharedArrayBuffer } = globalThis;
const { compareExchange, store, wait } = Atomics;
const subarray = uncurried(Uint8Array.prototype.subarray);

/** What the parent knows this process's messages by. */
let seal: Uint8Array;

/** The parent has told the seal. */
export function useSeal(told: Uint8Array): void {
  seal = told;
}

/** Taken by the thread that writes, where there are two (`second_thread.ts`). */
let lock: Int32Array | undefined;

/** The memory of the lock that is taken from now on. */
export function replyLock(): SharedArrayBuffer {
  lock ??= new Int32Array(new SharedArrayBuffer(4));
  return lock.buffer as SharedArrayBuffer;
}

/** Replies, synchronously: it has left when the process ends in the next line. `exit` is called if nobody reads it. */
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
      // The pipe is full and does not block by itself: the parent is busy. Else the parent is no more.
      if ((error as { code?: string }).code !== "EAGAIN") return exit();
      wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
