/**
 * Workers as threads of `node:worker_threads` (Node, Bun). Such a thread tells of its end by an event. A thread that loops
 * for ever can be stopped, and one that uses up its memory ends alone.
 *
 * @module
 */

import { portChannel } from "../wire/channel.ts";
import { ToCaller, type WorkerInit } from "../wire/message.ts";
import { ownFile } from "../wire/own_file.ts";
import { lastKind } from "../wire/record_check.ts";
import { sharedMemory } from "../wire/shared_memory.ts";
import type { Backend, OnOutput, WorkerChannel, WorkerEnd } from "./backend.ts";
import { outputText } from "./output_text.ts";
import { inheritedEnvironment } from "./node_options.ts";
import type { WorkerSettings } from "./worker_settings.ts";

/** One thread per worker. */
export function workerThreadsBackend(settings: WorkerSettings): Backend {
  const own = { ...settings };
  if (own.env) own.env = inheritedEnvironment(own.env);
  // Node has no word for a module without a file, and so no place for the program's name.
  if (own.argv && !("Bun" in globalThis)) {
    own.argv = [ownFile("../worker/entries/node", import.meta.url).href, ...own.argv];
  }
  return { boundary: "thread", spawn: (init, onOutput) => spawn(init, onOutput, own) };
}

/** How long a thread may take to end after it has said so, in milliseconds. A guess: after that, what it printed last is lost. */
const PATIENCE = 1_000;

/** A stream of a thread's output. */
interface Output {
  on(event: "data", listener: (bytes: Uint8Array) => void): void;
}

/** The part of `node:worker_threads`' `Worker` that matters here. */
interface Thread {
  stdout: Output;
  stderr: Output;
  postMessage(message: unknown, transfer: unknown[]): void;
  terminate(): void;
  on(event: "error", listener: (error: unknown) => void): void;
  on(event: "exit", listener: (code: number) => void): void;
}

const { process } = globalThis as unknown as {
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
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  const asEvents = init.console === "event";
  const thread = new Worker(entry(), {
    name: `polyloop ${init.workerId}`,
    stdout: asEvents,
    stderr: asEvents,
    ...settings,
  });
  if (asEvents) {
    thread.stdout.on("data", outputText("stdout", onOutput));
    thread.stderr.on("data", outputText("stderr", onOutput));
  }
  const { port1, port2 } = new MessageChannel();
  const channel = portChannel(port1);
  const memory = sharedMemory();
  const { promise: exited, resolve } = Promise.withResolvers<WorkerEnd>();
  // The first of the two says why; and an error that nobody listens for would end the caller's program.
  thread.on("error", (error) => resolve(endOf(error)));
  thread.on("exit", (code) => resolve({ reason: `its thread exited with code ${code}`, exitCode: code }));
  // The worker's port closes with it, and that arrives after everything the worker has posted.
  const drained = new Promise((resolve) => port1.addEventListener("close", resolve));

  let ending = false;

  function terminate() {
    channel.close();
    if (!ending) return thread.terminate();
    // Not terminated, because what it printed last leaves only when it ends by itself.
    const timer = setTimeout(() => thread.terminate(), PATIENCE);
    thread.on("exit", () => clearTimeout(timer));
  }

  try {
    thread.postMessage({ port: port2, init: { ...init, memory } }, [port2]);
  } catch (error) {
    // `workerData` cannot be cloned.
    terminate();
    throw error;
  }

  return {
    ...channel,
    memory,
    listen(onMessage, onBroken) {
      channel.listen((message) => {
        // Nothing follows last words.
        ending ||= lastKind(message) === ToCaller.lastWords;
        onMessage(message);
      }, onBroken);
    },
    ended: drained.then(() => exited),
    terminate,
    gone: async () => void await exited,
  };
}

/** A data URL that imports the entry: in a program of `node --eval`, a thread cannot start from a file. */
function entry(): URL {
  const source = `import ${JSON.stringify(ownFile("../worker/entries/node", import.meta.url).href)};`;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}

/** Why an error ended a thread. */
function endOf(error: unknown): WorkerEnd {
  const { code } = Object(error) as { code?: unknown };
  if (code === "ERR_WORKER_OUT_OF_MEMORY") return { reason: "it ran out of memory", cause: error };
  return { reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error), cause: error };
}
