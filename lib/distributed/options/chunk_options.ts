/** The task options that are sent with a job chunk. */

import { checkNames } from "../../executor/options/checks.ts";
import { resolveOptions } from "../../executor/options/resolve.ts";
import type { ChunkOptions } from "../broker/protocol.ts";
import { RETRY_OPTIONS } from "./option_names.ts";
import type { DistributedTaskOptions } from "./types.ts";
import { refuseUnavailable, UNAVAILABLE_OF_RETRY } from "./unavailable.ts";

/** Stands for `attempts: Infinity`, which JSON cannot represent. */
const ENDLESS = 1e9;

/**
 * Checks task options as an `Executor` does, and returns them in a form that JSON can represent.
 *
 * @throws {TypeError} if an option is unknown or of the wrong kind
 * @throws {RangeError} if a number is out of range
 */
export function chunkOptions({ timeout, gracePeriod, retry }: DistributedTaskOptions): ChunkOptions {
  if (retry !== undefined) {
    refuseUnavailable(retry, UNAVAILABLE_OF_RETRY, "retry.");
    checkNames(retry, RETRY_OPTIONS, { subject: "option over a broker", path: "retry" });
  }
  resolveOptions({ timeout, gracePeriod, retry });
  const chunk: ChunkOptions = finite({ timeout, gracePeriod });
  if (retry) {
    chunk.retry = { ...finite(retry), ...(retry.attempts === Infinity ? { attempts: ENDLESS } : {}) };
  }
  return chunk;
}

/** Returns the options that are set and finite. For `jitter`, returns a number. */
function finite(options: Record<string, unknown>): Record<string, number> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined && value !== Infinity);
  return Object.fromEntries(given.map(([key, value]) => [key, Number(value)]));
}
