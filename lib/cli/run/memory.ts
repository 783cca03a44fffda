/**
 * `--memory`: a run's workers are replaced by fresh ones as they grow, each at its part of the whole.
 *
 * @module
 */

import type { RecycleOptions } from "../../executor/types.ts";
import type { RunOptions } from "../flags/options.ts";
import { UserError } from "../user_error.ts";

const MB = 1024 ** 2;

/** With less a worker is replaced before it has done much: what it starts with may be half of that. */
const LEAST = 64 * MB;

/**
 * When a worker is replaced, as an executor has it.
 *
 * @throws {UserError} if that cannot be
 */
export function recycleOf({ memory, isolation, workers }: RunOptions): RecycleOptions | undefined {
  if (memory === undefined) return undefined;
  if (isolation === "none") {
    throw new UserError("--memory: with --isolation none there is no worker that could be replaced");
  }
  const count = workers ?? navigator.hardwareConcurrency;
  const heapBytes = Math.floor(memory / count);
  if (heapBytes >= LEAST) return { heapBytes };
  throw new UserError(
    `--memory: ${count === 1 ? "a worker needs" : `${count} workers need`} ${
      count * LEAST / MB
    }mb at least, got ${Math.floor(memory / MB)}mb; give more${
      count === 1 ? "" : ", or fewer workers with -j"
    }`,
  );
}
