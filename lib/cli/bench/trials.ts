/** Measures combinations of `-j` and `-c`, one after another, and the best ones a second time. */

import { formatTime } from "../progress/format.ts";
import { draw, isTerminal } from "../progress/terminal.ts";
import { executorFor, type Prepared } from "../run/prepare.ts";
import { affordable, callsFor, contenders, isHopeless, markAlwaysFailing } from "./grid.ts";
import { type Combination, measure, type Measured, ROUNDS, together, tryOne } from "./measure.ts";
import type { Sample } from "./sample.ts";
import { restAfter } from "../run/input_limits.ts";

/**
 * The first task may take this many times the time of the bench, and the first combination this many times that of a task.
 * Without them there is no result. A guess.
 */
const PATIENCE = 3;

/** Minimum time for the first task, in milliseconds. A guess. */
const LEAST_PATIENCE = 2_000;

/**
 * The fraction of the time and of the calls in which each combination is measured once. The rest is for measuring the
 * best ones again. A guess.
 */
const FIRST_PART = 0.7;

/** Minimum time of a measure, in milliseconds. A guess: in less time, the start of workers distorts the result. */
const LEAST_TIME = 50;

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

export class Trials {
  readonly #prepared: Prepared;
  readonly #init: Pick<Parameters<typeof measure>[1], "task" | "inputs" | "options">;
  readonly #limits: Limits;
  readonly #attempts: number;
  readonly #begun = performance.now();
  /** When the round that is under way has to end, in milliseconds of `performance.now()`. */
  #shared: number;
  #callsLeft: number;
  #taskTime = 0;
  /** How long the last workers took to start, in milliseconds. */
  #startTime = 0;
  #found: Measured[] = [];

  constructor(prepared: Prepared, { lines }: Sample, limits: Limits) {
    const { options, reference, input } = prepared;
    const encoding = { input: input.format.encoding, output: "json" } as const;
    this.#prepared = prepared;
    this.#init = { task: reference.task, inputs: lines, options: { encoding } };
    this.#limits = limits;
    this.#attempts = 1 + options.retries;
    this.#shared = this.#begun + FIRST_PART * limits.time;
    this.#callsLeft = (limits.calls - this.#attempts) * FIRST_PART;
  }

  /** Leaves out combinations that cannot be the best. `say` gets a line if the first task takes long. */
  async run(all: Combination[], say: (line: string) => void): Promise<Measured[]> {
    const { calls } = this.#limits;
    const found = this.#found;
    const taskTime = await this.#tryFirst(say);
    if (taskTime === undefined) return found;
    this.#taskTime = taskTime;
    for (const [at, one] of all.entries()) {
      if (isHopeless(one, found)) continue;
      const measured = await this.#try(one, all.length - at);
      if (measured === undefined) break;
      if (measured.tasks > 0) found.push({ ...one, ...measured });
    }
    // The best are measured again in the opposite order, to average out the other programs on the machine.
    markAlwaysFailing(found);
    this.#shared = this.#end;
    this.#callsLeft += (calls - this.#attempts) * (1 - FIRST_PART);
    const again = affordable(contenders(found), this.#callsLeft / this.#attempts);
    for (const [at, one] of again.entries()) {
      const measured = await this.#try(one, again.length - at);
      if (measured === undefined) break;
      if (measured.tasks > 0) found[found.indexOf(one)] = together(one, measured);
    }
    if (isTerminal()) draw("stderr", "\r\x1b[K");
    return found;
  }

  /** Returns the time of a task. Undefined if it has not ended within the time that it may take. */
  async #tryFirst(say: (line: string) => void): Promise<number | undefined> {
    const { time } = this.#limits;
    const limit = Math.max(PATIENCE * time, LEAST_PATIENCE);
    const timer = setTimeout(() => {
      say(
        `polyloop: bench: the first task has not ended in ${formatTime(time)}; ` +
          `bench gives it ${formatTime(limit)}, and more with --for`,
      );
    }, time);
    try {
      return await tryOne(this.#prepared.executor, { ...this.#init, most: 1 }, limit);
    } finally {
      clearTimeout(timer);
    }
  }

  get #end(): number {
    return this.#begun + this.#limits.time;
  }

  /**
   * Measures a combination in its share of the remaining time, which `toCome` combinations divide. Undefined if the
   * share is too small.
   */
  async #try(one: Combination, toCome: number): Promise<Omit<Measured, keyof Combination> | undefined> {
    const { options, reference } = this.#prepared;
    const isFirst = this.#found.length === 0;
    const taskTime = this.#taskTime;
    const left = this.#end - performance.now() - this.#startTime;
    // The first combination is always measured.
    if (!isFirst && left < taskTime) return undefined;
    const most = Math.floor(this.#callsLeft / toCome / this.#attempts);
    const { workers, concurrency } = one;
    if (isTerminal()) draw("stderr", `\r\x1b[Ktrying -j ${workers} -c ${concurrency}`);
    // Each executor counts its own rate, and does not know the last start of the executor before it.
    await pause(restAfter(options, this.#init.inputs));
    const executor = executorFor(reference, { ...options, workers, concurrency, memory: undefined });
    const begun = performance.now();
    await executor.ready();
    this.#startTime = performance.now() - begun;
    const share = (this.#shared - performance.now()) / toCome - this.#startTime;
    const soft = Math.max(LEAST_TIME, Math.min(left, Math.max(share, ROUNDS * taskTime)));
    const hard = isFirst ? Math.max(left, PATIENCE * taskTime) : left;
    const measured = await measure(executor, { ...this.#init, most }, { soft, hard });
    // Tasks in flight at the end of the time were calls, too.
    this.#callsLeft -= this.#attempts * Math.min(most, measured.tasks + workers * concurrency);
    return measured;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
