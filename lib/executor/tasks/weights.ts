/** What a task counts for by each rate of its executor, and the start of its body, which is what rates count. */

import { shown } from "../options/checks.ts";
import type { ResolvedRate } from "../options/rate_options.ts";

/** What a task counts for, by the number of the rate. Undefined: 1 for each, because no rate has weights. */
export type Weights = readonly number[] | undefined;

export interface Start {
  weights: Weights;
  isFirst: boolean;
  /** When it was announced, in milliseconds of `performance.now()`. */
  at: number;
  /** By rate: whether the weight was replaced by what the body has used. Undefined if the body has not called `context.used`. */
  corrected?: boolean[];
}

/**
 * Returns the weights of an input.
 *
 * @throws {TypeError} if a rate's `weight` returns no number
 * @throws {RangeError} if a weight is negative, or more than the rate's amount, so that the task could never start
 * @throws whatever the user's `weight` throws
 */
export function weightsOf(input: unknown, rates: ResolvedRate[]): Weights {
  return rates.map(({ path, amount, weight }) => {
    if (weight === undefined) return 1;
    const value = weight(input);
    if (typeof value !== "number" || Number.isNaN(value)) {
      throw new TypeError(`${path}.weight must return a number, got ${shown(value)}`);
    }
    if (value < 0) throw new RangeError(`${path}.weight must return at least 0, got ${value}`);
    if (value <= amount) return value;
    throw new RangeError(
      `${path}.weight must return at most ${path}.amount (${amount}), got ${value}: the task could never start`,
    );
  });
}
