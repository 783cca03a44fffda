/**
 * The entry of a standard Web Worker: takes the port it is sent, holds the lock that tells of its end,
 * and starts the loop.
 *
 * @module
 */

import { portChannel } from "../../wire/channel.ts";
import type { WorkerInit } from "../../wire/message.ts";
import { enterNest } from "../../wire/nesting.ts";
import { LOCKED, locks } from "../../wire/web_locks.ts";
import { sendConsoleToStderr } from "../console.ts";
import { beforeExit, wordsOf } from "../exits.ts";
import { TaskLoop } from "../loop.ts";
import { hideOwnLocks } from "../own_locks.ts";
import { onStrayError } from "../stray_errors.ts";

/** This realm, typed for a worker: the library is checked with the window's types. */
const scope = globalThis as unknown as {
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
  enterNest({ modules: init.nest ?? [], isBusy: () => loop.isBusy });
  const listenAgain = onStrayError((error) => loop.die(error));
  beforeExit((exit) => loop.leave(wordsOf(exit)));
  if (init.lock === undefined) return void run();
  // Never released: the platform frees it when the worker ends, however it ends.
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
