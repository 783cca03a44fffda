/**
 * Workers as processes (Deno, Node, Bun). A worker that crashes its thread or its process affects neither the caller
 * nor other workers. Messages to the worker are bytes on the IPC channel. Replies arrive on a separate pipe, to which
 * the worker writes synchronously, so a reply that it wrote before its end is not lost.
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
  const { stderr } = process;
  const dump = new FatalDump(
    init.console === "event" ? outputText("stderr", onOutput) : (bytes) => void stderr.write(bytes),
  );
  const channel = new ProcessChannel(child, { seal, dump });
  child.stdio[1]?.on("data", outputText("stdout", onOutput));
  channel.send(first);
  return channel;
}

/** The caller's end of a worker process. */
class ProcessChannel implements WorkerChannel {
  readonly boundary = "process";
  readonly ended: Promise<WorkerEnd>;
  readonly #child: Child;
  readonly #seal: Uint8Array;
  readonly #dead = Promise.withResolvers<void>();
  #hasExited = false;
  #deliver: ((bytes: Uint8Array) => void) | undefined;
  /** Passes on the message `closed`, which waits; undefined before it has come. */
  #sayClosed: (() => void) | undefined;

  constructor(child: Child, { seal, dump }: { seal: Uint8Array; dump: FatalDump }) {
    this.#child = child;
    this.#seal = seal;
    const [, stdout, stderr, , replies] = child.stdio;
    const silence = watchPipes(replies, stdout ? [stdout, stderr] : [stderr]);
    const asides = new Asides({
      seal,
      onMessage: (bytes) => this.#deliver?.(bytes),
      onRest: (bytes) => dump.push(bytes),
    });
    stderr.on("data", (bytes) => asides.push(bytes));
    const { promise, resolve } = Promise.withResolvers<WorkerEnd>();
    this.ended = promise;
    child.on("exit", async (code, signal) => {
      this.#hasExited = true;
      this.#dead.resolve();
      await silence();
      asides.end();
      const reason = endOf(dump, code, signal);
      this.#sayClosed?.();
      resolve({ reason, exitCode: code ?? undefined, signal: signal ?? undefined });
    });
  }

  post(message: unknown[], transfer: Transferable[]): void {
    const bytes = serialize(message);
    // Nothing moves between processes. But moved values must be detached here, as with a thread.
    if (transfer.length > 0) structuredClone(null, { transfer });
    this.send(bytes);
  }

  /** Sends a message. If it can no longer be delivered, it is lost with the worker, whose end "exit" reports. */
  send(bytes: Uint8Array): void {
    if (!this.#hasExited && this.#child.connected) this.#child.send(bytes, () => {});
  }

  listen(onMessage: (message: unknown[]) => void, onBroken: (fault?: string) => void): void {
    this.#deliver = (bytes) => {
      let message: unknown[];
      try {
        message = deserialize(bytes) as unknown[];
      } catch {
        return onBroken();
      }
      // A worker that has reported `closed` sends nothing else before its end.
      if (this.#sayClosed) return;
      if (lastKind(message) === ToCaller.closed) this.#closes(() => onMessage(message));
      else onMessage(message);
    };
    const reader = new FrameReader({
      seal: this.#seal,
      onMessage: (bytes) => this.#deliver?.(bytes),
      onForeign: () => onBroken(FOREIGN),
    });
    this.#child.stdio[4].on("data", (bytes) => reader.push(bytes));
  }

  /**
   * Takes the message `closed`. The caller may end both processes as soon as it gets this message, while printed text is still on
   * its way in another pipe. Therefore the message waits for the process's end. If spans are recorded, Deno exports them then.
   */
  #closes(say: () => void): void {
    const patience = telemetry() ? FLUSH_TIME + SILENCE : SILENCE;
    const timer = setTimeout(() => this.#sayClosed?.(), patience);
    this.#sayClosed = () => {
      clearTimeout(timer);
      if (this.#deliver) say();
    };
    // Without the channel, the process ends by itself.
    if (!this.#hasExited && this.#child.connected) this.#child.disconnect();
  }

  close(): void {
    this.#deliver = undefined;
  }

  terminate(): void {
    this.close();
    this.#child.kill("SIGKILL");
  }

  gone(): Promise<void> {
    return this.#dead.promise;
  }
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
