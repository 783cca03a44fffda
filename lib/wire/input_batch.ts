/**
 * What crosses where one call of a task gets several inputs: they go as one input, and come back as one result that
 * says of each what became of it.
 *
 * @module
 */

import type { ErrorData } from "./error_data.ts";
import type { PackedLines } from "./lines.ts";

/** The result of such a call. */
export interface BatchResult {
  /** The results of those that ended well, in their order, as texts. */
  results: unknown[] | PackedLines;
  /** Which of them failed by themselves, and of what. */
  failed: [at: number, error: ErrorData][];
}

/** By which name an error is known that stands for that of the whole call: its `cause`. */
export const BATCH_FAILURE = "BatchFailure";

/** The same where some inputs had failed by themselves before. */
export interface BatchFailure extends Error {
  failed: BatchResult["failed"];
}
