import { freemem } from "node:os";
import { ask } from "../child.ts";
import { human, inTurns, median, ratios, spread } from "../figures.ts";
import { onEach } from "../on_each.ts";
import type { EchoOptions } from "../programs/echo_rate.ts";
import type { GrowthOptions } from "../programs/growth.ts";
import type { Bench, Finding, Measured, Row } from "../row.ts";
import type { Runtime } from "../runtimes.ts";

/** Heap for five million pending tasks, with the room that the garbage collector needs to move them, in megabytes. */
const HEAP = 12_000;

/** The cost of a task must not grow with the number of tasks, the workers or the concurrency. */
export const growth: Row = {
  id: "11",
  title: "time per task as work grows",
  measure: (bench) => onEach(bench, (runtime) => measure(bench, runtime)),
};

async function measure(bench: Bench, runtime: Runtime): Promise<Finding[]> {
  const { size } = bench;
  const few = size(100_000, 100);
  const defaults: GrowthOptions = { call: "run", count: few, workers: 2, concurrency: 16 };
  const counts = size([10_000, 1_000_000, 5_000_000], [100]);
  const fits = freemem() > HEAP * 1e6;
  const most = size(64, 4);
  const all = {
    "pending run()s": counts.slice(0, fits ? 3 : 2).map((count) => ({ ...defaults, count })),
    "inputs of map()": counts.map((count): GrowthOptions => ({ ...defaults, call: "map", count })),
    workers: size([1, 2, 8, most], [most]).map((workers) => ({ ...defaults, workers })),
    concurrency: size([1, 16, 256, 4_096], [4_096]).map((concurrency) => ({ ...defaults, concurrency })),
  };
  // By their options, because the defaults belong to two of them.
  const figures = await inTurns(Math.min(bench.rounds, 3), {
    ...Object.fromEntries(
      Object.values(all).flat().map((options) => [
        JSON.stringify(options),
        () => ask<number>(runtime, "growth", options, { heap: HEAP }),
      ]),
    ),
    bare: async () => {
      const bare: EchoOptions = { of: "promises", count: few, warmup: 5 * few, workers: most };
      return 1e6 / await ask<number>(runtime, "echo_rate", bare);
    },
  }) as Record<string, number[]>;
  const figuresOf = (options: GrowthOptions) => figures[JSON.stringify(options)];
  return [
    flat("pending run()s", "count"),
    ...(fits
      ? []
      : [{ measure: "5 million pending run()s", missing: `needs ${HEAP / 1000} GB of free memory` }]),
    flat("inputs of map()", "count"),
    flat("workers", "workers"),
    // Compared with bare workers, because more threads than cores have a cost of their own.
    {
      measure: `${most} workers: time per task / bare workers and a promise each`,
      target: { atMost: 1.3 },
      unit: "×",
      ...spread(ratios(figuresOf({ ...defaults, workers: most }), figures.bare)),
    },
    flat("concurrency", "concurrency"),
  ];

  function flat(what: keyof typeof all, key: "count" | "workers" | "concurrency"): Measured {
    const compared = all[what].map(figuresOf);
    const rounds = compared[0].map((_, round) => spanOf(compared, (values) => values[round]));
    const value = spanOf(compared, median);
    const times = all[what].map((options) =>
      `at ${options[key].toLocaleString("en-US")}: ${human(median(figuresOf(options)))}`
    );
    return {
      measure: `${what}: slowest / fastest`,
      target: { atMost: 1.5 },
      unit: "×",
      // From the medians, because a disturbance of one size in a single round must not count.
      value,
      min: Math.min(value, ...rounds),
      max: Math.max(value, ...rounds),
      details: [`${runtime.name}, µs per task, ${what} ${times.join(", ")}`],
    };
  }
}

/** Returns the ratio of the greatest figure to the smallest. */
function spanOf(figures: number[][], figure: (values: number[]) => number): number {
  const values = figures.map(figure);
  return Math.max(...values) / Math.min(...values);
}
