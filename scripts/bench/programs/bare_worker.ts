/**
 * A bare worker of the runtime, without polyloop: the lower limit of cost with which polyloop is compared.
 */

import type { Transferable as NodeTransferable } from "node:worker_threads";

/** The part of a worker that is used here. */
export interface BareWorker {
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  /** Sets the listener for messages from the worker. */
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

/** Starts a worker: the Web's `Worker` on Deno, that of `node:worker_threads` on Node. */
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

/** Returns a function that sends one message and waits for the answer. */
export async function pingPong(): Promise<(message: unknown, transfer?: ArrayBuffer[]) => Promise<unknown>> {
  const worker = await startEcho();
  let answered: (message: unknown) => void;
  // One listener for all messages, because changing it costs Node more than a message does.
  worker.listen((message) => answered(message));
  return (message, transfer) =>
    new Promise((resolve) => {
      answered = resolve;
      worker.post(message, transfer);
    });
}
