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

/** This realm, typed for a worker: the library is checked with the window's types. */
const scope = globalThis as unknown as {
  addEventListener(
    type: string,
    listener: (event: ErrorEvent & PromiseRejectionEvent) => void,
    options?: object,
  ): void;
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
  scope.addEventListener("error", (event) => {
    // Prevented, because the runtime would print it as its own crash; the caller reports it.
    event.preventDefault();
    loop.die(event.error ?? new Error(event.message));
  });
  scope.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    loop.die(event.reason);
  });
  beforeExit((how) => loop.leave(`it called ${how}()`));
  if (init.lock === undefined) return void loop.start();
  // Never released: the platform frees it when the worker ends, however it ends.
  locks.request(init.lock, () => {
    scope.postMessage("locked");
    loop.start();
    return new Promise(() => {});
  });
}
