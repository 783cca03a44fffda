/** `--memory`: a worker is replaced when its heap exceeds its share. */

import type { RecycleOptions } from "../../executor/options/recycle_options.ts";
import type { RunOptions } from "../flags/options.ts";
import { UserError } from "../user_error.ts";

const MB = 1024 ** 2;

/** Minimum share of a worker, in bytes. A new worker may already use half of it. With less, it would be replaced at once. */
const LEAST = 64 * MB;

/** The executor's option for `--memory`. @throws {UserError} if there is no worker to replace, or the share of each is too small */
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
