/**
 * A worker that is none: the same task loop, in the caller's thread. For debugging, for tasks that
 * only wait, and where no worker can be had. A body that blocks, blocks the caller.
 *
 * @module
 */

import { portChannel } from "../wire/channel.ts";
import type { WorkerInit } from "../wire/message.ts";
import { sendConsoleToStderr } from "../worker/console.ts";
import { TaskLoop } from "../worker/loop.ts";
import type { Backend, WorkerChannel } from "./backend.ts";

/** The loop in this thread. Values are cloned all the same, so that moving a task to a worker changes nothing. */
export const inlineBackend: Backend = { spawn };

function spawn(init: WorkerInit): WorkerChannel {
  const { port1, port2 } = new MessageChannel();
  const channel = portChannel(port1);
  if (init.console === "stderr") sendConsoleToStderr();
  // This thread is not ours to end.
  const loop = new TaskLoop(portChannel(port2), structuredClone(init), { exit() {} });
  loop.start();
  return {
    ...channel,
    // This thread's end is the caller's own.
    ended: new Promise(() => {}),
    terminate() {
      channel.close();
      loop.stop();
    },
  };
}
