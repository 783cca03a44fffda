import { ask } from "../child.ts";
import { human, inTurns, median, ratios, spread } from "../figures.ts";
import { onEach } from "../on_each.ts";
import type { Row } from "../row.ts";

/** One task at a time, compared with one message there and back. */
export const latency: Row = {
  id: "4",
  title: "one run() at a time",
  measure: (bench) =>
    onEach(bench, async (runtime) => {
      const options = { count: bench.size(20_000, 50), warmup: bench.size(5_000, 10) };
      const figures = await inTurns(bench.rounds, {
        polyloop: () => ask<number>(runtime, "latency", { ...options, of: "run" }),
        bare: () => ask<number>(runtime, "latency", { ...options, of: "postMessage" }),
      });
      return [{
        measure: "p50 of run() / of a bare postMessage ping-pong",
        target: { atMost: 1.3 },
        unit: "×",
        ...spread(ratios(figures.polyloop, figures.bare)),
        details: [
          `${runtime.name}, µs: run() ${human(median(figures.polyloop))}, ping-pong ${
            human(median(figures.bare))
          }`,
        ],
      }];
    }),
};
