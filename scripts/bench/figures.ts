/**
 * Many figures → one: rounds that take turns, medians, ratios.
 *
 * @module
 */

/** What takes turns, by name: each gives a figure whenever it is asked. */
export type Measures<Name extends string = string> = Record<Name, () => Promise<number>>;

/** Measures each in turn, then all again: what disturbs the machine meanwhile disturbs them all. */
export async function inTurns<Name extends string>(
  rounds: number,
  measures: Measures<Name>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(measures) as Name[];
  const figures = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of names) figures[name].push(await measures[name]());
  }
  return figures;
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median, least and most. */
export function spread(values: number[]): { value: number; min: number; max: number } {
  return { value: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Round by round, how much of the second goes into the first. */
export function ratios(ours: number[], theirs: number[]): number[] {
  return ours.map((value, round) => value / theirs[round]);
}

/** The one with the greatest median. One lucky round does not make the best. */
export function best(figures: Record<string, number[]>): string {
  return Object.keys(figures).reduce((one, other) =>
    median(figures[other]) > median(figures[one]) ? other : one
  );
}

/** A number as people read it. */
export function human(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits, minimumFractionDigits: digits });
}
