/** What a task counts for by each rate of its executor. */

import { shown } from "../options/checks.ts";
import type { ResolvedRate } from "../options/rate_options.ts";
import type { Weights } from "./rates.ts";

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
