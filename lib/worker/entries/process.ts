/**
 * The entry of a worker that is a process: takes what it is told first, replies on a pipe of its own, and has a second
 * thread see to it that it does not outlive its parent.
 *
 * @module
 */

import process from "node:process";
import type { WorkerInit } from "../../wire/message.ts";
import { enterNest } from "../../wire/nesting.ts";
import { deserialize } from "../../wire/serialize.ts";
import { bytesChannel } from "../bytes_channel.ts";
import { outputHasLeft, sendConsoleToStderr } from "../console.ts";
import { beforeExit, wordsOf } from "../exits.ts";
import { leaveSignalsToParent } from "../group_signals.ts";
import { TaskLoop } from "../loop.ts";
import { reply, useSeal } from "../reply_pipe.ts";
import { startSecondThread } from "../second_thread.ts";
import { processTurn } from "../turns.ts";
import { onStrayError, onStrayProcessError } from "../stray_errors.ts";

/** Taken before it is wrapped below. */
const exit = process.exit.bind(process);

const { channel, receive } = bytesChannel((bytes) => reply(bytes, exit));
let deliver: (bytes: Uint8Array) => void = start;

process.on("message", (message: unknown) => deliver(message as Uint8Array));
process.on("disconnect", () => exit());
leaveSignalsToParent();

function start(bytes: Uint8Array): void {
  const { init, parent, seal } = deserialize(bytes) as { init: WorkerInit; parent: number; seal: Uint8Array };
  deliver = receive;
  useSeal(seal);
  const pulse = startSecondThread(parent, seal);
  if (init.console === "stderr") sendConsoleToStderr();
  // Node keeps what a pipe has no room for, and the caller ends this process once it is closed.
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
