import { ask } from "../child.ts";
import { human, inTurns, median, ratios, spread } from "../figures.ts";
import { onEach } from "../on_each.ts";
import type { Row } from "../row.ts";

/** A large buffer, there and back without a copy. */
export const transfer: Row = {
  id: "8",
  title: "an ArrayBuffer of 256 MB, in and out by transfer",
  measure: (bench) =>
    onEach(bench, async (runtime) => {
      const bytes = bench.size(256, 1) * 2 ** 20;
      const figures = await inTurns(bench.rounds, {
        polyloop: () => ask<number>(runtime, "transfer", { of: "run", bytes }),
        bare: () => ask<number>(runtime, "transfer", { of: "postMessage", bytes }),
      });
      return [{
        measure: "256 MB in and out (the sender's buffer is detached)",
        target: { atMost: 5 },
        unit: "ms",
        ...spread(figures.polyloop),
        details: [
          `${runtime.name}, ms: run() ${human(median(figures.polyloop))}, ping-pong ${
            human(median(figures.bare))
          }`,
        ],
      }, {
        measure: "256 MB in and out / a bare postMessage there and back",
        unit: "×",
        ...spread(ratios(figures.polyloop, figures.bare)),
      }];
    }),
};
