/**
 * Rates → the medians that are shown, as data and as a table.
 *
 * @module
 */

/** What `--json` prints. */
export interface Report {
  deno: string;
  workers: number;
  /** Tasks at once. */
  tasks: number;
  rounds: number;
  /** One call per input. The first row is polyloop. */
  run: Row[];
  /** One call for all inputs. The first row is polyloop. */
  map: Row[];
}

/** One contender's rates, in tasks per second. */
export interface Row {
  name: string;
  median: number;
  slowest: number;
  fastest: number;
}

/** The rates of all rounds → a row. */
export function toRow(name: string, rates: number[]): Row {
  const sorted = rates.map(Math.round).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1
    ? sorted[middle]
    : Math.round((sorted[middle - 1] + sorted[middle]) / 2);
  return { name, median, slowest: sorted[0], fastest: sorted[sorted.length - 1] };
}

/** The report as a page of Markdown. */
export function markdown(report: Report): string {
  const { deno, workers, tasks, rounds } = report;
  return `Tasks per second: median (slowest–fastest) of ${rounds} rounds of ${
    number(tasks)
  } async no-ops at once.
Deno ${deno}, ${workers} workers.

${table("run(): one call per task", report.run)}

${table("map(): one call for all of them", report.map)}`;
}

function table(title: string, rows: Row[]): string {
  const bestPeer = Math.max(...rows.slice(1).map(({ median }) => median));
  const cells = rows.map(({ name, median, slowest, fastest }) => [
    name,
    `${number(median)} (${number(slowest)}–${number(fastest)})`,
    `${(median / bestPeer).toFixed(1)}×`,
  ]);
  const all = [[title, "tasks/s", "to the best peer"], ...cells];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column].length)));
  const lines = all.map(([first, ...rest]) =>
    line([first.padEnd(widths[0]), ...rest.map((cell, column) => cell.padStart(widths[column + 1]))])
  );
  lines.splice(
    1,
    0,
    line(widths.map((width, column) => column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)),
  );
  return lines.join("\n");
}

function line(cells: string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
