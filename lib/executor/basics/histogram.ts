/**
 * A distribution of durations in constant memory. It counts durations in buckets, eight per octave, so a percentile is off by at most 5 %.
 */

/** Number of buckets per octave: per doubling of the duration. */
const PER_OCTAVE = 8;

/** Number of octaves above one microsecond: up to twelve days. */
const OCTAVES = 40;

/** A distribution of durations, in milliseconds. All figures are 0 if no duration was recorded. */
export interface Distribution {
  /** The shortest duration. */
  min: number;
  /** The mean. */
  mean: number;
  /** The median: half of the durations are not longer. */
  p50: number;
  /** 90 % of the durations are not longer. */
  p90: number;
  /** 99 % of the durations are not longer. */
  p99: number;
  /** The longest duration. */
  max: number;
}

export class Histogram {
  readonly #counts = new Float64Array(PER_OCTAVE * OCTAVES + 1);
  #total = 0;
  #sum = 0;
  #min = Infinity;
  #max = 0;

  /** The sum of all durations, in milliseconds. */
  get sum(): number {
    return this.#sum / 1000;
  }

  /** Adds a duration in microseconds, `count` times. */
  record(micros: number, count = 1): void {
    this.#counts[bucketOf(micros)] += count;
    this.#total += count;
    this.#sum += micros * count;
    if (micros < this.#min) this.#min = micros;
    if (micros > this.#max) this.#max = micros;
  }

  distribution(): Distribution {
    if (this.#total === 0) return { min: 0, mean: 0, p50: 0, p90: 0, p99: 0, max: 0 };
    return {
      min: this.#min / 1000,
      mean: this.#sum / this.#total / 1000,
      p50: this.#percentile(0.5),
      p90: this.#percentile(0.9),
      p99: this.#percentile(0.99),
      max: this.#max / 1000,
    };
  }

  /** The buckets from the first to the last that is not empty: its upper bound in milliseconds, and its number of durations. */
  buckets(): { to: number; count: number }[] {
    const counts = [...this.#counts];
    const first = counts.findIndex((count) => count > 0);
    const last = counts.findLastIndex((count) => count > 0);
    if (first === -1) return [];
    return counts.slice(first, last + 1).map((count, at) => ({
      to: 2 ** ((first + at) / PER_OCTAVE) / 1000,
      count,
    }));
  }

  #percentile(part: number): number {
    let rest = part * this.#total;
    let bucket = 0;
    while (bucket < this.#counts.length - 1 && (rest -= this.#counts[bucket]) > 0) bucket++;
    const micros = bucket === 0 ? 0 : 2 ** ((bucket - 0.5) / PER_OCTAVE);
    return Math.min(Math.max(micros, this.#min), this.#max) / 1000;
  }
}

/** The buckets of the shortest durations, in whole microseconds. Measured: a logarithm for each short task takes 2 % of a map's CPU. */
const SHORT = Uint16Array.from({ length: 256 }, (_, micros) => computedBucketOf(micros));

function bucketOf(micros: number): number {
  // V8 makes a text of a fraction before it looks for the element.
  return micros < SHORT.length && Number.isInteger(micros) ? SHORT[micros] : computedBucketOf(micros);
}

function computedBucketOf(micros: number): number {
  if (micros < 1) return 0;
  return Math.min(Math.ceil(Math.log2(micros) * PER_OCTAVE), PER_OCTAVE * OCTAVES);
}
