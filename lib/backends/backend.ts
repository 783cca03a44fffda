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
}

/** The caller's end of a worker. */
export interface WorkerChannel extends Channel {
  /** Whether a `SharedArrayBuffer` is shared with the worker, and can be read while that is busy. */
  readonly sharesMemory?: boolean;
  /** Resolves once, when the worker has ended without `terminate()` having been called. */
  readonly ended: Promise<WorkerEnd>;
  /** Stops the worker at once. Nothing is delivered after it. */
  terminate(): void;
  /** Resolves once no body runs on it any more, after `terminate()`: the thread or process is gone, as far as that can be told. */
  gone(): Promise<void>;
}

/** Starts workers. */
export interface Backend {
  /** What values cross on the way to its workers. */
  readonly boundary: Boundary;
  spawn(init: WorkerInit): WorkerChannel;
}
