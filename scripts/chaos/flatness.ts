/** Whether memory stays: the last quarter of the samples beside the one before it. */
import type { Sample } from "./soak_load.ts";

/** Figures of one load. Bytes. */
export interface Flatness {
  /** The median in the third quarter of the time, and in the last. */
  rss: [before: number, after: number];
  /** The least in these quarters: what is in use beside it is on its way. */
  live: [before: number, after: number] | undefined;
}

/** @throws {Error} if there are too few samples to tell */
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

/** By which part it has grown. */
export function growth([before, after]: [before: number, after: number]): number {
  return after / before - 1;
}

function median(values: number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
}
