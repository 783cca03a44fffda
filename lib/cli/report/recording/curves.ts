/**
 * Outcomes and tasks in flight over time, in constant memory. Time is divided into at most 1,024 steps. When a run gets
 * longer, all steps become twice as long.
 */

import { thousandths } from "../../progress/format.ts";

/** Maximum number of steps: about the number of pixels of a wide chart. */
export const STEPS = 1_024;

/** Length of a step at the start, in milliseconds. */
export const FIRST_STEP = 1;

/** The time that intervals cover in each step. Adding an interval takes the same time for every length. */
export class Area {
  #part: Float64Array = new Float64Array(STEPS);
  /** For each step: the number of intervals that cover all of it, minus that of the step before. */
  #whole = new Int32Array(STEPS + 1);

  add(start: number, end: number, width: number): void {
    const [first, last] = [Math.floor(start / width), Math.floor(end / width)];
    if (first === last) return void (this.#part[first] += end - start);
    this.#part[first] += (first + 1) * width - start;
    this.#part[last] += end - last * width;
    this.#whole[first + 1]++;
    this.#whole[last]--;
  }

  sums(width: number): Float64Array {
    let covering = 0;
    return this.#part.map((part, step) => part + (covering += this.#whole[step]) * width);
  }

  /** Makes steps twice as long. `width` is their length before. */
  double(width: number): void {
    this.#part = inPairs(this.sums(width));
    this.#whole.fill(0);
  }
}

export interface CurveData {
  step: number;
  ok: number[];
  failed: number[];
  inFlight: number[];
  positions: number[][];
}

/** Collects curves. Times are milliseconds since the run began. */
export class Curves {
  #step = FIRST_STEP;
  #last = 0;
  #ok: Float64Array = new Float64Array(STEPS);
  #failed: Float64Array = new Float64Array(STEPS);
  readonly #positions: Area[] = [];

  add({ start, ms, ok, again, position }: {
    start: number;
    ms: number;
    ok: boolean;
    /** Whether another attempt followed. Then it counts neither as success nor as failure. */
    again?: boolean;
    position: number;
  }): void {
    const from = Math.max(0, start);
    const end = Math.max(from, start + ms);
    while (end >= this.#step * STEPS) this.#double();
    const step = Math.floor(end / this.#step);
    if (!again) (ok ? this.#ok : this.#failed)[step]++;
    this.#last = Math.max(this.#last, step);
    while (this.#positions.length <= position) this.#positions.push(new Area());
    this.#positions[position].add(from, end, this.#step);
  }

  /** The curves, up to the last step with an attempt. */
  data(): CurveData {
    const cut = (values: Float64Array) => Array.from(values.subarray(0, this.#last + 1), thousandths);
    const positions = this.#positions.map((area) => area.sums(this.#step).map((sum) => sum / this.#step));
    const inFlight = new Float64Array(STEPS);
    for (const position of positions) position.forEach((value, step) => inFlight[step] += value);
    return {
      step: this.#step,
      ok: cut(this.#ok),
      failed: cut(this.#failed),
      inFlight: cut(inFlight),
      positions: positions.map(cut),
    };
  }

  #double(): void {
    for (const area of this.#positions) area.double(this.#step);
    this.#ok = inPairs(this.#ok);
    this.#failed = inPairs(this.#failed);
    this.#step *= 2;
    this.#last = Math.floor(this.#last / 2);
  }
}

function inPairs(values: Float64Array): Float64Array {
  return values.map((_, step) => step < STEPS / 2 ? values[2 * step] + values[2 * step + 1] : 0);
}
