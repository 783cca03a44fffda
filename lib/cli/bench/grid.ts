/** The combinations of `-j` and `-c` that are tried, their order, and which one is recommended. */

import { type Combination, InputCounts, type Measured } from "./measure.ts";

const CONCURRENCIES = [1, 4, 16, 64, 256];

/**
 * A rate of at least this fraction of the best rate counts as the best. A guess: two measures of the same combination
 * differ by about as much.
 */
const CLOSE = 0.95;

/** Minimum fraction of the best rate at which a combination is measured again. A guess. */
const CONTENDER = 0.8;

/** Maximum number of combinations that are measured again. A guess: with more, none gets enough time. */
const MOST_CONTENDERS = 4;

/** 1, 2, 4, … workers up to the number of cores, each with several concurrencies. With isolation `none` there is one worker. */
export function combinations(cores: number, isolation: string | undefined): Combination[] {
  const workers = new Set([1, cores]);
  for (let count = 2; count < cores; count *= 2) workers.add(count);
  const counts = isolation === "none" ? [1] : [...workers].sort((one, other) => other - one);
  // All cores first, because if time runs out, the combinations with few workers are left out.
  return counts.flatMap((workers) => CONCURRENCIES.map((concurrency) => ({ workers, concurrency })));
}

/** Number of tasks per slot if calls are limited. A single task per slot would only show how long a task takes. */
const ROUNDS = 2;

/** The combinations for which `calls` are enough, with an equal share each. The largest ones are left out first. */
export function affordable<C extends Combination>(all: C[], calls: number): C[] {
  const kept = all.toSorted((one, other) => slotsOf(other) - slotsOf(one));
  while (callsFor(kept) > calls) kept.shift();
  return all.filter((one) => kept.includes(one));
}

export function callsFor(all: Combination[]): number {
  return ROUNDS * all.length * Math.max(0, ...all.map(slotsOf));
}

export function smallestTwo(all: Combination[]): Combination[] {
  return all.toSorted((one, other) => slotsOf(one) - slotsOf(other)).slice(0, 2);
}

/** Whether a combination cannot be the best, because a lower concurrency with the same number of workers was already too high. */
export function isHopeless({ workers, concurrency }: Combination, found: Measured[]): boolean {
  const row = found.filter((one) => one.workers === workers && one.concurrency < concurrency);
  const best = Math.max(...row.map(({ rate }) => rate));
  const last = row.at(-1);
  return last !== undefined && last.rate < 0.8 * best;
}

/** The combination with the fewest tasks in flight among those that are as good as the best. Undefined if every task failed. */
export function recommended(found: Measured[]): Measured | undefined {
  const sound = soundOf(found);
  const best = Math.max(...sound.map(speed));
  return sound.filter((one) => speed(one) >= CLOSE * best)
    .sort((one, other) => slotsOf(one) - slotsOf(other) || one.workers - other.workers)[0];
}

/** The combinations to measure again, the best first. Other programs on the machine may have disturbed the first measure. */
export function contenders(found: Measured[]): Measured[] {
  const sound = soundOf(found).sort((one, other) => speed(other) - speed(one));
  return sound.filter((one) => speed(one) >= CONTENDER * speed(sound[0])).slice(0, MOST_CONTENDERS);
}

/** Whether no higher concurrency was tried with the same number of workers. A still higher one may then be better. */
export function isHighest({ workers, concurrency }: Combination, found: Measured[]): boolean {
  return !found.some((one) => one.workers === workers && one.concurrency > concurrency);
}

/**
 * Sets `alwaysFailed` of each measure. Returns the number of inputs that failed with every combination. The comparison leaves them out,
 * because the number of times that each combination ran them is random.
 */
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

/** The combinations in which no more tasks failed than in the others. */
function soundOf(found: Measured[]): Measured[] {
  const some = found.filter((one) => one.tasks > one.failed);
  // An overloaded server fails fast, which is not speed.
  const [least] = some.toSorted((one, other) => share(one) - share(other));
  return some.filter((one) => share(one) <= share(least) + 0.01 + chance(one) + chance(least));
}

function slotsOf({ workers, concurrency }: Combination): number {
  return workers * concurrency;
}

/** Tasks per second, without the tasks that failed only with this combination. */
function speed(one: Measured): number {
  return one.rate * (1 - share(one));
}

/** The fraction of the tasks that failed, from 0 to 1, without the inputs that always fail. */
function share({ tasks, failed, alwaysFailed = 0 }: Measured): number {
  return (failed - alwaysFailed) / tasks;
}

/** The uncertainty of {@link share} because few tasks ran: two standard deviations. */
function chance(one: Measured): number {
  const part = share(one);
  return 2 * Math.sqrt(part * (1 - part) / one.tasks);
}
