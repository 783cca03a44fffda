/** Combines many figures into one: alternating rounds, medians, ratios. */

/** Measurements that alternate, by name. Each returns a figure when it is called. */
export type Measures<Name extends string = string> = Record<Name, () => Promise<number>>;

/** Takes every measurement once per round, in turn. So a disturbance of the machine affects all of them. */
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

/** Returns the middle value, or the mean of the two in the middle. */
export function median(values: number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Returns the median, the minimum and the maximum. */
export function spread(values: number[]): { value: number; min: number; max: number } {
  return { value: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Returns the ratio of the first figure to the second, for each round. */
export function ratios(ours: number[], theirs: number[]): number[] {
  return ours.map((value, round) => value / theirs[round]);
}

/** Returns the name with the greatest median. A single fast round does not decide. */
export function best(figures: Record<string, number[]>): string {
  return Object.keys(figures).reduce((one, other) =>
    median(figures[other]) > median(figures[one]) ? other : one
  );
}

/** Formats a number for people. */
export function human(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits, minimumFractionDigits: digits });
}
