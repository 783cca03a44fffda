/**
 * The entry of the thread that observes signals, on Deno. A Web Worker gets them also while the main thread is blocked.
 *
 * @module
 */

import { cLibrary, EXIT_NOW } from "../stdio/c_library.ts";
import { observe } from "./observer.ts";
import type { ObserverInit, Told } from "./protocol.ts";

const scope = globalThis as unknown as {
  postMessage(message: Told): void;
  onmessage: (event: { data: ObserverInit }) => void;
};

scope.onmessage = ({ data }) => {
  observe({
    listen(name, handler) {
      Deno.addSignalListener(name, handler);
      return () => Deno.removeSignalListener(name, handler);
    },
    tell: (received) => scope.postMessage(received),
    // Not by node:fs, whose write() waits on Deno.
    print: (text) => Deno.stderr.write(new TextEncoder().encode(text)),
    exit,
  }, data);
  scope.postMessage("ready");
};

/**
 * Deno itself ends no process from within a worker. Returns where this is not possible: the signal's own end of a process is
 * the next best.
 */
function exit(code: number): void {
  const library = cLibrary();
  if (library === undefined) return;
  try {
    Deno.dlopen(library, EXIT_NOW).symbols._exit(code);
  } catch {
    // A system with another C library.
  }
}
