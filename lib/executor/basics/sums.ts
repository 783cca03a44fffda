/** Exact sums by name: what tasks count by `context.count`. */

import { DecimalSum } from "./decimal_sum.ts";

/** Whether a value consists of sums by name, as {@link Sums.toRecord} makes them. */
export function areSums(value: unknown): value is Record<string, number> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.entries(value).every(([name, sum]) => name !== "" && Number.isFinite(sum));
}

export class Sums {
  readonly #sums = new Map<string, DecimalSum>();

  add(name: string, amount: number): void {
    let sum = this.#sums.get(name);
    if (!sum) this.#sums.set(name, sum = new DecimalSum());
    sum.add(amount);
  }

  /** Adds the sums of another record to those of the same names. */
  addAll(sums: Readonly<Record<string, number>>): void {
    for (const [name, amount] of Object.entries(sums)) this.add(name, amount);
  }

  /** The sums, by name in the order of the names: another order would depend on which task was the first to count. */
  toRecord(): Record<string, number> {
    const names = [...this.#sums.keys()].sort();
    // Any name is an own property of it, also `__proto__`.
    return Object.fromEntries(names.map((name) => [name, this.#sums.get(name)!.value]));
  }
}
