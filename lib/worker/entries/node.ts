/** The entry of a thread of `node:worker_threads`. Takes the port that it receives, and starts the loop. */

import process from "node:process";
import { parentPort } from "node:worker_threads";
import { portChannel } from "../../wire/port_channel.ts";
import type { WorkerInit } from "../../wire/worker_init.ts";
import { enterNest } from "../../wire/nesting.ts";
import { outputHasLeft, redirectConsole } from "../console.ts";
import { beforeExit, wordsOf } from "../exits.ts";
import { TaskLoop } from "../loop.ts";
import { guardStdout } from "../stdout_guard.ts";
import { onStrayProcessError } from "../stray_errors.ts";

/** Saved before `beforeExit` wraps it. */
const exit = process.exit.bind(process);

// Only once, because the received port keeps the thread alive.
parentPort!.once("message", start);

function start({ port, init }: { port: MessagePort; init: WorkerInit }): void {
  if (redirectConsole(init.console)) guardStdout(process);
  // Messages carry the output to the caller's streams. The caller ends this thread once it is closed.
  const loop = new TaskLoop(portChannel(port), init, {
    exit: () => exit(1),
    exitCode: 1,
    hasWritten: outputHasLeft,
  });
  enterNest({ modules: init.nest ?? [], isBusy: () => loop.isBusy });
  onStrayProcessError((error) => loop.die(error));
  beforeExit((exit) => loop.leave(wordsOf(exit)));
  loop.start();
}
