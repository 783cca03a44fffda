/**
 * A worker as the runtime gives it, with nothing of ours: the floor that polyloop is held against.
 *
 * @module
 */

import type { Transferable as NodeTransferable } from "node:worker_threads";

/** The little that is needed of it. */
export interface BareWorker {
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  /** Sets who hears what it sends. */
  listen(listener: (message: unknown) => void): void;
}

/** Starts `echo_worker.ts`. */
export function startEcho(): Promise<BareWorker> {
  return start(new URL("./echo_worker.ts", import.meta.url));
}

/** Starts `calling_worker.ts`. */
export function startCalling(): Promise<BareWorker> {
  return start(new URL("./calling_worker.ts", import.meta.url));
}

/** The Web's `Worker` on Deno, Node's own on Node. */
async function start(url: URL): Promise<BareWorker> {
  if ("Deno" in globalThis) {
    const worker = new Worker(url, { type: "module" });
    return {
      post: (message, transfer = []) => worker.postMessage(message, transfer),
      listen: (listener) => worker.onmessage = ({ data }) => listener(data),
    };
  }
  const { Worker: NodeWorker } = await import("node:worker_threads");
  const worker = new NodeWorker(url);
  return {
    post: (message, transfer: NodeTransferable[] = []) => worker.postMessage(message, transfer),
    listen: (listener) => worker.removeAllListeners("message").on("message", listener),
  };
}

/** One message there and back at a time. */
export async function pingPong(): Promise<(message: unknown, transfer?: ArrayBuffer[]) => Promise<unknown>> {
  const worker = await startEcho();
  let answered: (message: unknown) => void;
  // One listener for all: changing it costs Node more than a message does.
  worker.listen((message) => answered(message));
  return (message, transfer) =>
    new Promise((resolve) => {
      answered = resolve;
      worker.post(message, transfer);
    });
}
