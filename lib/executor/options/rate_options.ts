/** The option `rate`: how many tasks start per interval, by their number or their weights. */

import { LONGEST } from "../basics/deadlines.ts";
import { checkNames, checkRecord, flag, functionOf, type OptionNames, positive, textOf } from "./checks.ts";

/** Start at most `tasks` tasks per `perMs` milliseconds over all workers, evenly spaced. Every attempt is a start. */
export interface TaskRateOptions {
  /** Maximum number of starts per interval; greater than 0, and not necessarily a whole number. */
  tasks: number;
  /** The interval, in milliseconds. */
  perMs: number;
  /**
   * Whether the rate goes down when tasks are refused: three errors in a row with a `retryAfter`, or with the
   * `status` 429, halve it. While none is refused, it grows again step by step. `stats().rates` has what was found.
   *
   * @defaultValue false
   */
  auto?: boolean;
}

/** Start tasks whose weights are at most `amount` in all per `perMs` milliseconds over all workers. Every attempt is a start. */
export interface WeightRateOptions {
  /** Maximum sum of the weights of the tasks that start in an interval; greater than 0. */
  amount: number;
  /** The interval, in milliseconds. */
  perMs: number;
  /**
   * Returns what an input counts for: a number from 0 to `amount`. A task whose input counts 0 does not wait for this rate. A task
   * fails if this throws, or returns anything else.
   */
  weight(input: unknown): number;
  /**
   * The name by which a task corrects its weight: `context.used(name, amount)`. From then on, the amount counts in place of the weight.
   *
   * @defaultValue any name
   */
  name?: string;
  /**
   * Whether the rate goes down when tasks are refused: three errors in a row with a `retryAfter`, or with the
   * `status` 429, halve it. While none is refused, it grows again step by step. `stats().rates` has what was found.
   *
   * @defaultValue false
   */
  auto?: boolean;
}

/** A limit for the starts of tasks: by their number, or by their weights. */
export type RateOptions = TaskRateOptions | WeightRateOptions;

/** Fields of a `rate` that counts tasks. */
const TASK_RATE: OptionNames<TaskRateOptions> = { tasks: true, perMs: true, auto: true };

const WEIGHT_RATE: OptionNames<WeightRateOptions> = {
  amount: true,
  perMs: true,
  weight: true,
  name: true,
  auto: true,
};

/** A rate, which counts tasks or their weights. */
export interface ResolvedRate {
  /** What messages call it. */
  path: string;
  amount: number;
  perMs: number;
  /** Whether the amount is found, up to this one. */
  auto: boolean;
  /** The name by which `context.used` corrects a weight; undefined for any name. */
  name?: string;
  /** Undefined if each task counts 1. */
  weight: ((input: unknown) => number) | undefined;
}

/** Checks `rate`. Without one, there are none. */
export function ratesOf(rate: RateOptions | RateOptions[] | undefined): ResolvedRate[] {
  if (rate === undefined) return [];
  if (!Array.isArray(rate)) return [rateOf(rate, "rate")];
  return Array.from(rate, (one, at) => rateOf(one, `rate[${at}]`));
}

function rateOf(rate: RateOptions, path: string): ResolvedRate {
  checkRecord(path, rate);
  if ("amount" in rate || "weight" in rate) return weightRateOf(rate as WeightRateOptions, path);
  checkNames(rate, TASK_RATE, { path });
  const [tasks, perMs] = [positive(`${path}.tasks`, rate.tasks), positive(`${path}.perMs`, rate.perMs)];
  const interval = perMs / tasks;
  const auto = rate.auto === undefined ? false : flag(`${path}.auto`, rate.auto);
  if (interval > 0 && interval <= LONGEST) return { path, amount: tasks, perMs, auto, weight: undefined };
  throw new RangeError(
    `${path} must be finite, and at least one task per ${LONGEST} ms, got ${tasks} per ${perMs} ms`,
  );
}

function weightRateOf(rate: WeightRateOptions, path: string): ResolvedRate {
  checkNames(rate, WEIGHT_RATE, { path });
  const [amount, perMs] = [positive(`${path}.amount`, rate.amount), positive(`${path}.perMs`, rate.perMs)];
  const weight = functionOf(`${path}.weight`, rate.weight);
  if (weight === undefined) throw new TypeError(`${path}.weight must be a function, got undefined`);
  const name = textOf(`${path}.name`, rate.name);
  const auto = rate.auto === undefined ? false : flag(`${path}.auto`, rate.auto);
  if (amount < Infinity && perMs <= LONGEST) return { path, amount, perMs, auto, weight, name };
  throw new RangeError(
    `${path} must be finite, with an interval of at most ${LONGEST} ms, got ${amount} per ${perMs} ms`,
  );
}
