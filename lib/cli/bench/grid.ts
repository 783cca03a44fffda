/**
 * Which combinations are tried, in which order, and which of them is worth recommending.
 *
 * @module
 */

import type { Combination, Measured } from "./measure.ts";

const CONCURRENCIES = [1, 4, 16, 64, 256];

/** As good as the best, for what measures differ by anyway. */
const CLOSE = 0.95;

/** What may be as good as the best once it is measured again, and how many of these are. */
const CONTENDER = 0.8;
const MOST_CONTENDERS = 4;

/** 1, 2, 4, … workers, up to the number of cores; a thread of our own has no others beside it. */
export function combinations(cores: number, isolation: string | undefined): Combination[] {
  const workers = new Set([1, cores]);
  for (let count = 2; count < cores; count *= 2) workers.add(count);
  const counts = isolation === "none" ? [1] : [...workers].sort((one, other) => other - one);
  // All cores first: if time runs out, it is the small ones that are left.
  return counts.flatMap((workers) => CONCURRENCIES.map((concurrency) => ({ workers, concurrency })));
}

/** How often each slot should get a task, where the number of calls is limited: once shows only how long one task takes. */
const ROUNDS = 2;

/** Those for which `calls` are enough, shared equally: the largest are left out until there is enough for the others. */
export function affordable<C extends Combination>(all: C[], calls: number): C[] {
  const kept = all.toSorted((one, other) => slotsOf(other) - slotsOf(one));
  while (callsFor(kept) > calls) kept.shift();
  return all.filter((one) => kept.includes(one));
}

/** How many calls all of them need. */
export function callsFor(all: Combination[]): number {
  return ROUNDS * all.length * Math.max(0, ...all.map(slotsOf));
}

/** The two with the fewest tasks in flight. */
export function smallestTwo(all: Combination[]): Combination[] {
  return all.toSorted((one, other) => slotsOf(one) - slotsOf(other)).slice(0, 2);
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
  const sound = soundOf(found);
  const best = Math.max(...sound.map(speed));
  return sound.filter((one) => speed(one) >= CLOSE * best)
    .sort((one, other) => slotsOf(one) - slotsOf(other) || one.workers - other.workers)[0];
}

/** Those that are worth a second measure, the best first: one measure alone may be off by what else the machine did. */
export function contenders(found: Measured[]): Measured[] {
  const sound = soundOf(found).sort((one, other) => speed(other) - speed(one));
  return sound.filter((one) => speed(one) >= CONTENDER * speed(sound[0])).slice(0, MOST_CONTENDERS);
}

/** Whether it has more in flight than all that were tried with as many workers: then still more may be better. */
export function isHighest({ workers, concurrency }: Combination, found: Measured[]): boolean {
  return !found.some((one) => one.workers === workers && one.concurrency > concurrency);
}

/** Those in which no more failed than in the others. */
function soundOf(found: Measured[]): Measured[] {
  const some = found.filter((one) => one.tasks > one.failed);
  // A server that is asked too much fails fast: that is no speed.
  const [least] = some.toSorted((one, other) => share(one) - share(other));
  return some.filter((one) => share(one) <= share(least) + 0.01 + chance(one) + chance(least));
}

/** How many tasks are in flight at once. */
function slotsOf({ workers, concurrency }: Combination): number {
  return workers * concurrency;
}

/** Tasks per second, without those that failed only here. */
function speed(one: Measured): number {
  return one.rate * (1 - share(one));
}

/** The part of the tasks that failed, of inputs that may end well. */
function share({ tasks, failed, alwaysFailed = 0 }: Measured): number {
  return (failed - alwaysFailed) / tasks;
}

/** By how much that part may be off where few tasks ran: twice the standard deviation. */
function chance(one: Measured): number {
  const part = share(one);
  return 2 * Math.sqrt(part * (1 - part) / one.tasks);
}
