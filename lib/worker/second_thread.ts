/**
 * The second thread of a worker process. It ends the process soon after the parent has ended, even if the worker's own
 * thread is in an endless loop. It also tells the caller which body holds that thread, and for how long.
 */

import { ToCaller } from "../wire/message.ts";
import { PIPE, replyLock } from "./reply_pipe.ts";
import { CALLS, PULSE, sharedMemory } from "../wire/shared_memory.ts";

/** The part of `Worker` of `node:worker_threads` that is used here. */
interface Thread {
  postMessage(message: unknown): void;
  unref(): void;
}

const { process } = globalThis as unknown as {
  process: {
    getBuiltinModule(
      name: "node:worker_threads",
    ): { Worker: new (source: string, options: object) => Thread };
  };
};

const isDeno = "Deno" in globalThis;

/** Starts the second thread. Returns a function that makes the memory in which the thread sees which body holds the loop. */
export function startSecondThread(parent: number, seal: Uint8Array): () => SharedArrayBuffer | undefined {
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  const thread = new Worker(follow(parent), { eval: true, execArgv: [], stdout: false, stderr: false });
  thread.unref();
  return () => {
    const pulse = sharedMemory();
    // On Deno only one of the two threads writes to the pipe.
    if (pulse) thread.postMessage({ pulse, lock: isDeno ? undefined : replyLock(), seal });
    return pulse;
  };
}

/**
 * Returns the source text of the thread. It sends one kind of record, in frames of `frames.ts`. Deno's threads have their own
 * file descriptors: they do not have the pipe, but stderr, where the caller finds the record (`backends/asides.ts`).
 */
function follow(parent: number): string {
  return `
    const { parentPort } = process.getBuiltinModule("node:worker_threads");
    const { writeSync } = process.getBuiltinModule("node:fs");
    const { serialize } = process.getBuiltinModule("node:v8");
    const gone = () => {
      if (process.ppid !== ${parent} && process.platform !== "win32") return true;
      try { return !process.kill(${parent}, 0) || isUnread(); } catch (error) { return error.code === "ESRCH"; }
    };
    // If the parent is a thread, only a broken pipe shows that it has ended. Writing zero bytes tests that and changes nothing.
    const isUnread = () => {
      if ("Deno" in globalThis) return false;
      try { writeSync(${PIPE}, new Uint8Array(0)); } catch (error) { return error.code === "EPIPE"; }
      return false;
    };
    setInterval(() => gone() && process.kill(process.pid, "SIGKILL"), 500);
    parentPort.once("message", ({ pulse, lock, seal }) => {
      const cells = new Float64Array(pulse, ${PULSE.at}, ${PULSE.floats});
      const counts = new Int32Array(pulse, ${CALLS.at}, ${CALLS.ints});
      const locks = lock && new Int32Array(lock);
      const now = () => performance.timeOrigin + performance.now();
      // Bodies that hold the loop for less than 50 ms are not reported.
      setInterval(() => {
        const [id, called, , turned] = cells;
        const since = id === 0 ? turned : called;
        const ms = now() - since;
        if (since === 0 || ms < 50) return;
        // If a body is called after the next line, the worker tells the caller of it.
        Atomics.store(counts, 1, 1);
        const last = { calls: Atomics.load(counts, 0), id: cells[2] };
        const bytes = serialize([${ToCaller.blocked}, id, Math.round(ms * 1000), last]);
        const framed = new Uint8Array(seal.length + 4 + bytes.length);
        framed.set(seal);
        new DataView(framed.buffer).setUint32(seal.length, bytes.length);
        framed.set(bytes, seal.length + 4);
        if (!locks) {
          try { Deno.stderr.writeSync(framed); } catch {}
          return;
        }
        // The record must not be written inside a message of the other thread. A write this small is all or nothing.
        if (Atomics.compareExchange(locks, 0, 0, 1) !== 0) return;
        try { writeSync(${PIPE}, framed); } catch {}
        Atomics.store(locks, 0, 0);
        Atomics.notify(locks, 0);
      }, 25);
    });
  `;
}
