/**
 * The entry of the thread that runs the tasks of a compiled program's worker process with its own permissions. It talks
 * to the caller through the port that it receives, and its process (`compiled.ts`) relays the messages.
 */

import type { WorkerInit } from "../../wire/worker_init.ts";
import { enterNest } from "../../wire/nesting.ts";
import { THREAD_LOCK } from "../../wire/self_start.ts";
import { deserialize } from "../../wire/serialize.ts";
import { locks } from "../../wire/web_locks.ts";
import { bytesChannel } from "../bytes_channel.ts";
import { redirectConsole } from "../console.ts";
import { beforeExit, wordsOf } from "../exits.ts";
import { TaskLoop } from "../loop.ts";
import { hideOwnLocks } from "../own_locks.ts";
import { onStrayError } from "../stray_errors.ts";

/** The global object, typed for a worker. The library itself is checked with the types of a window. */
const scope = globalThis as unknown as { postMessage(message: unknown): void; close(): void };

/** Saved before `beforeExit` wraps it. */
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
    redirectConsole(init.console);
    const loop = new TaskLoop(channel, init, { exit: close });
    enterNest({ modules: init.nest ?? [], isBusy: () => loop.isBusy });
    const listenAgain = onStrayError((error) => loop.die(error));
    beforeExit((exit) => loop.leave(wordsOf(exit)));
    // Never released by this thread. It becomes free when the thread has ended for whatever reason.
    locks!.request(THREAD_LOCK, () => {
      scope.postMessage("locked");
      loop.start().then(listenAgain);
      return new Promise(() => {});
    });
    hideOwnLocks();
  }
}
