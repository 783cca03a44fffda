/**
 * The interface of backends: how a worker starts, and how its end is noticed. Both differ between runtimes. Each
 * backend is a file of this folder.
 */

import type { Channel } from "../wire/channel.ts";
import type { Boundary } from "../wire/value_kind.ts";
import type { WorkerInit } from "../wire/worker_init.ts";

export interface WorkerEnd {
  /** A phrase that completes "Worker 3 was lost: …". */
  reason: string;
  cause?: unknown;
  /** The exit code, if known. */
  exitCode?: number;
  /** The signal that killed the process, if known. */
  signal?: string;
}

/** The caller's end of a worker. */
export interface WorkerChannel extends Channel {
  /** Memory that is shared with the worker. Either side can read it while the other is busy. */
  readonly memory?: SharedArrayBuffer;
  /** Resolves when the worker has ended without a call of `terminate()`. */
  readonly ended: Promise<WorkerEnd>;
  /** The number of times at which output of the worker has come. Undefined if it does not pass through this thread. */
  printed?(): number;
  /** Stops the worker at once. Nothing is delivered afterwards. */
  terminate(): void;
  /**
   * Resolves after `terminate()`, when no body runs on the worker any more: its thread or process is gone. Deno cannot
   * stop a thread during a computation. That thread is gone when the computation has ended.
   */
  gone(): Promise<void>;
}

export type OnOutput = (stream: OutputStream, text: string) => void;

export type OutputStream = "stdout" | "stderr";

export interface Backend {
  /** The boundary that values cross on the way to its workers. */
  readonly boundary: Boundary;
  /** Maximum time to wait for a stopped worker, in milliseconds. Undefined: no limit. A computation may never end. */
  readonly patience?: number;
  /** Starts a worker. `onOutput` gets what it prints, if `init.console` is "event". */
  spawn(init: WorkerInit, onOutput: OnOutput): WorkerChannel;
}
