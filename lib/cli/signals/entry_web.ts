/**
 * The entry of the thread that observes signals, on Deno. A Web Worker gets them also while the main thread is blocked.
 *
 * @module
 */

import { observe } from "./observer.ts";
import type { ObserverInit, Told } from "./protocol.ts";

/** The C library of each system: Deno itself ends no process from within a worker. */
const LIBRARIES: Partial<Record<typeof Deno.build.os, string>> = {
  linux: "libc.so.6",
  darwin: "libSystem.B.dylib",
};

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

/** Returns where this is not possible: the signal's own end of a process is the next best. */
function exit(code: number): void {
  const library = LIBRARIES[Deno.build.os];
  // Not asked of a user: nobody is there to answer.
  if (!library || Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return;
  try {
    Deno.dlopen(library, { _exit: { parameters: ["i32"], result: "void" } }).symbols._exit(code);
  } catch {
    // A system with another C library.
  }
}
