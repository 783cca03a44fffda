import { ask } from "../child.ts";
import { human, inTurns, median, ratios, spread } from "../figures.ts";
import { onEach } from "../on_each.ts";
import type { Row } from "../row.ts";

/** Tasks that compute, compared with two processes that each do half of them and nothing else. */
export const computing: Row = {
  id: "6",
  title: "CPU-bound tasks of 10 ms on 2 workers",
  measure: (bench) =>
    onEach(bench, async (runtime) => {
      const turns = await ask<number>(runtime, "calibrate", { milliseconds: bench.size(10, 0.1) });
      const options = { turns, count: bench.size(400, 40) };
      const figures = await inTurns(bench.rounds, {
        polyloop: () => ask<number>(runtime, "computing", options),
        bare: () => ask<number>(runtime, "two_processes", options),
      });
      return [{
        measure: "throughput / throughput of two bare processes",
        target: { atLeast: 0.95 },
        unit: "×",
        ...spread(ratios(figures.bare, figures.polyloop)),
        details: [
          `${runtime.name}, ms for ${options.count} tasks: polyloop ${human(median(figures.polyloop))}, ` +
          `two processes ${human(median(figures.bare))}`,
        ],
      }];
    }),
};
