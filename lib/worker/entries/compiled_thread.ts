/**
 * The entry of the thread that runs the tasks where a process of a compiled program has permissions of its own: it
 * talks to the caller by the port that it is sent, and its process (`compiled.ts`) hands on what is said.
 *
 * @module
 */

import type { WorkerInit } from "../../wire/message.ts";
import { enterNest } from "../../wire/nesting.ts";
import { THREAD_LOCK } from "../../wire/self_start.ts";
import { deserialize } from "../../wire/serialize.ts";
import { locks } from "../../wire/web_locks.ts";
import { bytesChannel } from "../bytes_channel.ts";
import { sendConsoleToStderr } from "../console.ts";
import { beforeExit, wordsOf } from "../exits.ts";
import { TaskLoop } from "../loop.ts";
import { hideOwnLocks } from "../own_locks.ts";
import { onStrayError } from "../stray_errors.ts";

/** This realm, typed for a worker: the library is checked with the window's types. */
const scope = globalThis as unknown as { postMessage(message: unknown): void; close(): void };

/** Taken before it is wrapped below. */
const close = scope.close.bind(scope);

addEventListener("message", listen as EventListener, { once: true });

function listen({ data: port }: MessageEvent<MessagePort>): void {
  const { channel, receive } = bytesChannel((bytes) => port.postMessage(bytes));
  let deliver = (bytes: Uint8Array) => {
    deliver = receive;
    start((deserialize(bytes) as { init: WorkerInit }).init);
  };
  port.onmessage = ({ data }: MessageEvent<Uint8Array>) => deliver(data);

  function start(init: WorkerInit): void {
    if (init.console === "stderr") sendConsoleToStderr();
    const loop = new TaskLoop(channel, init, { exit: close });
    enterNest({ modules: init.nest ?? [], isBusy: () => loop.isBusy });
    const listenAgain = onStrayError((error) => loop.die(error));
    beforeExit((exit) => loop.leave(wordsOf(exit)));
    // Never released: it is free when this thread has ended, however it ended.
    locks!.request(THREAD_LOCK, () => {
      scope.postMessage("locked");
      loop.start().then(listenAgain);
      return new Promise(() => {});
    });
    hideOwnLocks();
  }
}
