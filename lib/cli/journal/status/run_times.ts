/**
 * The times of all inputs in a journal: how many ended when, how long they took, and which took longest.
 *
 * @module
 */

import type { Chunk } from "../rows/segment.ts";

/** Running times in milliseconds. */
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

/** How many of the slowest inputs are named. */
const SLOWEST = 5;

/** Takes the times one by one. */
export class RunTimes {
  #ms = new Float64Array(1_024);
  /** The slowest first. */
  readonly #slowest: Timed[] = [];
  /** How many ended at which time. */
  readonly #ends = new Map<number, number>();
  count = 0;

  /** Takes the inputs of a chunk. */
  addChunk(chunk: Chunk): void {
    for (let position = 0; position < chunk.count; position++) {
      this.#add(chunk.line(position), chunk.ms(position));
    }
    this.#end(chunk.at, chunk.count);
  }

  /** Takes one input. */
  add({ line, ms, at }: Timed & { at: number }): void {
    this.#add(line, ms);
    this.#end(at, 1);
  }

  get slowest(): Timed[] {
    return [...this.#slowest];
  }

  /** None before the first input. */
  quantiles(): Quantiles | null {
    if (this.count === 0) return null;
    const ms = this.#ms.slice(0, this.count).sort();
    const at = (part: number) => ms[Math.max(0, Math.ceil(ms.length * part) - 1)];
    return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
  }

  /** When the last input ended. */
  get last(): number | undefined {
    let last: number | undefined;
    for (const at of this.#ends.keys()) if (last === undefined || at > last) last = at;
    return last;
  }

  /** Inputs per second of a session that began at `since` and still runs, over the minute before `now`. */
  rateAt(now: number, since: number): number {
    const from = Math.max(now - MINUTE, since);
    let done = 0;
    for (const [at, count] of this.#ends) if (at > from) done += count;
    return now <= from ? 0 : tenths(done / (now - from) * 1_000);
  }

  /** Inputs per second, over the last minute in which there were any. */
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

  /** Inputs per second from the first to the last, without the pauses: more than a minute in which none ended. */
  meanRate(): number {
    const times = [...this.#ends.keys()].sort((one, other) => one - other);
    let busy = 0;
    for (let at = 1; at < times.length; at++) {
      const gap = times[at] - times[at - 1];
      if (gap <= MINUTE) busy += gap;
    }
    return busy === 0 ? 0 : tenths(this.count / busy * 1_000);
  }

  #add(line: number, ms: number): void {
    if (this.count === this.#ms.length) {
      const ms = this.#ms;
      this.#ms = new Float64Array(ms.length * 2);
      this.#ms.set(ms);
    }
    this.#ms[this.count++] = ms;
    const slowest = this.#slowest;
    if (slowest.length === SLOWEST && ms <= slowest[SLOWEST - 1].ms) return;
    slowest.push({ line, ms });
    slowest.sort((one, other) => other.ms - one.ms);
    slowest.length = Math.min(slowest.length, SLOWEST);
  }

  #end(at: number, count: number): void {
    this.#ends.set(at, (this.#ends.get(at) ?? 0) + count);
  }
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
