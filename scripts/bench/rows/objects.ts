import { bareRate, rate, told } from "../contest.ts";
import { inTurns, ratios, spread } from "../figures.ts";
import { onEach } from "../on_each.ts";
import type { Row } from "../row.ts";

/**
 * One call for many small objects, compared with bare workers that echo batches of 256, which is the possible maximum.
 */
export const objects: Row = {
  id: "3",
  title: "map() of an async identity over small objects",
  measure: (bench) =>
    onEach(bench, async (runtime) => {
      const count = bench.size(500_000, 1_000);
      const warmup = bench.size(100_000, 100);
      const figures = await inTurns(bench.rounds, {
        polyloop: () =>
          rate(runtime, {
            pool: "polyloop",
            task: "identity",
            call: "map",
            inputs: "objects",
            count,
            warmup,
          }),
        bare: () => bareRate(runtime, { of: "objects", count, warmup }),
      });
      return [{
        measure: "map() / bare workers that echo batches of 256",
        target: { atLeast: 0.7 },
        unit: "×",
        ...spread(ratios(figures.polyloop, figures.bare)),
        details: [told(runtime, figures)],
      }];
    }),
};
