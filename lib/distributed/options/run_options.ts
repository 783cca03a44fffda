/** The options of an executor over a broker, checked and with their defaults. */

import { resolveModule } from "../../backends/default.ts";
import { checkNames, finite, flag, time } from "../../executor/options/checks.ts";
import { limitPerOf } from "../../executor/options/limit_per.ts";
import { ratesOf } from "../../executor/options/rate_options.ts";
import { NO_RETRY, retryOf } from "../../executor/options/retry_options.ts";
import { fingerprint } from "../../fingerprint.ts";
import type { BrokerOptions } from "../broker/broker_options.ts";
import { parseUrl } from "../broker/broker_url.ts";
import { labelsOf } from "../broker/labels.ts";
import { checkName, newToken } from "../broker/names.ts";
import { MOST_INPUTS } from "../broker/protocol.ts";
import type { RunLimits } from "../limits/input_terms.ts";
import type { DistributedOptions, DistributedTaskOptions } from "./types.ts";
import { callTerms } from "./chunk_options.ts";
import { EXECUTOR_OPTIONS } from "./option_names.ts";
import { refuseUnavailable, UNAVAILABLE_OF_EXECUTOR } from "./unavailable.ts";

/** A run over a broker: its module, and the options that all its parts may rely on. */
export interface ResolvedRun {
  broker: BrokerOptions;
  run: string;
  url: string;
  fingerprint: string;
  limits: RunLimits;
  /** Number of inputs of a job chunk; undefined for as many as take 1.5 seconds. */
  chunkSize: number | undefined;
  /** The labels that its workers need, in order. */
  on: readonly string[];
  /** How long there may be no worker that serves the run, in milliseconds. */
  waitWorkers: number;
  /** The options of tasks without their own. */
  task: DistributedTaskOptions;
  priority: number;
  tracing: boolean;
}

/**
 * Checks the options of an executor over a broker.
 *
 * @throws {TypeError} if the module is a function, or an option is unknown or of the wrong kind
 * @throws {RangeError} if a name, the URL or a number is out of range
 */
export function resolveRun(module: URL | string, options: DistributedOptions): ResolvedRun {
  refuseUnavailable(options, UNAVAILABLE_OF_EXECUTOR);
  checkNames(options, EXECUTOR_OPTIONS, { subject: "option of an executor over a broker" });
  const { tracing = true, waitWorkers = Infinity, priority = 0, chunkSize } = options;
  flag("tracing", tracing);
  const url = typeof module === "string" || module instanceof URL ? resolveModule(module) : null;
  if (url === null) throw new TypeError("A run over a broker needs a module: functions cannot be sent");
  const run = checkName("run", options.run ?? newToken());
  checkName("queue", options.queue ?? "default");
  parseUrl(options.redis);
  const on = labelsOf("on", options.on);
  const { pause = false, ...retry } = options.retry ?? {};
  const { timeout, queueTimeout, gracePeriod } = options;
  const task = { timeout, queueTimeout, gracePeriod, retry: options.retry && retry };
  callTerms(task);
  const limits = {
    rates: ratesOf(options.rate),
    limitPer: limitPerOf(options.limitPer),
    pause: retryOf({ pause }, NO_RETRY).pause,
  };
  finite("priority", priority);
  time("waitWorkers", waitWorkers);
  if (
    chunkSize !== undefined && !(Number.isInteger(chunkSize) && chunkSize >= 1 && chunkSize <= MOST_INPUTS)
  ) {
    throw new RangeError(`chunkSize must be a whole number from 1 to ${MOST_INPUTS}, got ${chunkSize}`);
  }
  return {
    ...{ broker: options, run, url, fingerprint: fingerprint(url), limits, on },
    ...{ chunkSize, waitWorkers, task, priority, tracing },
  };
}
