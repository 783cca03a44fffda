/** The entry of the thread that observes signals on Deno. A Web Worker receives signals even while the main thread is blocked. */

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
    // Not by write() of node:fs, which blocks the thread on Deno.
    print: (text) => Deno.stderr.write(new TextEncoder().encode(text)),
    exit,
  }, data);
  scope.postMessage("ready");
};

/** Ends the process by the C library, because `Deno.exit()` in a worker ends only the worker. Returns if that is not possible. */
function exit(code: number): void {
  const library = cLibrary();
  if (library === undefined) return;
  try {
    Deno.dlopen(library, EXIT_NOW).symbols._exit(code);
  } catch {
    // This system has another C library.
  }
}
