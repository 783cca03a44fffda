/**
 * The entry of a worker process. Takes the first message, replies on its own pipe, and starts a second thread that ends
 * the process when its parent has ended.
 */

import process from "node:process";
import type { WorkerInit } from "../../wire/worker_init.ts";
import { enterNest } from "../../wire/nesting.ts";
import { deserialize } from "../../wire/serialize.ts";
import { bytesChannel } from "../bytes_channel.ts";
import { outputHasLeft, redirectConsole } from "../console.ts";
import { beforeExit, wordsOf } from "../exits.ts";
import { leaveSignalsToParent } from "../group_signals.ts";
import { TaskLoop } from "../loop.ts";
import { openPipe, reply } from "../reply_pipe.ts";
import { startSecondThread } from "../second_thread.ts";
import { processTurn } from "../turns.ts";
import { onStrayError, onStrayProcessError } from "../stray_errors.ts";

/** Saved before `beforeExit` wraps it. */
const exit = process.exit.bind(process);

const { channel, receive } = bytesChannel((bytes) => reply(bytes, exit));
let deliver: (bytes: Uint8Array) => void = start;

const listeners = {
  message: (message: unknown) => deliver(message as Uint8Array),
  disconnect: () => exit(),
  removeListener(event: string) {
    // A task may remove the listeners of all events. Later, because `removeAllListeners()` forgets those that are added meanwhile.
    if (event === "message") queueMicrotask(listen);
  },
};

listen();
leaveSignalsToParent();

function listen(): void {
  for (const [event, listener] of Object.entries(listeners)) {
    process.off(event, listener);
    process.on(event, listener);
  }
  // Node's own listener, which keeps the process alive while it can get messages, may have been removed, too.
  process.channel?.ref?.();
}

function start(bytes: Uint8Array): void {
  const { init, parent, seal } = deserialize(bytes) as { init: WorkerInit; parent: number; seal: Uint8Array };
  deliver = receive;
  openPipe(seal, exit);
  const pulse = startSecondThread(parent, seal);
  redirectConsole(init.console);
  // Node buffers output for which a pipe has no room. The caller ends this process once it is closed.
  const loop = new TaskLoop(channel, init, {
    exit: () => exit(1),
    exitCode: 1,
    hasWritten: outputHasLeft,
    pulse,
    turn: processTurn,
  });
  enterNest({ modules: init.nest ?? [], isBusy: () => loop.isBusy });
  const listen = "Deno" in globalThis ? onStrayError : onStrayProcessError;
  const listenAgain = listen((error) => loop.die(error));
  beforeExit((exit) => loop.leave(wordsOf(exit)), process);
  loop.start().then(listenAgain);
}
