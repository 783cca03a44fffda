/**
 * The task loop in the caller's own thread, for isolation "none". It is for debugging, for tasks that only wait, and
 * for platforms without workers. A body that blocks also blocks the caller.
 */

import { portChannel } from "../wire/port_channel.ts";
import type { WorkerInit } from "../wire/worker_init.ts";
import { sharedMemory } from "../wire/shared_memory.ts";
import type { TaskLoop } from "../worker/loop.ts";
import type { Backend, WorkerChannel } from "./backend.ts";

/** Runs tasks in this thread. Values are cloned as for a worker, so moving a task to a worker changes nothing. */
export const inlineBackend: Backend = { boundary: "thread", spawn };

function spawn(init: WorkerInit): WorkerChannel {
  const { port1, port2 } = new MessageChannel();
  const channel = portChannel(port1);
  const memory = sharedMemory();
  let loop: TaskLoop | undefined;
  let terminated = false;
  // The port buffers messages until the loop has been loaded.
  const started = startLoop(port2, { ...structuredClone(init), memory }).then((started) => {
    loop = started;
    if (terminated) loop.stop();
  });
  return {
    ...channel,
    memory,
    // This thread ends only with the caller. The only possible fault is that the loop does not load.
    ended: new Promise((resolve) =>
      started.catch((cause) => resolve({ reason: "it could not be started", cause }))
    ),
    terminate() {
      terminated = true;
      channel.close();
      loop?.stop();
      // After the loop has stopped listening. Deno keeps 5 kB per port until that port itself is closed.
      started.catch(() => {}).then(() => port2.close());
    },
    async gone() {
      await started.catch(() => {});
      // Nothing can stop a body in this thread, so its end is awaited.
      await loop?.stop();
    },
  };
}

/** Loads and starts the worker's side. A program with real workers does not load it in its own thread. */
async function startLoop(port: MessagePort, init: WorkerInit): Promise<TaskLoop> {
  const [{ TaskLoop }, { redirectConsole }, { PER_VALUE }] = await Promise.all([
    import("../worker/loop.ts"),
    import("../worker/console.ts"),
    import("../worker/turns.ts"),
  ]);
  redirectConsole(init.console);
  // Without an exit, because this thread belongs to the program.
  const loop = new TaskLoop(portChannel(port), init, { exit() {}, sharesThread: true, turn: PER_VALUE });
  loop.start();
  return loop;
}
