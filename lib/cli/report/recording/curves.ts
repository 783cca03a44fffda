/**
 * What happened when, in constant memory: time is cut into at most a thousand steps, and once they are used up, they
 * become twice as long.
 *
 * @module
 */

const STEPS = 1_024;

/** The first length of a step, in milliseconds. */
const FIRST = 1;

/** For how much of each step something was going on: intervals of any length, each at the same cost. */
class Area {
  /** Within steps that an interval covers in part. */
  #part: Float64Array = new Float64Array(STEPS);
  /** How many more intervals cover this step as a whole than the one before it. */
  #whole = new Int32Array(STEPS + 1);

  add(start: number, end: number, width: number): void {
    const [first, last] = [Math.floor(start / width), Math.floor(end / width)];
    if (first === last) return void (this.#part[first] += end - start);
    this.#part[first] += (first + 1) * width - start;
    this.#part[last] += end - last * width;
    this.#whole[first + 1]++;
    this.#whole[last]--;
  }

  /** Milliseconds, by step. */
  sums(width: number): Float64Array {
    let covering = 0;
    return this.#part.map((part, step) => part + (covering += this.#whole[step]) * width);
  }

  /** `width` is what steps were until now. */
  double(width: number): void {
    this.#part = inPairs(this.sums(width));
    this.#whole.fill(0);
  }
}

/** The curves of a run, as they are written down: a number for each step. */
export interface CurveData {
  /** The length of a step, in milliseconds. */
  step: number;
  ok: number[];
  failed: number[];
  /** Tasks in flight, on an average. */
  inFlight: number[];
  /** The same by slot. */
  slots: number[][];
}

/** Counts by time. Times are milliseconds since the run began. */
export class Curves {
  #step = FIRST;
  #last = 0;
  #ok: Float64Array = new Float64Array(STEPS);
  #failed: Float64Array = new Float64Array(STEPS);
  readonly #slots: Area[] = [];

  /** A task ran in this slot. */
  add({ start, ms, ok, again, slot }: {
    start: number;
    ms: number;
    ok: boolean;
    /** Whether it was only an attempt, of which the outcome counts nowhere. */
    again?: boolean;
    slot: number;
  }): void {
    const from = Math.max(0, start);
    const end = Math.max(from, start + ms);
    while (end >= this.#step * STEPS) this.#double();
    const step = Math.floor(end / this.#step);
    if (!again) (ok ? this.#ok : this.#failed)[step]++;
    this.#last = Math.max(this.#last, step);
    while (this.#slots.length <= slot) this.#slots.push(new Area());
    this.#slots[slot].add(from, end, this.#step);
  }

  /** All of them, up to the last step in which there was something. */
  data(): CurveData {
    const cut = (values: Float64Array) => Array.from(values.subarray(0, this.#last + 1), thousandths);
    const slots = this.#slots.map((area) => area.sums(this.#step).map((sum) => sum / this.#step));
    const inFlight = new Float64Array(STEPS);
    for (const slot of slots) slot.forEach((value, step) => inFlight[step] += value);
    return {
      step: this.#step,
      ok: cut(this.#ok),
      failed: cut(this.#failed),
      inFlight: cut(inFlight),
      slots: slots.map(cut),
    };
  }

  #double(): void {
    for (const slot of this.#slots) slot.double(this.#step);
    this.#ok = inPairs(this.#ok);
    this.#failed = inPairs(this.#failed);
    this.#step *= 2;
    this.#last = Math.floor(this.#last / 2);
  }
}

function inPairs(values: Float64Array): Float64Array {
  return values.map((_, step) => step < STEPS / 2 ? values[2 * step] + values[2 * step + 1] : 0);
}

function thousandths(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
