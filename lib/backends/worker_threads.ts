/**
 * Workers as threads of `node:worker_threads` (Node, Bun). An event reports the end of such a thread. A thread in an
 * endless loop can be stopped, and a thread that exhausts its memory ends alone.
 */

import { portChannel } from "../wire/port_channel.ts";
import { ToCaller } from "../wire/message.ts";
import type { WorkerInit } from "../wire/worker_init.ts";
import { ownFile } from "../wire/own_file.ts";
import { lastKind } from "../wire/record_check.ts";
import { sharedMemory } from "../wire/shared_memory.ts";
import type { Backend, OnOutput, WorkerChannel, WorkerEnd } from "./backend.ts";
import { outputText } from "./output_text.ts";
import { inheritedEnvironment } from "./node_options.ts";
import type { WorkerSettings } from "./worker_settings.ts";

export function workerThreadsBackend(settings: WorkerSettings): Backend {
  const own = { ...settings };
  if (own.env) own.env = inheritedEnvironment(own.env);
  // A data URL has no place for the program's name in `process.argv`, so that name is added here.
  if (own.argv && !("Bun" in globalThis)) {
    own.argv = [ownFile("worker/entries/node").href, ...own.argv];
  }
  return { boundary: "thread", spawn: (init, onOutput) => spawn(init, onOutput, own) };
}

/** How long a thread may take to end after it has reported `closed`, in milliseconds. A guess: after that, its last output is lost. */
const PATIENCE = 1_000;

interface Output {
  on(event: "data", listener: (bytes: Uint8Array) => void): void;
  on(event: "end", listener: () => void): void;
}

/** The part of `Worker` of `node:worker_threads` that is used here. */
interface Thread {
  stdout: Output;
  stderr: Output;
  postMessage(message: unknown, transfer: unknown[]): void;
  terminate(): void;
  on(event: "error", listener: (error: unknown) => void): void;
  on(event: "exit", listener: (code: number) => void): void;
}

const runtime = globalThis as unknown as {
  process: {
    getBuiltinModule(name: "node:worker_threads"): {
      Worker: new (
        entry: URL,
        options: { name: string; stdout: boolean; stderr: boolean } & WorkerSettings,
      ) => Thread;
    };
  };
};

function spawn(init: WorkerInit, onOutput: OnOutput, settings: WorkerSettings): WorkerChannel {
  const thread = startThread(init, settings);
  let printed = 0;
  for (const name of ["stdout", "stderr"] as const) {
    thread[name].on("data", () => printed++);
    if (init.console === "event") thread[name].on("data", outputText(name, onOutput));
  }
  const { port1, port2 } = new MessageChannel();
  const channel = portChannel(port1);
  const memory = sharedMemory();
  const exited = exitOf(thread);
  // The worker's port closes with the worker. "close" arrives after everything that the worker posted.
  const drained = new Promise((resolve) => port1.addEventListener("close", resolve));
  const written = ended([thread.stdout, thread.stderr]);

  let ending = false;
  let terminated = false;
  let closed: Promise<void> | undefined;

  function terminate() {
    terminated = true;
    channel.close();
    if (!ending) return thread.terminate();
    // Not terminated at once, because its last output leaves only if it ends by itself.
    const timer = setTimeout(() => thread.terminate(), PATIENCE);
    thread.on("exit", () => clearTimeout(timer));
  }

  try {
    thread.postMessage({ port: port2, init: { ...init, memory } }, [port2]);
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
        // Nothing follows the last words.
        const kind = lastKind(message);
        ending ||= kind === ToCaller.lastWords;
        if (kind !== ToCaller.closed) return onMessage(message);
        thread.terminate();
        closed = written.then(() => {
          if (!terminated) onMessage(message);
        });
      }, onBroken);
    },
    ended: drained.then(() => exited).then(async (end) => {
      await closed;
      return end;
    }),
    printed: () => printed,
    terminate,
    gone: async () => void await exited,
  };
}

function startThread({ console, workerId }: WorkerInit, settings: WorkerSettings): Thread {
  const { Worker } = runtime.process.getBuiltinModule("node:worker_threads");
  const asEvents = console === "event";
  return new Worker(entry(), {
    name: `polyloop ${workerId}`,
    stdout: asEvents,
    stderr: asEvents,
    ...settings,
  });
}

/**
 * Resolves when the streams have ended. While the caller's own streams are busy, what the thread has printed is passed on after its
 * "exit" only.
 */
async function ended(outputs: Output[]): Promise<void> {
  await Promise.all(outputs.map((stream) => new Promise<void>((resolve) => stream.on("end", resolve))));
}

function exitOf(thread: Thread): Promise<WorkerEnd> {
  const { promise, resolve } = Promise.withResolvers<WorkerEnd>();
  // The first of the two events gives the reason. An "error" event without a listener would end the caller's program.
  thread.on("error", (error) => resolve(endOf(error)));
  thread.on("exit", (code) => resolve({ reason: `its thread exited with code ${code}`, exitCode: code }));
  return promise;
}

/** Returns a data URL that imports the entry. In a program of `node --eval`, a thread cannot start from a file. */
function entry(): URL {
  const source = `import ${JSON.stringify(ownFile("worker/entries/node").href)};`;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}

/** Returns why an error ended a thread. */
function endOf(error: unknown): WorkerEnd {
  const { code } = Object(error) as { code?: unknown };
  if (code === "ERR_WORKER_OUT_OF_MEMORY") return { reason: "it ran out of memory", cause: error };
  return { reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error), cause: error };
}
