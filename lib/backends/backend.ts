/**
 * The interface of backends: how a worker is started and how its end is noticed, which differs between runtimes. Each
 * backend has a file beside this one.
 *
 * @module
 */

import type { Channel } from "../wire/channel.ts";
import type { Boundary } from "../wire/value_kind.ts";
import type { WorkerInit } from "../wire/message.ts";

/** Why a worker ended. */
export interface WorkerEnd {
  /** A phrase that completes "Worker 3 was lost: …". */
  reason: string;
  cause?: unknown;
  /** The code that it exited with, where that is known. */
  exitCode?: number;
  /** The signal that killed its process, where that is known. */
  signal?: string;
}

/** The caller's end of a worker. */
export interface WorkerChannel extends Channel {
  /** Memory shared with the worker: either side can read it while the other is busy. */
  readonly memory?: SharedArrayBuffer;
  /** Resolves once, when the worker has ended without `terminate()` having been called. */
  readonly ended: Promise<WorkerEnd>;
  /** Stops the worker at once. Nothing is delivered afterwards. */
  terminate(): void;
  /**
   * Resolves after `terminate()`, when no body runs on the worker any more: its thread or process is gone. Deno cannot stop a
   * thread that computes; that one is gone when the computation has ended.
   */
  gone(): Promise<void>;
}

/** Takes text that a worker has printed. */
export type OnOutput = (stream: OutputStream, text: string) => void;

/** The streams that a worker writes to. */
export type OutputStream = "stdout" | "stderr";

/** Starts workers. */
export interface Backend {
  /** The boundary that values cross on the way to its workers. */
  readonly boundary: Boundary;
  /** How long to wait for a worker that was stopped, in milliseconds, at most: what it computes may keep it for ever. */
  readonly patience?: number;
  /** Starts a worker. `onOutput` gets what it prints, if `init.console` is "event". */
  spawn(init: WorkerInit, onOutput: OnOutput): WorkerChannel;
}
