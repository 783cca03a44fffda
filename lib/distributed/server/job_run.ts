/** What the runs of a job chunk and of a stream share: what they are made of, and how they name their inputs and errors. */

import { ExecutorClosedError, type ModuleLoadError, TaskTimeoutError } from "../../errors.ts";
import type { Executor } from "../../executor/executor.ts";
import type { OuterStart } from "../../executor/options/feed_options.ts";
import { isThrown } from "../../executor/tasks/thrown.ts";
import type { Lines } from "../../wire/lines.ts";
import type { SpanAttributes } from "../../wire/telemetry.ts";
import type { ChunkData, PrintedRecord, Results } from "../broker/protocol.ts";

export interface JobRunInit {
  executor: Executor;
  /** The worker's id. */
  server: string;
  chunk: ChunkData;
  inputs: Lines;
  /** How long the inputs may still wait, in milliseconds. */
  queueTimeout?: number;
  /** Makes what decides when an input starts, by its place; undefined if nothing limits the run. */
  startOf?: (at: number) => OuterStart;
  /** Sends partial results, before the job chunk has ended. */
  onPart(results: Results): Promise<void>;
  /** Sends what bodies have printed. Does not reject. */
  onPrinted(printed: PrintedRecord): Promise<void>;
  /** Called when the executor can start no more threads or processes. */
  onBroken(error: ModuleLoadError): void;
}

/** The reason of inputs that were stopped. They have no outcome. */
export const STOPPED = new DOMException("The run was stopped", "AbortError");

/** Whether an input with this error has no outcome: it was stopped, or the worker closes. It runs again on another worker. */
export function hasNoOutcome(error: unknown): boolean {
  return error === STOPPED || error instanceof ExecutorClosedError && !isThrown(error);
}

/** Returns the error of an input as its caller knows it: with the whole time that it was allowed to wait. */
export function inTermsOf({ task, options: { queueTimeout } }: ChunkData, error: unknown): unknown {
  const isWait = error instanceof TaskTimeoutError && error.phase === "queue" && !isThrown(error);
  return isWait && queueTimeout !== undefined ? new TaskTimeoutError(task, queueTimeout, "queue") : error;
}

/** Returns the span attributes of an input, or of a batch, by its index in the producer's feed. */
export function spanOf({ run, first, spans, batch }: ChunkData, index: number, count = 1): SpanAttributes {
  return {
    "polyloop.run.id": run,
    "polyloop.task.id": first + index + 1,
    "polyloop.input.index": first + index,
    ...spans?.[index],
    ...(batch && { "polyloop.batch.size": count }),
  };
}
