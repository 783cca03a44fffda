/**
 * The form of a batch: several inputs for one call of a task. They are sent as one input. One result comes back, with
 * an outcome for each input.
 */

import type { ErrorData } from "./error_data.ts";
import type { PackedLines } from "./lines.ts";

export interface BatchResult {
  /** The results of the inputs that succeeded, in input order, as text. */
  results: unknown[] | PackedLines;
  /** The inputs that failed by themselves, with their errors. */
  failed: [at: number, error: ErrorData][];
}

/** The name of the error that stands for a failure of the whole call. The failure is its `cause`. */
export const BATCH_FAILURE = "BatchFailure";

/** The failure of a whole call. Lists the inputs that had failed by themselves before the call. */
export interface BatchFailure extends Error {
  failed: BatchResult["failed"];
}
