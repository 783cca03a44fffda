/**
 * Finds the inputs of a sample that fail with every combination. The comparison leaves them out, because the number of
 * times that each combination ran them is random.
 */

import { InputCounts } from "./input_counts.ts";
import type { Measured } from "./measure.ts";

/** Sets `alwaysFailed` of each measure. Returns the number of inputs that always failed. */
export function markAlwaysFailing(found: Measured[]): number {
  const [first] = found.flatMap(({ inputs }) => inputs ?? []);
  if (!first) return 0;
  const all = new InputCounts(first.ok.length);
  for (const { inputs } of found) if (inputs) all.add(inputs);
  const always = [...all.failed.keys()].filter((at) => all.failed[at] > 0 && all.ok[at] === 0);
  for (const one of found) {
    one.alwaysFailed = always.reduce((sum, at) => sum + (one.inputs?.failed[at] ?? 0), 0);
  }
  return always.length;
}
