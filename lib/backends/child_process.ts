/**
 * Workers as processes (Deno, Node): what one of them does to its memory, its thread or itself, the others and the
 * caller survive. Batches go to the worker as IPC messages of bytes; replies come through a pipe of their own,
 * because the worker can write to that synchronously: what it sent before it ended has been sent.
 *
 * @module
 */

import { FLUSH_TIME } from "../wire/flush_telemetry.ts";
import { FrameReader, makeSeal } from "../wire/frames.ts";
import { ToCaller, type WorkerInit } from "../wire/message.ts";
import { ownFile } from "../wire/own_file.ts";
import type { PermissionSet } from "../wire/permissions.ts";
import { lastKind } from "../wire/record_check.ts";
import { deserialize, serialize } from "../wire/serialize.ts";
import { telemetry } from "../wire/telemetry.ts";
import type { Backend, OnOutput, WorkerChannel, WorkerEnd } from "./backend.ts";
import { childCommand, type Command } from "./child_command.ts";
import { inheritedEnvironment, ownEnvironment } from "./node_options.ts";
import type { WorkerSettings } from "./worker_settings.ts";
import { FatalDump } from "./fatal_dump.ts";
import { outputText } from "./output_text.ts";
import { makeOneWay } from "./one_way.ts";

/** How processes differ from their program. */
interface ProcessOptions {
  permissions: PermissionSet | undefined;
  denoOptions: string[] | undefined;
  settings: WorkerSettings;
}

/** One process per worker, with the caller's permissions or its own. */
export function childProcessBackend(options: ProcessOptions): Backend {
  return { boundary: "process", spawn: (init, onOutput) => spawn(init, onOutput, options) };
}

/** How long a dead process's pipes may be silent and yet open, in milliseconds: its own children may hold them. */
const SILENCE = 300;

/** Signals and exit codes with which V8 gives up. */
const FATAL = ["SIGABRT", "SIGTRAP", "SIGILL", 133, 134];

/** What is wrong with bytes that are no message. */
const FOREIGN = "bytes that are no message";

/** A pipe from the process. */
interface Pipe {
  on(event: "data", listener: (bytes: Uint8Array) => void): void;
  on(event: "close" | "error", listener: () => void): void;
  destroy(): void;
}

/** The part of node's `ChildProcess` that matters here. */
interface Child {
  stdio: [unknown, Pipe | null, Pipe, unknown, Pipe];
  /** None if it could not be started; then "error" follows. */
  pid: number | undefined;
  connected: boolean;
  send(message: Uint8Array, callback: (error: unknown) => void): void;
  disconnect(): void;
  kill(signal: "SIGKILL"): void;
  on(event: "exit", listener: (code: number | null, signal: string | null) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
}

/** The parts of `process` that matter here. */
const { process } = globalThis as unknown as {
  /** Not in browsers. */
  process: {
    pid: number;
    env: Record<string, string | undefined>;
    stderr: { write(bytes: Uint8Array): void };
    getBuiltinModule(name: "node:child_process"): {
      spawn(program: string, args: string[], options: object): Child;
    };
  };
};

function spawn(init: WorkerInit, onOutput: OnOutput, options: ProcessOptions): WorkerChannel {
  if (!process?.getBuiltinModule) return stillborn(new Error("this runtime has no processes"));
  // First, because it throws if `workerData` cannot be cloned.
  const seal = makeSeal();
  const first = serialize({ init, parent: process.pid, seal });
  let child: Child;
  try {
    const entry = ownFile("../worker/entries/process", import.meta.url);
    child = start(childCommand(entry, { ...options, module: init.module }), init, options.settings);
  } catch (error) {
    return stillborn(error);
  }

  const { promise: failed, resolve: fail } = Promise.withResolvers<Error>();
  // Once it runs, this is only what the IPC channel met while the process died; of that, "exit" tells.
  child.on("error", fail);
  if (child.pid === undefined) return stillborn(failed);
  makeOneWay(child);

  let onMessage: ((message: Uint8Array) => void) | undefined;
  let exited = false;
  let sayClosed: (() => void) | undefined;
  const { promise: ended, resolve } = Promise.withResolvers<WorkerEnd>();
  const { promise: dead, resolve: died } = Promise.withResolvers<void>();
  const [, stdout, stderr, , replies] = child.stdio;
  const asEvents = init.console === "event";
  const dump = new FatalDump(
    asEvents ? outputText("stderr", onOutput) : (bytes) => void process.stderr.write(bytes),
  );
  const silence = watchPipes(replies, stdout ? [stdout, stderr] : [stderr]);
  stderr.on("data", (bytes) => dump.push(bytes));
  stdout?.on("data", outputText("stdout", onOutput));
  child.on("exit", async (code, signal) => {
    exited = true;
    died();
    await silence();
    const reason = endOf(dump, code, signal);
    sayClosed?.();
    resolve({ reason, exitCode: code ?? undefined, signal: signal ?? undefined });
  });

  const close = () => void (onMessage = undefined);
  const send = (bytes: Uint8Array) => {
    // What cannot be delivered any more is lost with the worker, of whose end "exit" tells.
    if (!exited && child.connected) child.send(bytes, () => {});
  };
  send(first);

  return {
    boundary: "process",
    post(batch, transfer) {
      const bytes = serialize(batch);
      // Nothing moves between processes; but what was to move is gone here, as with a thread.
      if (transfer.length > 0) structuredClone(null, { transfer });
      send(bytes);
    },
    listen(onBatch, onBroken) {
      onMessage = (message) => {
        let batch: unknown[];
        try {
          batch = deserialize(message) as unknown[];
        } catch {
          return onBroken();
        }
        // What it says after it is closed is that it ends.
        if (sayClosed) return;
        if (lastKind(batch) !== ToCaller.closed) return onBatch(batch);
        // Who hears of it may end both processes at once, while what was printed is still on its way by another pipe.
        // Where spans are recorded, Deno exports them only now, as the process ends.
        const patience = telemetry() ? FLUSH_TIME + SILENCE : SILENCE;
        const timer = setTimeout(() => sayClosed?.(), patience);
        sayClosed = () => {
          clearTimeout(timer);
          if (onMessage) onBatch(batch);
        };
        // Then it ends by itself.
        if (!exited && child.connected) child.disconnect();
      };
      const reader = new FrameReader({
        seal,
        onMessage: (message) => onMessage?.(message),
        onForeign: () => onBroken(FOREIGN),
      });
      replies.on("data", (bytes) => reader.push(bytes));
    },
    close,
    ended,
    terminate() {
      close();
      child.kill("SIGKILL");
    },
    gone: () => dead,
  };
}

function start({ program, args }: Command, { console }: WorkerInit, { env }: WorkerSettings): Child {
  // Where the caller's stdout carries something else, what the process and its own children print there goes to stderr.
  const stdout = { stderr: 2, inherit: "inherit", event: "pipe" }[console];
  return process.getBuiltinModule("node:child_process").spawn(program, args, {
    // stdin is the caller's alone. The fourth is what entries/process.ts replies on.
    stdio: ["ignore", stdout, "pipe", "ipc", "pipe"],
    serialization: "advanced",
    windowsHide: true,
    env: env ? ownEnvironment(env, process.env) : inheritedEnvironment(process.env),
  });
}

/** A worker that never was. */
function stillborn(why: unknown): WorkerChannel {
  return {
    boundary: "process",
    post() {},
    listen() {},
    close() {},
    ended: notStarted(why),
    terminate() {},
    gone: () => Promise.resolve(),
  };
}

async function notStarted(why: unknown): Promise<WorkerEnd> {
  const cause = await why;
  const message = cause instanceof Error ? cause.message : String(cause);
  return { reason: `its process could not be started: ${message}`, cause };
}

/** Why a process ended. Forwards what it said last, unless that was about its memory. */
function endOf(dump: FatalDump, code: number | null, signal: string | null): string {
  if (dump.outOfMemory && FATAL.includes(signal ?? code ?? 0)) {
    dump.drop();
    return "it ran out of memory";
  }
  dump.release();
  return signal === null ? `its process exited with code ${code}` : `its process was killed by ${signal}`;
}

/**
 * How often the wait goes on because of stderr. What a pipe or a socket held when the process ended, 200 kB at most, is read
 * in fewer turns; a child of the process that goes on writing is not waited for.
 */
const MOST_TURNS = 4;

/**
 * Waits until both pipes are at their end, or nothing has come by them for a while: at stderr only a few times, because
 * children of the process inherit it, and may go on writing for ever.
 */
function watchPipes(replies: Pipe, outputs: Pipe[]): () => Promise<void> {
  const open = new Set([replies, ...outputs]);
  let heard = 0;
  let saysMore = false;
  let changed = () => {};
  replies.on("data", () => void heard++);
  for (const output of outputs) output.on("data", () => void (saysMore = true));
  for (const pipe of open) {
    // A pipe that breaks closes next.
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
        // Where the caller's own loop was held, the timer is late, and what has come is read only in its next turn.
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
