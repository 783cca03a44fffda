/** Starts the thread that observes signals. */

import process from "node:process";
import { ownFile } from "../../wire/own_file.ts";
import type { ObserverInit, Received, Told } from "./protocol.ts";

export interface ObserverThread {
  /** Resolves when the thread listens, or has failed to start. */
  ready: Promise<void>;
  stop(): void;
}

interface Listener {
  onReady(): void;
  onSignal(received: Received): void;
}

/** Starts the thread. Undefined if this runtime has no such thread. */
export function startObserver(init: ObserverInit, listener: Listener): ObserverThread | undefined {
  // Bun delivers no signals to threads. On Windows, only Ctrl-C is a signal, and no process can send one.
  if ("Bun" in globalThis || process.platform === "win32") return undefined;
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const onMessage = (told: Told) => {
    if (told !== "ready") return listener.onSignal(told);
    listener.onReady();
    resolve();
  };
  try {
    const stop = "Deno" in globalThis
      ? startWeb(init, onMessage, resolve)
      : startNode(init, onMessage, resolve);
    return { ready, stop };
  } catch {
    return undefined;
  }
}

function startWeb(init: ObserverInit, onMessage: (told: Told) => void, onFailure: () => void): () => void {
  const worker = new Worker(ownFile("cli/signals/entry_web"), { type: "module", name: "signals" });
  worker.onmessage = ({ data }) => onMessage(data);
  // The thread could not be loaded, for example because polyloop's server is down. Then only the main thread watches.
  worker.onerror = (event) => {
    event.preventDefault();
    onFailure();
  };
  worker.postMessage(init);
  return () => worker.terminate();
}

function startNode(init: ObserverInit, onMessage: (told: Told) => void, onFailure: () => void): () => void {
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  const worker = new Worker(ownFile("cli/signals/entry_node"), {
    name: "signals",
    execArgv: ["--expose-internals", "--no-warnings"],
  });
  worker.unref();
  worker.on("message", onMessage);
  // This version of Node lacks the binding. Then only the main thread watches.
  worker.on("error", onFailure);
  worker.postMessage(init);
  return () => void worker.terminate();
}
