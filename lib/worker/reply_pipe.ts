/**
 * The pipe on which a process replies to its parent: what backends/child_process.ts reads.
 *
 * @module
 */

import { frame } from "../wire/frames.ts";

/** Its file descriptor. */
export const PIPE = 4;

/** The part of `node:fs` that matters here. */
interface Files {
  writeSync(file: number, bytes: Uint8Array): number;
}

const { process } = globalThis as unknown as { process: { getBuiltinModule(name: "node:fs"): Files } };

/** Taken by the thread that writes, where there are two (`second_thread.ts`). */
let lock: Int32Array | undefined;

/** The memory of the lock that is taken from now on. */
export function replyLock(): SharedArrayBuffer {
  lock ??= new Int32Array(new SharedArrayBuffer(4));
  return lock.buffer as SharedArrayBuffer;
}

/** Replies, synchronously: it has left when the process ends in the next line. `exit` is called if nobody reads it. */
export function reply(bytes: Uint8Array, exit: () => void): void {
  if (lock) { while (Atomics.compareExchange(lock, 0, 0, 1) !== 0) Atomics.wait(lock, 0, 1, 1); }
  write(frame(bytes), exit);
  if (lock) Atomics.store(lock, 0, 0);
}

function write(bytes: Uint8Array, exit: () => void): void {
  const { writeSync } = process.getBuiltinModule("node:fs");
  for (let rest = bytes; rest.length > 0;) {
    try {
      rest = rest.subarray(writeSync(PIPE, rest));
    } catch (error) {
      // The pipe is full and does not block by itself: the parent is busy. Else the parent is no more.
      if ((error as { code?: string }).code !== "EAGAIN") return exit();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
