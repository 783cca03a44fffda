/** Decides whether memory grows: compares the last quarter of the samples with the quarter before it. */
import type { Sample } from "./soak_load.ts";

/** The figures of one load, in bytes. */
export interface Flatness {
  /** The medians in the third and the last quarter of the time. */
  rss: [before: number, after: number];
  /** The minima in these quarters. Memory above the minimum is temporary. */
  live: [before: number, after: number] | undefined;
}

/** @throws {Error} if there are too few samples */
export function flatnessOf(samples: Sample[]): Flatness {
  const quarter = Math.floor(samples.length / 4);
  if (quarter < 2) throw new Error(`Only ${samples.length} samples: the soak was too short, or ended early`);
  const [third, last] = [samples.slice(-2 * quarter, -quarter), samples.slice(-quarter)];
  const rss = [third, last].map((part) => median(part.map(({ rss }) => rss)));
  const live = [third, last].map((part) => Math.min(...part.map(({ live }) => live ?? NaN)));
  return {
    rss: rss as Flatness["rss"],
    live: Number.isNaN(live[0]) ? undefined : live as Flatness["live"],
  };
}

/** Returns the growth as a fraction. */
export function growth([before, after]: [before: number, after: number]): number {
  return after / before - 1;
}

function median(values: number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
}
