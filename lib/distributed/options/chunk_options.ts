/** The task options of a call: those that are sent with its job chunks, and those that hold here. */

import { checkNames } from "../../executor/options/checks.ts";
import { resolveOptions } from "../../executor/options/resolve.ts";
import type { ResolvedRetryOptions } from "../../executor/options/retry_options.ts";
import { boundHere } from "../../wire/async_context.ts";
import type { ChunkOptions } from "../broker/protocol.ts";
import { RETRY_OPTIONS } from "./option_names.ts";
import type { DistributedTaskOptions } from "./types.ts";
import { refuseUnavailable, UNAVAILABLE_OF_RETRY } from "./unavailable.ts";

/** Stands for `attempts: Infinity`, which JSON cannot represent. */
const ENDLESS = 1e9;

/** The options of a call that hold on workers, and for their job chunks here. */
export interface CallTerms {
  options: ChunkOptions;
  /** Decides here whether inputs are tried again, because it has a function; undefined if workers decide. */
  retry: ResolvedRetryOptions | undefined;
}

/**
 * Checks task options as an `Executor` does. Those that are not set are those of `defaults`.
 *
 * @throws {TypeError} if an option is unknown or of the wrong kind
 * @throws {RangeError} if a number is out of range
 */
export function callTerms(given: DistributedTaskOptions, defaults: DistributedTaskOptions = {}): CallTerms {
  if (given.retry !== undefined) {
    refuseUnavailable(given.retry, UNAVAILABLE_OF_RETRY, "retry.");
    checkNames(given.retry, RETRY_OPTIONS, { subject: "option over a broker", path: "retry" });
  }
  const {
    timeout = defaults.timeout,
    queueTimeout = defaults.queueTimeout,
    gracePeriod = defaults.gracePeriod,
  } = given;
  const retry = given.retry && { ...defaults.retry, ...given.retry } || defaults.retry;
  const { task } = resolveOptions({ timeout, queueTimeout, gracePeriod, retry });
  const options: ChunkOptions = finite({ timeout, queueTimeout, gracePeriod });
  const { when } = task.retry;
  if (when) return { options, retry: { ...task.retry, when: boundHere(when) } };
  if (retry) {
    const { when: _, ...sent } = retry;
    options.retry = { ...finite(sent), ...(retry.attempts === Infinity ? { attempts: ENDLESS } : {}) };
  }
  return { options, retry: undefined };
}

/** Returns the options that are set and finite. For `jitter`, returns a number. */
function finite(options: Record<string, unknown>): Record<string, number> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined && value !== Infinity);
  return Object.fromEntries(given.map(([key, value]) => [key, Number(value)]));
}
