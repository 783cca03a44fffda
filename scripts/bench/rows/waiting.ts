import { ask } from "../child.ts";
import { inTurns, spread } from "../figures.ts";
import { onEach } from "../on_each.ts";
import type { Row } from "../row.ts";

/** Tasks that wait, a thousand at once on each worker. */
export const waiting: Row = {
  id: "5",
  title: "tasks of 100 ms on 2 workers × 1,000",
  measure: (bench) =>
    onEach(bench, async (runtime) => {
      const options = { count: bench.size(20_000, 100), concurrency: bench.size(1_000, 50), wait: 100 };
      const { polyloop } = await inTurns(bench.rounds, {
        polyloop: () => ask<number>(runtime, "waiting", options),
      });
      const ideal = options.wait * options.count / (2 * options.concurrency);
      return [{
        measure: `20,000 sleeps of 100 ms / the ideal 1.0 s`,
        target: { atMost: 1.15 },
        unit: "×",
        ...spread(polyloop.map((time) => time / ideal)),
      }];
    }),
};
