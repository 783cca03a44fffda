import { bareRate, nearBare, overBestPeer, peerRates, rate, told } from "../contest.ts";
import { inTurns } from "../figures.ts";
import { onEach } from "../on_each.ts";
import type { Row } from "../row.ts";

/** One call per task, 200,000 tasks at once. */
export const run: Row = {
  id: "1",
  title: "run() of an async no-op, all at once",
  measure: (bench) =>
    onEach(bench, async (runtime) => {
      const count = bench.size(200_000, 200);
      const warmup = bench.size(50_000, 50);
      const figures = await inTurns(bench.rounds, {
        polyloop: () =>
          rate(runtime, { pool: "polyloop", task: "noop", call: "run", inputs: "numbers", count, warmup }),
        bare: () => bareRate(runtime, { of: "promises", count, warmup }),
        ...peerRates(bench, runtime, "noop"),
      });
      return [{
        measure: "run() / best peer",
        target: { atLeast: 10 },
        ...overBestPeer(figures, "polyloop"),
        details: [told(runtime, figures)],
      }, {
        measure: "run() / bare workers and a promise each",
        ...nearBare(figures.polyloop, figures.bare),
      }];
    }),
};
