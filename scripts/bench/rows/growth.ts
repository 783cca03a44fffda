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
  return [
    await flat("pending run()s", counts.slice(0, fits ? 3 : 2).map((count) => ({ ...defaults, count }))),
    ...(fits
      ? []
      : [{ measure: "5 million pending run()s", missing: `needs ${HEAP / 1000} GB of free memory` }]),
    await flat("inputs of map()", counts.map((count) => ({ ...defaults, call: "map", count }))),
    await flat("workers", size([1, 2, 8, 64], [4]).map((workers) => ({ ...defaults, workers }))),
    await manyWorkers(),
    await flat(
      "concurrency",
      size([1, 16, 256, 4_096], [4_096]).map((concurrency) => ({ ...defaults, concurrency })),
    ),
  ];

  /** Compared with bare workers, because more threads than cores have a cost of their own. */
  async function manyWorkers(): Promise<Measured> {
    const workers = size(64, 4);
    const bare: EchoOptions = { of: "promises", count: few, warmup: 5 * few, workers };
    const figures = await inTurns(Math.min(bench.rounds, 3), {
      polyloop: () => ask<number>(runtime, "growth", { ...defaults, workers }, { heap: HEAP }),
      bare: async () => 1e6 / await ask<number>(runtime, "echo_rate", bare),
    });
    return {
      measure: `${workers} workers: time per task / bare workers and a promise each`,
      target: { atMost: 1.3 },
      unit: "×",
      ...spread(ratios(figures.polyloop, figures.bare)),
    };
  }

  async function flat(what: string, all: GrowthOptions[]): Promise<Measured> {
    const key = what === "workers" || what === "concurrency" ? what : "count";
    const figures = await inTurns(
      Math.min(bench.rounds, 3),
      Object.fromEntries(
        // Names with a word in front, because an object would sort numbers.
        all.map((options) => [
          `at ${options[key].toLocaleString("en-US")}`,
          () => ask<number>(runtime, "growth", options, { heap: HEAP }),
        ]),
      ),
    );
    const rounds = Object.values(figures)[0].map((_, round) => spanOf(figures, (values) => values[round]));
    const value = spanOf(figures, median);
    const times = Object.entries(figures).map(([size, values]) => `${size}: ${human(median(values))}`);
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
function spanOf(figures: Record<string, number[]>, figure: (values: number[]) => number): number {
  const values = Object.values(figures).map(figure);
  return Math.max(...values) / Math.min(...values);
}
