/**
 * Which combinations are tried, in which order, and which of them is worth recommending.
 *
 * @module
 */

import type { Combination, Measured } from "./measure.ts";

const CONCURRENCIES = [1, 4, 16, 64, 256];

/** As good as the best, for what measures differ by anyway. */
const CLOSE = 0.95;

/** 1, 2, 4, … workers, up to the number of cores; a thread of our own has no others beside it. */
export function combinations(cores: number, isolation: string | undefined): Combination[] {
  const workers = new Set([1, cores]);
  for (let count = 2; count < cores; count *= 2) workers.add(count);
  const counts = isolation === "none" ? [1] : [...workers].sort((one, other) => other - one);
  // All cores first: if time runs out, it is the small ones that are left.
  return counts.flatMap((workers) => CONCURRENCIES.map((concurrency) => ({ workers, concurrency })));
}

/** Whether a combination cannot be better any more: with as many workers, less concurrency was too much already. */
export function isHopeless({ workers, concurrency }: Combination, found: Measured[]): boolean {
  const row = found.filter((one) => one.workers === workers && one.concurrency < concurrency);
  const best = Math.max(...row.map(({ rate }) => rate));
  const last = row.at(-1);
  return last !== undefined && last.rate < 0.8 * best;
}

/** The one with the least in flight of those that are as good as the best; none where everything failed. */
export function recommended(found: Measured[]): Measured | undefined {
  const share = ({ tasks, failed }: Measured) => failed / tasks;
  const some = found.filter((one) => one.tasks > one.failed);
  // A server that is asked too much fails fast: that is no speed.
  const least = Math.min(...some.map(share));
  const sound = some.filter((one) => share(one) <= least + 0.01);
  const best = Math.max(...sound.map(({ rate }) => rate));
  const size = ({ workers, concurrency }: Measured) => workers * concurrency;
  return sound.filter(({ rate }) => rate >= CLOSE * best)
    .sort((one, other) => size(one) - size(other) || one.workers - other.workers)[0];
}
