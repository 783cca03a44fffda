/** Starts a worker process with its pipes: stdout, stderr, an IPC channel to it, and a pipe on which it replies. */

import type { WorkerInit } from "../wire/worker_init.ts";
import type { Command } from "./child_command.ts";
import { inheritedEnvironment, ownEnvironment } from "./node_options.ts";
import type { WorkerSettings } from "./worker_settings.ts";

/** How long to wait for silent pipes of a dead process, in milliseconds. Its own child processes may keep them open. */
export const SILENCE = 300;

interface Pipe {
  on(event: "data", listener: (bytes: Uint8Array) => void): void;
  on(event: "close" | "error", listener: () => void): void;
  destroy(): void;
}

/** The part of node's `ChildProcess` that is used here. */
export interface Child {
  stdio: [unknown, Pipe | null, Pipe, unknown, Pipe];
  /** Undefined if the process could not be started. Then "error" follows. */
  pid: number | undefined;
  connected: boolean;
  send(message: Uint8Array, callback: (error: unknown) => void): void;
  disconnect(): void;
  kill(signal: "SIGKILL"): void;
  on(event: "exit", listener: (code: number | null, signal: string | null) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
}

/** The parts of `process` that are used here. Browsers have none of them, and Deno loads it at the first access. */
const runtime = globalThis as unknown as {
  process: {
    env: Record<string, string | undefined>;
    getBuiltinModule(name: "node:child_process"): {
      spawn(program: string, args: string[], options: object): Child;
    };
  };
};

export function startChild(
  { program, args }: Command,
  { console }: WorkerInit,
  { env }: WorkerSettings,
): Child {
  // If the caller's stdout carries results, the output of the process and of its child processes goes to stderr.
  const stdout = { stderr: 2, task: 2, asked: 2, inherit: "inherit", event: "pipe" }[console];
  const { process } = runtime;
  return process.getBuiltinModule("node:child_process").spawn(program, args, {
    // stdin belongs to the caller. The fifth is the pipe to which worker/reply_pipe.ts writes.
    stdio: ["ignore", stdout, "pipe", "ipc", "pipe"],
    serialization: "advanced",
    windowsHide: true,
    env: env ? ownEnvironment(env, process.env) : inheritedEnvironment(process.env),
  });
}

/**
 * Stops reading from the IPC channel, because only the parent sends on it. Otherwise the runtime itself reads what the process
 * sends. On Node, a task's `process.send({ cmd: "NODE_HANDLE_NACK" })`, or bytes that are not a message, throw in the parent's
 * event loop. No code can catch the error there.
 */
export function makeOneWay(child: Child): void {
  // The handle has no public name. Deno and Bun have no such handle, and do not throw.
  const handle = Object.getOwnPropertySymbols(child).find(({ description }) =>
    description === "kChannelHandle"
  );
  if (handle === undefined) return;
  (child as unknown as Record<symbol, { readStop?(): void } | undefined>)[handle]?.readStop?.();
  // Without reading, the close of the other end is not noticed, and the channel would keep this program alive.
  child.on("exit", () => {
    if (child.connected) child.disconnect();
  });
}

/**
 * How many times output on stderr extends the wait for a dead process. A pipe or a socket held at most 200 kB when the
 * process ended, which takes fewer turns to read. A child process that goes on writing is not waited for.
 */
const MOST_TURNS = 4;

/**
 * Watches the pipes of a process. Returns a function that resolves when all pipes have closed, or after {@link SILENCE} without data. Child
 * processes inherit stderr and may write to it for ever. Therefore stderr extends the wait only a few times.
 */
export function watchPipes(replies: Pipe, outputs: Pipe[]): () => Promise<void> {
  const open = new Set([replies, ...outputs]);
  let heard = 0;
  let saysMore = false;
  let changed = () => {};
  replies.on("data", () => void heard++);
  for (const output of outputs) output.on("data", () => void (saysMore = true));
  for (const pipe of open) {
    // A broken pipe emits "close" next.
    pipe.on("error", () => {});
    pipe.on("close", () => {
      open.delete(pipe);
      changed();
    });
  }
  return async () => {
    let turns = MOST_TURNS;
    for (let seen = -1; open.size > 0 && (seen !== heard || (saysMore && turns-- > 0));) {
      seen = heard;
      saysMore = false;
      await new Promise<void>((resolve) => {
        // If the caller's own loop was blocked, the timer is late, and data that has arrived is read only in the next turn.
        const timer = setTimeout(() => setImmediate(resolve), SILENCE);
        changed = () => {
          if (open.size > 0) return;
          clearTimeout(timer);
          resolve();
        };
      });
    }
    for (const pipe of open) pipe.destroy();
  };
}
