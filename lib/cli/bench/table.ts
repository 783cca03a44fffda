/** The table of measured rates: a line for each number of workers, a column for each concurrency. */

import { isHopeless } from "./grid.ts";
import type { Combination, Measured } from "./measure.ts";

const NUMBER = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });

/** `2,280` and `0.33`. Further digits differ between two measures of the same combination. */
export function threeDigits(rate: number): string {
  return NUMBER.format(rate);
}

/** Makes the table. `*`: the best. `!`: tasks failed. `·`: not tried, because it cannot be the best. `–`: no time left. */
export function table(all: Combination[], found: Measured[], best: Measured | undefined): string {
  const columns = [...new Set(all.map(({ concurrency }) => concurrency))];
  const rows = [...new Set(all.map(({ workers }) => workers))].sort((one, other) => one - other);
  const cell = (workers: number, concurrency: number) => {
    const at = found.find((one) => one.workers === workers && one.concurrency === concurrency);
    if (!at) return isHopeless({ workers, concurrency }, found) ? "· " : "– ";
    return threeDigits(at.rate) + (at === best ? "*" : at.failed > 0 ? "!" : " ");
  };
  const lines = [
    ["", ...columns.map((concurrency) => `-c ${concurrency} `)],
    ...rows.map((workers) => [`-j ${workers}`, ...columns.map((concurrency) => cell(workers, concurrency))]),
  ];
  return lines.map(([name, ...cells]) => [name.padEnd(6), ...cells.map((text) => text.padStart(10))].join(""))
    .map((line) => `  ${line.trimEnd()}\n`).join("");
}
