/**
 * Decides when the next tasks may start by all rates of an executor: when each of them allows it. `dispatcher.ts` asks before it
 * sends tasks.
 *
 * @module
 */

import type { ResolvedRate } from "../options.ts";
import { Rate } from "./rate.ts";

/** What a task counts for, by the number of the rate. Undefined: 1 for each, because no rate has weights. */
export type Weights = readonly number[] | undefined;

/** The rates of one executor. */
export class Rates {
  /** Whether a rate counts tasks by their weights, so that it depends on the next task when that may start. */
  readonly areWeighted: boolean;
  readonly #rates: Rate[];
  /** By rate: what the tasks count for that were sent and can begin at any time. */
  #overdue: number[] = [];

  constructor(rates: ResolvedRate[]) {
    this.areWeighted = rates.some(({ weight }) => weight !== undefined);
    this.#rates = rates.map(({ amount, perMs, weight }) => {
      return new Rate({ amount, perMs, isCount: weight === undefined });
    });
  }

  /** Begins a round: tasks that start until the next round start together. */
  begin(overdue: Weights[]): void {
    this.#overdue = this.#rates.map((_, at) =>
      overdue.reduce((sum, weights) => sum + weightOf(weights, at), 0)
    );
    for (const rate of this.#rates) rate.begin();
  }

  /** Number of tasks that count 1 each and may start now. */
  due(now: number): number {
    return Math.min(...this.#rates.map((rate, at) => rate.due(now, this.#overdue[at])));
  }

  /** Whether a task may start now. */
  admits(weights: Weights, now: number): boolean {
    return this.#rates.every((rate, at) => rate.admits(weightOf(weights, at), now, this.#overdue[at]));
  }

  /** Takes a task that is sent now. */
  started(weights: Weights, now: number): void {
    this.#rates.forEach((rate, at) => rate.started(weightOf(weights, at), now));
  }

  /** Takes tasks that count 1 each and are sent now. */
  startedMany(count: number, now: number): void {
    for (const rate of this.#rates) rate.started(count, now);
  }

  /** Takes the announcement of a start. `isFirst` says whether it is the first one of its worker. */
  begun(weights: Weights, now: number, isFirst: boolean): void {
    this.#rates.forEach((rate, at) => rate.begun(weightOf(weights, at), now, isFirst));
  }

  /** Time until a task may start, in milliseconds; `Infinity` if this depends on overdue starts. */
  wait(weights: Weights, now: number): number {
    return Math.max(
      ...this.#rates.map((rate, at) => rate.wait(now, weightOf(weights, at), this.#overdue[at])),
    );
  }
}

function weightOf(weights: Weights, at: number): number {
  return weights ? weights[at] : 1;
}
