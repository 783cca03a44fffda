/**
 * Starts the thread that observes signals.
 *
 * @module
 */

import process from "node:process";
import { ownFile } from "../../wire/own_file.ts";
import type { ObserverInit, Received, Told } from "./protocol.ts";

/** The thread, as the main one sees it. */
export interface ObserverThread {
  /** Resolves once it listens, or cannot be had. */
  ready: Promise<void>;
  stop(): void;
}

/** What is told of it. */
interface Listener {
  onReady(): void;
  onSignal(received: Received): void;
}

/** Starts it; undefined where there is no such thread. */
export function startObserver(init: ObserverInit, listener: Listener): ObserverThread | undefined {
  // Bun tells no thread of signals; on Windows there is one to watch at the most, and no process to send it.
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
  const worker = new Worker(ownFile("./entry_web", import.meta.url), { type: "module", name: "signals" });
  worker.onmessage = ({ data }) => onMessage(data);
  // It could not be loaded, as from a server that is gone: the main thread then watches alone.
  worker.onerror = (event) => {
    event.preventDefault();
    onFailure();
  };
  worker.postMessage(init);
  return () => worker.terminate();
}

function startNode(init: ObserverInit, onMessage: (told: Told) => void, onFailure: () => void): () => void {
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  const worker = new Worker(ownFile("./entry_node", import.meta.url), {
    name: "signals",
    execArgv: ["--expose-internals", "--no-warnings"],
  });
  worker.unref();
  worker.on("message", onMessage);
  // This Node has no such binding: the main thread then watches alone.
  worker.on("error", onFailure);
  worker.postMessage(init);
  return () => void worker.terminate();
}
