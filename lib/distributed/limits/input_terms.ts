/** What an input counts for by the limits of a run: its key for `limitPer`, and its weights for `rate`. */

import { keyOf } from "../../executor/options/checks.ts";
import type { LimitPerOptions } from "../../executor/options/limit_per.ts";
import type { ResolvedRate } from "../../executor/options/rate_options.ts";
import { type Weights, weightsOf } from "../../executor/tasks/weights.ts";

export interface RunLimits {
  rates: ResolvedRate[];
  limitPer: LimitPerOptions | undefined;
  /** Which tasks an error's `retryAfter` pauses. */
  pause: "all" | "key" | false;
}

export interface Terms {
  key: string | number | undefined;
  weights: Weights;
}

export const NO_TERMS: Terms = { key: undefined, weights: undefined };

/** Whether a run with these limits has to let each attempt start. */
export function areLimited({ rates, limitPer, pause }: RunLimits): boolean {
  return rates.length > 0 || limitPer !== undefined || pause !== false;
}

/**
 * Returns what an input counts for.
 *
 * @throws whatever the user's functions throw, or an error that says what is wrong with what they return
 */
export function termsOf(input: unknown, { rates, limitPer }: RunLimits): Terms {
  return {
    key: limitPer && keyOf("What limitPer.key returns", limitPer.key(input)),
    weights: rates.some(({ weight }) => weight !== undefined) ? weightsOf(input, rates) : undefined,
  };
}
