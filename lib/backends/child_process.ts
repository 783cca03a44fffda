/**
 * Workers as processes (Deno, Node, Bun). A worker that crashes its thread or its process affects neither the caller
 * nor other workers. Messages to the worker are bytes on the IPC channel. Replies arrive on a separate pipe, to which
 * the worker writes synchronously, so a reply that it wrote before its end is not lost.
 *
 * @module
 */

import { FLUSH_TIME } from "../wire/flush_telemetry.ts";
import { FrameReader, makeSeal } from "../wire/frames.ts";
import { ToCaller } from "../wire/message.ts";
import type { WorkerInit } from "../wire/worker_init.ts";
import type { PermissionSet } from "../wire/permissions.ts";
import { lastKind } from "../wire/record_check.ts";
import { deserialize, serialize } from "../wire/serialize.ts";
import { telemetry } from "../wire/telemetry.ts";
import { Asides } from "./asides.ts";
import type { Backend, OnOutput, WorkerChannel, WorkerEnd } from "./backend.ts";
import { childCommand } from "./child_command.ts";
import { type Child, makeOneWay, SILENCE, startChild, watchPipes } from "./child_pipes.ts";
import { FatalDump } from "./fatal_dump.ts";
import { outputText } from "./output_text.ts";
import type { WorkerSettings } from "./worker_settings.ts";

/** How the processes differ from the program that starts them. */
interface ProcessOptions {
  permissions: PermissionSet | undefined;
  denoOptions: string[] | undefined;
  settings: WorkerSettings;
}

/** Returns the backend with one process per worker, with the caller's permissions or its own. */
export function childProcessBackend(options: ProcessOptions): Backend {
  return { boundary: "process", spawn: (init, onOutput) => spawn(init, onOutput, options) };
}

/** The signals and exit codes of a process that V8 ends because of an internal error. */
const FATAL = ["SIGABRT", "SIGTRAP", "SIGILL", 133, 134];

/** The fault of a worker that wrote something other than messages to its pipe. */
const FOREIGN = "bytes that are no message";

/** The part of `process` that is used here. Browsers lack it, and Deno loads it at the first access. */
const runtime = globalThis as unknown as {
  process?: { pid: number; stderr: { write(bytes: Uint8Array): void }; getBuiltinModule?: unknown };
};

function spawn(init: WorkerInit, onOutput: OnOutput, options: ProcessOptions): WorkerChannel {
  const { process } = runtime;
  if (!process?.getBuiltinModule) return stillborn(new Error("this runtime has no processes"));
  // First, because this throws if `workerData` cannot be cloned.
  const seal = makeSeal();
  const first = serialize({ init, parent: process.pid, seal });
  let child: Child;
  try {
    child = startChild(childCommand({ ...options, module: init.module }), init, options.settings);
  } catch (error) {
    return stillborn(error);
  }

  const { promise: failed, resolve: fail } = Promise.withResolvers<Error>();
  // For a running process, this error means that the IPC channel broke when the process died. "exit" reports that.
  child.on("error", fail);
  if (child.pid === undefined) return stillborn(failed);
  makeOneWay(child);

  let deliver: ((bytes: Uint8Array) => void) | undefined;
  let exited = false;
  let sayClosed: (() => void) | undefined;
  const { promise: ended, resolve } = Promise.withResolvers<WorkerEnd>();
  const { promise: dead, resolve: died } = Promise.withResolvers<void>();
  const [, stdout, stderr, , replies] = child.stdio;
  const { stderr: ownStderr } = process;
  const dump = new FatalDump(
    init.console === "event" ? outputText("stderr", onOutput) : (bytes) => void ownStderr.write(bytes),
  );
  const silence = watchPipes(replies, stdout ? [stdout, stderr] : [stderr]);
  const asides = new Asides({
    seal,
    onMessage: (bytes) => deliver?.(bytes),
    onRest: (bytes) => dump.push(bytes),
  });
  stderr.on("data", (bytes) => asides.push(bytes));
  stdout?.on("data", outputText("stdout", onOutput));
  child.on("exit", async (code, signal) => {
    exited = true;
    died();
    await silence();
    asides.end();
    const reason = endOf(dump, code, signal);
    sayClosed?.();
    resolve({ reason, exitCode: code ?? undefined, signal: signal ?? undefined });
  });

  const close = () => void (deliver = undefined);
  const send = (bytes: Uint8Array) => {
    // A message that can no longer be delivered is lost with the worker. "exit" reports its end.
    if (!exited && child.connected) child.send(bytes, () => {});
  };
  send(first);

  return {
    boundary: "process",
    post(message, transfer) {
      const bytes = serialize(message);
      // Nothing moves between processes. But moved values must be detached here, as with a thread.
      if (transfer.length > 0) structuredClone(null, { transfer });
      send(bytes);
    },
    listen(onMessage, onBroken) {
      deliver = (bytes) => {
        let message: unknown[];
        try {
          message = deserialize(bytes) as unknown[];
        } catch {
          return onBroken();
        }
        // A worker that has reported `closed` sends nothing else before its end.
        if (sayClosed) return;
        if (lastKind(message) !== ToCaller.closed) return onMessage(message);
        // The caller may end both processes as soon as it gets this message, while printed text is still on its way in
        // another pipe. If spans are recorded, Deno exports them now, when the process ends.
        const patience = telemetry() ? FLUSH_TIME + SILENCE : SILENCE;
        const timer = setTimeout(() => sayClosed?.(), patience);
        sayClosed = () => {
          clearTimeout(timer);
          if (deliver) onMessage(message);
        };
        // Without the channel, the process ends by itself.
        if (!exited && child.connected) child.disconnect();
      };
      const reader = new FrameReader({
        seal,
        onMessage: (bytes) => deliver?.(bytes),
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

/** Returns the channel of a worker that could not be started. */
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
  const text = cause instanceof Error ? cause.message : String(cause);
  return { reason: `its process could not be started: ${text}`, cause };
}

/** Returns why a process ended. Forwards its last output, unless that is V8's dump about exhausted memory. */
function endOf(dump: FatalDump, code: number | null, signal: string | null): string {
  if (dump.outOfMemory && FATAL.includes(signal ?? code ?? 0)) {
    dump.drop();
    return "it ran out of memory";
  }
  dump.release();
  return signal === null ? `its process exited with code ${code}` : `its process was killed by ${signal}`;
}
