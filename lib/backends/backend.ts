/**
 * How a worker is started and how its end is noticed: the one thing that differs between runtimes.
 * Each file beside this one is one way.
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
  /** Memory that the worker has, too: either side reads what the other writes while that is busy. */
  readonly memory?: SharedArrayBuffer;
  /** Resolves once, when the worker has ended without `terminate()` having been called. */
  readonly ended: Promise<WorkerEnd>;
  /** Stops the worker at once. Nothing is delivered after it. */
  terminate(): void;
  /**
   * Resolves once no body runs on it any more, after `terminate()`: the thread or process is gone, as far as that can be told.
   * A thread that Deno cannot stop, because it computes, is gone when that has come back.
   */
  gone(): Promise<void>;
}

/** Takes what a worker has written. */
export type OnOutput = (stream: OutputStream, text: string) => void;

/** The streams that a worker writes to. */
export type OutputStream = "stdout" | "stderr";

/** Starts workers. */
export interface Backend {
  /** What values cross on the way to its workers. */
  readonly boundary: Boundary;
  /** How long to wait at the most for a worker that was stopped, in milliseconds, where what it computes may keep it for ever. */
  readonly patience?: number;
  /** `onOutput` is told what it writes to stdout and stderr, if `init.console` is "event". */
  spawn(init: WorkerInit, onOutput: OnOutput): WorkerChannel;
}
