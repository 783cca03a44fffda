/// <reference lib="dom" />
/** The card of running times: columns on a logarithmic scale, with percentiles above them. */

import type { ReportData } from "../../lib/cli/report/report_data.ts";
import { card, el, formatCount, formatTime } from "./dom.ts";

/** Maximum number of columns. */
const COLUMNS = 36;

interface Column {
  from: number;
  to: number;
  count: number;
  failed: number;
}

/** Makes the card of running times. */
export function histogramCard({ histogram, stats }: ReportData): HTMLElement {
  const columns = merge(histogram);
  const most = Math.max(...columns.map(({ count }) => count));
  const [low, high] = [columns[0].from, columns.at(-1)!.to];
  const place = (ms: number) =>
    Math.min(1, Math.max(0, Math.log(Math.max(ms, low) / low) / Math.log(high / low))) * 100;
  const bars = columns.map(({ from, to, count, failed }) =>
    el(
      "div",
      {
        class: "column",
        title: `${formatTime(from)} to ${formatTime(to)}: ${formatCount(count)}` +
          (failed > 0 ? `, ${formatCount(failed)} failed` : ""),
        // Columns with few tasks must stay visible.
        style: `--height:${count === 0 ? 0 : Math.max(0.012, count / most)};--failed-part:${
          count === 0 ? 0 : failed / count
        }`,
      },
      el("i"),
    )
  );
  const marks = (["p50", "p90", "p99"] as const).map((name, row) =>
    el(
      "div",
      {
        class: place(stats.ms![name]) > 50 ? "mark left" : "mark",
        style: `left:${place(stats.ms![name])}%;--row:${row}`,
      },
      el("span", {}, `${name} ${formatTime(stats.ms![name])}`),
    )
  );
  const ticks = decades(low, high).map((ms) => el("span", { style: `left:${place(ms)}%` }, formatTime(ms)));
  return card(
    "Time per task",
    "logarithmic",
    el(
      "div",
      {
        class: "histogram",
        role: "img",
        "aria-label": `Distribution of times per task: p50 ${formatTime(stats.ms!.p50)}, p90 ${
          formatTime(stats.ms!.p90)
        }, p99 ${formatTime(stats.ms!.p99)}, longest ${formatTime(stats.ms!.max)}`,
      },
      el("div", { class: "marks" }, ...marks),
      el("div", { class: "columns" }, ...bars),
      el("div", { class: "ticks" }, ...ticks),
    ),
  );
}

/** Joins neighbouring buckets until there are few enough. Each one begins where the one before it ends. */
function merge(histogram: ReportData["histogram"]): Column[] {
  const ratio = 2 ** (1 / 8);
  const together = Math.ceil(histogram.length / COLUMNS);
  const columns: Column[] = [];
  for (let at = 0; at < histogram.length; at += together) {
    const some = histogram.slice(at, at + together);
    const sum = (of: (bucket: typeof some[number]) => number) =>
      some.reduce((sum, bucket) => sum + of(bucket), 0);
    columns.push({
      from: some[0].to / ratio,
      to: some[0].to * ratio ** (together - 1),
      count: sum(({ count }) => count),
      failed: sum(({ failed }) => failed),
    });
  }
  return columns;
}

/** The marks of the scale: 1, 10, 100 ms, …, and also 2 and 5 if there are few. */
function decades(low: number, high: number): number[] {
  const wide = high / low > 500;
  const ticks: number[] = [];
  for (let decade = 10 ** Math.floor(Math.log10(low)); decade <= high; decade *= 10) {
    for (const factor of wide ? [1] : [1, 2, 5]) {
      const ms = decade * factor;
      if (ms >= low && ms <= high) ticks.push(ms);
    }
  }
  return ticks;
}
