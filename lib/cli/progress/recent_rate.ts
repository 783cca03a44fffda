/**
 * How fast something goes lately: over the last ten seconds, so that a rate of long ago promises nothing.
 *
 * @module
 */

const SPAN = 10_000;
const STEP = 1_000;

/** A rate, of counts that are told in the order of their times. */
export class RecentRate {
  /** Counts at moments at least a step apart; the first is the one to compare with. */
  readonly #samples: { ms: number; count: number }[] = [{ ms: 0, count: 0 }];

  /** The rate per second, at `ms` since the start, when there were `count`. */
  at(ms: number, count: number): number {
    const samples = this.#samples;
    // The second may serve as well once it is old enough.
    while (samples.length > 1 && samples[1].ms <= ms - SPAN) samples.shift();
    const [oldest] = samples;
    if (ms - samples.at(-1)!.ms >= STEP) samples.push({ ms, count });
    return ms > oldest.ms ? (count - oldest.count) / (ms - oldest.ms) * 1_000 : 0;
  }
}
