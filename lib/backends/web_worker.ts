/**
 * Workers as standard Web Workers (Deno, browsers). A Web Worker may end without any event. Therefore it holds a Web
 * Lock while it lives, and the caller waits for that lock.
 */

import { portChannel } from "../wire/port_channel.ts";
import type { WorkerInit } from "../wire/worker_init.ts";
import { ownFile } from "../wire/own_file.ts";
import type { PermissionSet } from "../wire/permissions.ts";
import { sharedMemory } from "../wire/shared_memory.ts";
import { LOCKED, locks } from "../wire/web_locks.ts";
import type { Backend, WorkerChannel, WorkerEnd } from "./backend.ts";
import { allPermissions } from "./deno_permissions.ts";
import { restrictedEntry } from "./restricted_entry.ts";

/**
 * Starts a worker whose entry passes its tasks to `serve()` of `@polyloop/polyloop/worker`. A bundler finds that entry
 * and its imports only if the program creates the worker in exactly this form. A worker that never calls `serve()` is
 * never ready. `startTimeout` limits the wait for it.
 *
 * @example
 * ```ts
 * import { Executor } from "@polyloop/polyloop";
 *
 * const start = () => new Worker(new URL("../../tests/executor/fixtures/served.ts", import.meta.url), { type: "module" });
 * await using executor = new Executor<typeof import("../../tests/executor/fixtures/tasks.ts")>(start, { workers: 2 });
 * if (await executor.run("echo", 1) !== 1) throw new Error("unexpected");
 * ```
 */
export type StartWorker = () => WebWorker;

/** The type `Worker`, if the program's types declare it. Node's types do not. */
export type WebWorker = typeof globalThis extends { Worker: new (...args: never[]) => infer W } ? W : never;

/**
 * How long a terminated thread may hold its lock, in milliseconds. Measured: 0 to 16 on an idle machine. A thread that
 * holds it longer computes, and only the end of the program stops it.
 */
const patience = 1_000;

/** Returns the backend with one Web Worker per worker, with the caller's permissions or (on Deno) its own. */
export function webWorkerBackend(permissions?: PermissionSet): Backend {
  return { boundary: "thread", patience, spawn: (init) => connect(startWorker(init, permissions), init) };
}

/** Returns the backend of workers that the program starts itself. */
export function servedBackend(start: StartWorker): Backend {
  return { boundary: "thread", patience, spawn: (init) => connect(start(), init) };
}

function connect(worker: Worker, init: WorkerInit): WorkerChannel {
  const { port1, port2 } = new MessageChannel();
  const channel = portChannel(port1);
  const { promise: ended, resolve } = Promise.withResolvers<WorkerEnd>();
  const lock = locks && `polyloop:${crypto.randomUUID()}`;
  const memory = sharedMemory();
  const waiting = new AbortController();
  let messages = 0;

  worker.onerror = (event) => {
    // Prevented, because an unhandled worker error would end the caller's program.
    event.preventDefault();
    resolve({ reason: event.message || "its entry could not be loaded" });
  };
  onLocked(worker, () => void locks!.request(lock!, { signal: waiting.signal }, exited).catch(() => {}));
  // Bun has no locks, and is the only runtime with this event.
  worker.addEventListener("close", exited);

  async function exited() {
    // Messages that the worker posted before its end may take more than one turn to arrive.
    for (let seen = -1; seen !== messages;) {
      seen = messages;
      await new Promise((done) => setTimeout(done));
    }
    resolve({ reason: "it exited" });
  }

  function terminate() {
    channel.close();
    waiting.abort();
    worker.onerror = (event) => event.preventDefault();
    worker.terminate();
  }

  try {
    worker.postMessage({ port: port2, init: { ...init, lock, memory } }, [port2]);
  } catch (error) {
    // `workerData` could not be cloned.
    terminate();
    throw error;
  }

  return {
    ...channel,
    memory,
    listen(onMessage, onBroken) {
      channel.listen((message) => {
        messages++;
        onMessage(message);
      }, onBroken);
    },
    ended,
    terminate,
    gone: () => released(lock),
  };
}

/** Waits for a worker's lock. Deno does not stop a thread during a computation, and that thread keeps the lock. */
async function released(lock: string | undefined): Promise<void> {
  await locks?.request(lock!, async () => {}).catch(() => {});
}

/**
 * Calls `request` after the worker has reported that it holds its lock. A lock that is requested then is granted only when the
 * worker is gone.
 */
function onLocked(worker: Worker, request: () => void): void {
  const listen = ({ data }: MessageEvent) => {
    // Other messages belong to the program's own entry.
    if (data !== LOCKED) return;
    worker.removeEventListener("message", listen);
    request();
  };
  worker.addEventListener("message", listen);
}

function startWorker({ module, workerId }: WorkerInit, permissions: PermissionSet | undefined): Worker {
  const name = `polyloop ${workerId}`;
  if (!permissions) {
    // Spelled out, because bundlers find a worker only in this form. scripts/npm/ replaces the path by that in the package.
    return new Worker(new URL("../worker/entries/web.ts", import.meta.url), { type: "module", name });
  }
  const source = restrictedEntry(ownFile("worker/entries/web"), module);
  const options = {
    type: "module",
    name,
    deno: { permissions: allPermissions(permissions, module) },
  } as const;
  return new Worker(`data:application/typescript,${encodeURIComponent(source)}`, options);
}
