/**
 * The entry of a worker that is a process: takes what it is told first, replies on a pipe of its own, and sees to it
 * that it does not outlive its parent.
 *
 * @module
 */

import { writeSync } from "node:fs";
import process from "node:process";
import { Worker } from "node:worker_threads";
import type { Channel } from "../wire/channel.ts";
import { frame } from "../wire/frames.ts";
import type { WorkerInit } from "../wire/message.ts";
import { deserialize, serialize } from "../wire/serialize.ts";
import { sendConsoleToStderr } from "./console.ts";
import { beforeExit } from "./exits.ts";
import { TaskLoop } from "./loop.ts";
import { onStrayError } from "./stray_errors.ts";

/** The pipe to the parent: what backends/child_process.ts reads. */
const REPLIES = 4;

/** Taken before it is wrapped below. */
const exit = process.exit.bind(process);

let deliver: (bytes: Uint8Array) => void = start;
let onBatch: (batch: unknown[]) => void = () => {};
let onBroken = () => {};

process.on("message", (message: unknown) => deliver(message as Uint8Array));
process.on("disconnect", () => exit());
// Ctrl-C in a terminal reaches every process there; what becomes of the tasks is the parent's to say.
process.on("SIGINT", () => {});

const channel: Channel = {
  post(batch, transfer) {
    const bytes = serialize(batch);
    // Nothing moves between processes; but what was to move is gone here, as in a thread.
    if (transfer.length > 0) structuredClone(null, { transfer });
    write(frame(bytes));
  },
  listen(batch, broken) {
    onBatch = batch;
    onBroken = broken;
  },
  close() {},
};

function start(bytes: Uint8Array): void {
  const { init, parent } = deserialize(bytes) as { init: WorkerInit; parent: number };
  deliver = receive;
  followParent(parent);
  if (init.console === "stderr") sendConsoleToStderr();
  const loop = new TaskLoop(channel, init, { exit: () => exit(1) });
  const listenAgain = listenForErrors((error) => loop.die(error));
  beforeExit((how) => loop.leave(`it called ${how}()`));
  loop.start().then(listenAgain);
}

function receive(bytes: Uint8Array): void {
  let batch: unknown[];
  try {
    batch = deserialize(bytes) as unknown[];
  } catch {
    return onBroken();
  }
  onBatch(batch);
}

/** Synchronously, so that it has left when the process ends in the next line. */
function write(bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0;) {
    try {
      rest = rest.subarray(writeSync(REPLIES, rest));
    } catch (error) {
      // The pipe is full and does not block by itself: the parent is busy. Else the parent is no more.
      if ((error as { code?: string }).code !== "EAGAIN") return exit();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/** Ends this process soon after its parent's end, even if its own thread is in an endless loop by then. */
function followParent(parent: number): void {
  const code = `
    const gone = () => {
      if (process.ppid !== ${parent} && process.platform !== "win32") return true;
      try { return !process.kill(${parent}, 0); } catch (error) { return error.code === "ESRCH"; }
    };
    setInterval(() => gone() && process.kill(process.pid, "SIGKILL"), 500);
  `;
  new Worker(code, { eval: true, execArgv: [], stdout: false, stderr: false }).unref();
}

/** Hands what no task caught to `die`, unless the user's code listens for it too. */
function listenForErrors(die: (error: unknown) => void): () => void {
  if ("Deno" in globalThis) return onStrayError(die);
  for (const event of ["uncaughtException", "unhandledRejection"]) {
    process.on(event, (error: unknown) => {
      if (process.listenerCount(event) === 1) die(error);
    });
  }
  return () => {};
}
