/**
 * Measures combinations of `-j` and `-c`, one after another, and the best ones a second time.
 *
 * @module
 */

import { draw, isTerminal } from "../progress/terminal.ts";
import { executorFor, type Prepared } from "../run/prepare.ts";
import { restAfter } from "../run/rates.ts";
import { markAlwaysFailing } from "./always_failing.ts";
import { affordable, callsFor, contenders, isHopeless } from "./grid.ts";
import { type Combination, measure, type Measured, ROUNDS, together, tryOne } from "./measure.ts";
import type { Sample } from "./sample.ts";

/**
 * The first task and the first combination may take this many times the time of the bench, because without them there
 * is no result. A guess.
 */
const PATIENCE = 5;

/**
 * The fraction of the time and of the calls in which each combination is measured once. The rest is for measuring the
 * best ones again. A guess.
 */
const FIRST_PART = 0.7;

/** Minimum time of a measure, in milliseconds. A guess: in less time, the start of workers distorts the result. */
const LEAST_TIME = 50;

/** What a bench may cost. */
export interface Limits {
  /** Time, in milliseconds. */
  time: number;
  /** Maximum number of calls, retries included. */
  calls: number;
}

/** Number of first attempts in which each combination is measured once. */
export function firstPartOf(calls: number, attempts: number): number {
  return (calls / attempts - 1) * FIRST_PART;
}

/** Number of calls that a bench of these combinations makes: the opposite of {@link firstPartOf}. */
export function callsOf(all: Combination[], attempts: number): number {
  return attempts * (1 + Math.ceil(callsFor(all) / FIRST_PART));
}

/** Measures what the limits allow. A combination that cannot be the best one is left out. */
export async function tryAll(
  all: Combination[],
  { options, reference, input, executor: first }: Prepared,
  { lines }: Sample,
  { time, calls }: Limits,
): Promise<Measured[]> {
  const encoding = { input: input.format.encoding, output: "json" } as const;
  const init = { task: reference.task, inputs: lines, options: { encoding } };
  const attempts = 1 + options.retries;
  const begunAt = performance.now();
  const taskTime = await tryOne(first, { ...init, most: 1 }, PATIENCE * time);
  let callsLeft = (calls - attempts) * FIRST_PART;
  const found: Measured[] = [];
  let startTime = 0;
  const end = begunAt + time;
  let shared = begunAt + FIRST_PART * time;
  for (const [at, one] of all.entries()) {
    if (isHopeless(one, found)) continue;
    const measured = await tryIt(one, all.length - at);
    if (measured === undefined) break;
    if (measured.tasks > 0) found.push({ ...one, ...measured });
  }
  // The best are measured again in the opposite order, to average out the other programs on the machine.
  markAlwaysFailing(found);
  shared = end;
  callsLeft += (calls - attempts) * (1 - FIRST_PART);
  const again = affordable(contenders(found), callsLeft / attempts);
  for (const [at, one] of again.entries()) {
    const measured = await tryIt(one, again.length - at);
    if (measured === undefined) break;
    if (measured.tasks > 0) found[found.indexOf(one)] = together(one, measured);
  }
  if (isTerminal()) draw("stderr", "\r\x1b[K");
  return found;

  /**
   * Measures a combination in its share of the remaining time, which `toCome` combinations divide. Undefined if the
   * share is too small.
   */
  async function tryIt(
    one: Combination,
    toCome: number,
  ): Promise<Omit<Measured, keyof Combination> | undefined> {
    const left = end - performance.now() - startTime;
    // The first combination is always measured.
    if (found.length > 0 && left < taskTime) return undefined;
    const most = Math.floor(callsLeft / toCome / attempts);
    if (isTerminal()) draw("stderr", `\r\x1b[Ktrying -j ${one.workers} -c ${one.concurrency}`);
    // Each executor counts its own rate, and does not know the last start of the executor before it.
    await pause(restAfter(options, lines));
    const { workers, concurrency } = one;
    const executor = executorFor(reference, { ...options, workers, concurrency, memory: undefined });
    const begun = performance.now();
    await executor.ready();
    startTime = performance.now() - begun;
    const share = (shared - performance.now()) / toCome - startTime;
    const soft = Math.max(LEAST_TIME, Math.min(left, Math.max(share, ROUNDS * taskTime)));
    const hard = found.length > 0 ? left : Math.max(left, PATIENCE * taskTime);
    const measured = await measure(executor, { ...init, most }, { soft, hard });
    // Tasks in flight at the end of the time were calls, too.
    callsLeft -= attempts * Math.min(most, measured.tasks + workers * concurrency);
    return measured;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
