/**
 * What limited a run over time, in constant memory: for each limit, the part of each step of time. When a run gets longer, all steps
 * become twice as long.
 */

import { thousandths } from "../../progress/format.ts";
import { Area, FIRST_STEP, STEPS } from "./curves.ts";
import type { Limit } from "./limits.ts";

/** The limits of a run in the page's data: a number from 0 to 1 for each step. */
export interface LimitData {
  step: number;
  /** Without limits that never held. */
  parts: Partial<Record<Limit, number[]>>;
}

/** Collects the limits of a run. Times are milliseconds since the run began. */
export class LimitTimes {
  /** Length of a step, in milliseconds. */
  step = FIRST_STEP;
  #last = 0;
  readonly #areas = new Map<Limit, Area>();
  readonly #sums = new Map<Limit, number>();

  add(limit: Limit, from: number, to: number): void {
    if (!(to > from)) return;
    while (to >= this.step * STEPS) this.#double();
    let area = this.#areas.get(limit);
    if (!area) this.#areas.set(limit, area = new Area());
    area.add(from, to, this.step);
    this.#sums.set(limit, (this.#sums.get(limit) ?? 0) + to - from);
    this.#last = Math.max(this.#last, Math.floor(to / this.step));
  }

  sums(): Partial<Record<Limit, number>> {
    const sorted = [...this.#sums].sort(([, one], [, other]) => other - one);
    return Object.fromEntries(sorted.map(([limit, ms]) => [limit, thousandths(ms)]));
  }

  /** The limits by step, up to the last one that was added. */
  data(): LimitData {
    const parts: LimitData["parts"] = {};
    for (const [limit, area] of this.#areas) {
      const sums = area.sums(this.step).subarray(0, this.#last + 1);
      parts[limit] = Array.from(sums, (ms) => Math.round(Math.min(1, ms / this.step) * 100) / 100);
    }
    return { step: this.step, parts };
  }

  #double(): void {
    for (const area of this.#areas.values()) area.double(this.step);
    this.step *= 2;
    this.#last = Math.floor(this.#last / 2);
  }
}
