/** The entry of a standard Web Worker. Takes the port that it receives, holds the lock that signals its end, and starts the loop. */

import { portChannel } from "../../wire/port_channel.ts";
import type { WorkerInit } from "../../wire/worker_init.ts";
import { enterNest } from "../../wire/nesting.ts";
import { LOCKED, locks } from "../../wire/web_locks.ts";
import { redirectConsole } from "../console.ts";
import { beforeExit, wordsOf } from "../exits.ts";
import { TaskLoop } from "../loop.ts";
import { hideOwnLocks } from "../own_locks.ts";
import { onStrayError } from "../stray_errors.ts";

/** The global object, typed for a worker. The library itself is checked with the types of a window. */
const scope = globalThis as unknown as {
  postMessage(message: unknown): void;
  close(): void;
};

addEventListener("message", start as EventListener, { once: true });

function start(event: MessageEvent<{ port: MessagePort; init: WorkerInit }>): void {
  const { port, init } = event.data;
  redirectConsole(init.console);
  // Saved before `beforeExit` wraps it.
  const close = scope.close.bind(scope);
  const loop = new TaskLoop(portChannel(port), init, { exit: close });
  enterNest({ modules: init.nest ?? [], isBusy: () => loop.isBusy });
  const listenAgain = onStrayError((error) => loop.die(error));
  beforeExit((exit) => loop.leave(wordsOf(exit)));
  if (init.lock === undefined) return void run();
  // Never released by the worker. The platform frees it when the worker ends for whatever reason.
  locks!.request(init.lock, () => {
    scope.postMessage(LOCKED);
    run();
    return new Promise(() => {});
  });
  hideOwnLocks();

  async function run() {
    await loop.start();
    listenAgain();
  }
}
