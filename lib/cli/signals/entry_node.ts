/**
 * The entry of the thread that observes signals on Node. In a thread, `process.on()` delivers no signals. The internal
 * binding that is used here works in every thread, and needs the flag `--expose-internals`.
 */

import { write } from "node:fs";
import { Session } from "node:inspector";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { promisify } from "node:util";
import { parentPort } from "node:worker_threads";
import { observe } from "./observer.ts";
import type { ObserverInit, Told } from "./protocol.ts";

interface SignalHandle {
  onsignal: () => void;
  start(signal: number): number;
  close(): void;
}

const { internalBinding } = createRequire(import.meta.url)("internal/test/binding");
const { Signal } = internalBinding("signal_wrap") as { Signal: new () => SignalHandle };

const tell = (message: Told) => parentPort!.postMessage(message);

parentPort!.once("message", (init: ObserverInit) => {
  observe({
    listen(name, handler) {
      const handle = new Signal();
      handle.onsignal = handler;
      handle.start(constants.signals[name]);
      return () => handle.close();
    },
    tell,
    print: promisify((text: string, done: () => void) => write(2, text, done)),
    interrupt,
  }, init);
  tell("ready");
});

/** Ends the JavaScript that the main thread runs, even an endless loop. The main thread's event loop continues. */
function interrupt(): void {
  const session = new Session();
  try {
    session.connectToMainThread();
    session.post("Runtime.terminateExecution", () => session.disconnect());
  } catch {
    // This runtime cannot interrupt its main thread.
  }
}
