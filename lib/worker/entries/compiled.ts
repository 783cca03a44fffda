/**
 * The entry of a worker process of a compiled program. Such a process cannot start with fewer permissions than the
 * program has. So a worker with its own permissions runs its tasks in a thread that has these permissions. The process
 * relays messages between that thread and the caller.
 */

import process from "node:process";
import { type SelfStart, THREAD_LOCK } from "../../wire/self_start.ts";
import { locks } from "../../wire/web_locks.ts";
import { leaveSignalsToParent } from "../group_signals.ts";
import { deserialize } from "../../wire/serialize.ts";
import { openPipe, reply } from "../reply_pipe.ts";

/** Makes this process the worker. */
export async function startWorker({ thread }: SelfStart): Promise<void> {
  if (thread) startThread(thread);
  else await import("./process.ts");
}

function startThread({ entry, permissions }: NonNullable<SelfStart["thread"]>): void {
  const worker = new Worker(entry, { type: "module", name: "polyloop", deno: { permissions } });
  const { port1, port2 } = new MessageChannel();
  let replies = 0;
  process.once(
    "message",
    (first: unknown) =>
      openPipe((deserialize(first as Uint8Array) as { seal: Uint8Array }).seal, process.exit),
  );
  process.on("message", (bytes: unknown) => port1.postMessage(bytes));
  process.on("disconnect", () => process.exit());
  leaveSignalsToParent();
  port1.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
    replies++;
    // Only the process's main thread can use its pipes.
    reply(data, process.exit);
  };
  worker.onerror = (event) => {
    // Prevented, because Deno would print it as a crash of its own.
    event.preventDefault();
    console.error(event.message);
    process.exit(1);
  };
  // The message says that the thread holds the lock. The lock is granted here only when the thread has ended.
  worker.onmessage = () => void locks!.request(THREAD_LOCK, end);
  worker.postMessage(port2, [port2]);

  async function end() {
    // As in backends/web_worker.ts: earlier messages of the thread may take more than one turn to arrive.
    for (let seen = -1; seen !== replies;) {
      seen = replies;
      await new Promise((done) => setTimeout(done));
    }
    process.exit(1);
  }
}
