/** The times of all inputs in a journal: percentiles, rates, and the slowest inputs. */

/** Percentiles of running times, in milliseconds. */
export interface Quantiles {
  p50: number;
  p90: number;
  p99: number;
  max: number;
}

interface Timed {
  line: number;
  ms: number;
}

const MINUTE = 60_000;

const SLOWEST = 5;

export class RunTimes {
  readonly #ms: number[] = [];
  readonly #slowest: Timed[] = [];
  readonly #ends = new Map<number, number>();

  get count(): number {
    return this.#ms.length;
  }

  add({ line, ms, at }: Timed & { at: number }): void {
    this.#ends.set(at, (this.#ends.get(at) ?? 0) + 1);
    this.#ms.push(ms);
    const slowest = this.#slowest;
    if (slowest.length === SLOWEST && ms <= slowest[SLOWEST - 1].ms) return;
    slowest.push({ line, ms });
    slowest.sort((one, other) => other.ms - one.ms);
    slowest.length = Math.min(slowest.length, SLOWEST);
  }

  get slowest(): Timed[] {
    return [...this.#slowest];
  }

  /** Percentiles of the running times; null without inputs. */
  quantiles(): Quantiles | null {
    if (this.count === 0) return null;
    const ms = Float64Array.from(this.#ms).sort();
    const at = (part: number) => ms[Math.max(0, Math.ceil(ms.length * part) - 1)];
    return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
  }

  /** When the last input ended, in milliseconds since 1970; undefined without inputs. */
  get last(): number | undefined {
    let last: number | undefined;
    for (const at of this.#ends.keys()) if (last === undefined || at > last) last = at;
    return last;
  }

  /** Inputs per second of a session that began at `since` and still runs, in the minute before `now`. */
  rateAt(now: number, since: number): number {
    const from = Math.max(now - MINUTE, since);
    let done = 0;
    for (const [at, count] of this.#ends) if (at > from) done += count;
    return now <= from ? 0 : tenths(done / (now - from) * 1_000);
  }

  /** Inputs per second in the last minute with any. */
  rate(): number {
    const last = this.last ?? 0;
    let [done, first] = [0, last];
    for (const [at, count] of this.#ends) {
      if (at <= last - MINUTE) continue;
      done += count;
      first = Math.min(first, at);
    }
    return last === first ? 0 : tenths(done / (last - first) * 1_000);
  }

  /** Inputs per second from the first input to the last, without pauses: more than a minute in which no input ended. */
  meanRate(): number {
    const times = [...this.#ends.keys()].sort((one, other) => one - other);
    let busy = 0;
    for (let at = 1; at < times.length; at++) {
      const gap = times[at] - times[at - 1];
      if (gap <= MINUTE) busy += gap;
    }
    return busy === 0 ? 0 : tenths(this.count / busy * 1_000);
  }
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
