/**
 * Decides when the next tasks may start by all rates of an executor: when each of them allows it. `dispatcher.ts` asks before it
 * sends tasks.
 */

import type { ResolvedRate } from "../options/rate_options.ts";
import { AutoRate } from "./auto_rate.ts";
import type { Start, Weights } from "../tasks/weights.ts";
import { Rate, type RateState } from "./rate.ts";

export class Rates {
  /** Whether a rate counts tasks by their weights. Then the time of the next start depends on the next task. */
  readonly areWeighted: boolean;
  /** Whether a rate has `auto`. */
  readonly areFound: boolean;
  readonly #rates: Rate[];
  readonly #options: ResolvedRate[];
  /** By rate: finds its present part, with `auto`. */
  readonly #autos: (AutoRate | undefined)[];
  /** By rate: the name by which bodies correct their weights; undefined for any name, and null for no weights. */
  readonly #names: (string | undefined | null)[];
  /** By rate: what the tasks count for that were sent and can begin at any time. */
  #overdue: number[] = [];

  constructor(rates: ResolvedRate[]) {
    this.#options = rates;
    this.#autos = rates.map(({ auto, perMs }) => auto ? new AutoRate(perMs) : undefined);
    this.areFound = rates.some(({ auto }) => auto);
    this.areWeighted = rates.some(({ weight }) => weight !== undefined);
    this.#names = rates.map(({ weight, name }) => weight ? name : null);
    this.#rates = rates.map(({ amount, perMs, weight }) => {
      return new Rate({ amount, perMs, isCount: weight === undefined });
    });
  }

  /** Begins a round: tasks that start until the next round start together. */
  begin(overdue: Weights[]): void {
    this.#overdue = this.#rates.map((_, at) => sumOf(overdue, at));
    for (const rate of this.#rates) rate.begin();
  }

  /** Number of tasks that count 1 each and may start now. */
  due(now: number): number {
    return Math.min(...this.#rates.map((rate, at) => rate.due(now, this.#overdue[at])));
  }

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

  /** Takes the announcement of a start, on another machine also the time since which it may have begun. */
  begun(start: Start, now: number, letGo = now): void {
    start.at = now;
    this.#autos.forEach((auto, at) => {
      if (auto?.started(now)) this.#slow(at, auto.part);
    });
    this.#rates.forEach((rate, at) => rate.begun(weightOf(start.weights, at), now, start.isFirst, letGo));
  }

  /** Takes the amount that a body has used. The first one takes the place of its weight, and the others are added. */
  used(start: Start, { name, amount }: { name: string; amount: number }, now: number): void {
    this.#rates.forEach((rate, at) => {
      if (this.#names[at] !== name && this.#names[at] !== undefined) return;
      const corrected = start.corrected ??= [];
      if (!corrected[at]) rate.takeBack(weightOf(start.weights, at), start.at, start.isFirst);
      corrected[at] = true;
      rate.used(amount, now);
    });
  }

  /** Takes an error with a `retryAfter`, of an attempt that was sent at this time. */
  refused(sent: number, now: number): void {
    this.#autos.forEach((auto, at) => {
      if (auto?.refused(sent, now)) this.#slow(at, auto.part);
    });
  }

  /** By rate: its amount. With `auto`, the amount that was found so far. */
  get found(): number[] {
    return this.#options.map(({ amount }, at) => amount * (this.#autos[at]?.found ?? 1));
  }

  /** Whether the starts since the last call of {@link save} are too many for a successor not to know of them. */
  get areUnsaved(): boolean {
    return this.#rates.some(({ isUnsaved }) => isUnsaved);
  }

  /** By rate: the last starts, for a successor. `sent` are the weights of tasks that were sent and have not begun. */
  save(sent: Weights[], now: number): RateState[] {
    return this.#rates.map((rate, at) => rate.save(sumOf(sent, at), now));
  }

  /** Goes on after the starts of a predecessor. */
  takeOver(states: (RateState | undefined)[], now: number): void {
    this.#rates.forEach((rate, at) => {
      const state = states[at];
      if (state) rate.takeOver(state, now);
    });
  }

  #slow(at: number, part: number): void {
    this.#rates[at].slow(part, this.#options[at].amount);
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

function sumOf(all: Weights[], at: number): number {
  return all.reduce((sum, weights) => sum + weightOf(weights, at), 0);
}
