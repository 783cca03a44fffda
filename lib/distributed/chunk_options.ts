/**
 * The task options that travel with a job chunk.
 *
 * @module
 */

import { checkNames } from "../executor/checks.ts";
import { resolveOptions } from "../executor/options.ts";
import type { ChunkOptions } from "./broker/protocol.ts";
import { RETRY_OPTIONS } from "./option_names.ts";
import type { DistributedTaskOptions } from "./types.ts";

/** Stands for `attempts: Infinity`, which JSON cannot hold. */
const ENDLESS = 1e9;

/**
 * Checks task options as an `Executor` does, and returns them as JSON can hold them.
 *
 * @throws {TypeError} if an option is unknown or of the wrong kind
 * @throws {RangeError} if a number is out of range
 */
export function chunkOptions({ timeout, gracePeriod, retry }: DistributedTaskOptions): ChunkOptions {
  if (retry !== undefined) {
    checkNames(retry, RETRY_OPTIONS, { subject: "option over a broker", path: "retry" });
  }
  resolveOptions({ timeout, gracePeriod, retry });
  const chunk: ChunkOptions = finite({ timeout, gracePeriod });
  if (retry) {
    chunk.retry = { ...finite(retry), ...(retry.attempts === Infinity ? { attempts: ENDLESS } : {}) };
  }
  return chunk;
}

/** The options that are given and finite; of `jitter`, a number. */
function finite(options: Record<string, unknown>): Record<string, number> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined && value !== Infinity);
  return Object.fromEntries(given.map(([key, value]) => [key, Number(value)]));
}
