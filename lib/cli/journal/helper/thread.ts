/** Starts threads that do a part of the journal's work in a long run: they make keys, or copy the log. */

import process from "node:process";
import { ownFile } from "../../../wire/own_file.ts";
import type { Request } from "./requests.ts";

export interface HelperThread {
  post(request: Request, move?: ArrayBuffer[]): void;
  stop(): void;
}

/**
 * Starts a thread.
 *
 * @param name what the thread is called in tools
 * @param onMessage takes what the thread sends
 * @param onError called if the thread could not be loaded, or has failed
 */
export function startHelper<T>(
  name: string,
  onMessage: (message: T) => void,
  onError: (error: Error) => void,
): HelperThread {
  const url = ownFile("cli/journal/helper/entry");
  if ("Deno" in globalThis) {
    const worker = new Worker(url, { type: "module", name });
    worker.onmessage = ({ data }) => onMessage(data);
    worker.onerror = (event) => {
      event.preventDefault();
      onError(new Error(event.message));
    };
    return {
      post: (request, move = []) => worker.postMessage(request, move),
      stop: () => worker.terminate(),
    };
  }
  const { Worker: NodeWorker } = process.getBuiltinModule("node:worker_threads");
  const worker = new NodeWorker(url, { name, execArgv: ["--no-warnings"] });
  worker.unref();
  worker.on("message", onMessage);
  worker.on("error", (error) => onError(error as Error));
  return {
    post: (request, move = []) => worker.postMessage(request, move),
    stop: () => void worker.terminate(),
  };
}
