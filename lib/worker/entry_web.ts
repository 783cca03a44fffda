/**
 * The entry of a standard Web Worker: takes the port it is sent, holds the lock that tells of its end,
 * and starts the loop.
 *
 * @module
 */

import { portChannel } from "../wire/channel.ts";
import type { WorkerInit } from "../wire/message.ts";
import { locks } from "../wire/web_locks.ts";
import { sendConsoleToStderr } from "./console.ts";
import { beforeExit } from "./exits.ts";
import { TaskLoop } from "./loop.ts";

type Listener = (event: ErrorEvent & PromiseRejectionEvent) => void;

/** This realm, typed for a worker: the library is checked with the window's types. */
const scope = globalThis as unknown as {
  addEventListener(type: string, listener: Listener): void;
  removeEventListener(type: string, listener: Listener): void;
  postMessage(message: unknown): void;
  close(): void;
};

addEventListener("message", start as EventListener, { once: true });

function start(event: MessageEvent<{ port: MessagePort; init: WorkerInit }>): void {
  const { port, init } = event.data;
  if (init.console === "stderr") sendConsoleToStderr();
  // Taken before it is wrapped below.
  const close = scope.close.bind(scope);
  const loop = new TaskLoop(portChannel(port), init, { exit: close });
  /** Ends the worker, unless the user's code has seen to it. */
  const onError = (event: ErrorEvent & PromiseRejectionEvent) => {
    if (event.defaultPrevented) return;
    // Prevented, because the runtime would print it as its own crash; the caller reports it.
    event.preventDefault();
    loop.die(event.type === "unhandledrejection" ? event.reason : event.error ?? new Error(event.message));
  };
  listen();
  beforeExit((how) => loop.leave(`it called ${how}()`));
  if (init.lock === undefined) return void run();
  // Never released: the platform frees it when the worker ends, however it ends.
  locks.request(init.lock, () => {
    scope.postMessage("locked");
    run();
    return new Promise(() => {});
  });

  async function run() {
    await loop.start();
    // Once more, to come after the listeners that the module has set up by now: the first to be asked is the user.
    listen();
  }

  function listen() {
    for (const type of ["error", "unhandledrejection"]) {
      scope.removeEventListener(type, onError);
      scope.addEventListener(type, onError);
    }
  }
}
