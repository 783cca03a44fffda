import { ask } from "../child.ts";
import { best, human, inTurns, median, spread } from "../figures.ts";
import { onEach } from "../on_each.ts";
import type { Level } from "../programs/level.ts";
import type { Bench, Finding, Row } from "../row.ts";
import type { Runtime } from "../runtimes.ts";

/**
 * `concurrency: "auto"`, including the time until it has found its level, compared with fixed levels, on a server that
 * slows down above 40 requests in flight.
 */
export const level: Row = {
  id: "level",
  title: 'concurrency: "auto" on a server that slows down past 40 in flight',
  measure: (bench) => onEach(bench, (runtime) => measure(bench, runtime)),
};

async function measure({ rounds, size }: Bench, runtime: Runtime): Promise<Finding[]> {
  const fixed = size([8, 16, 20, 24, 32], [20]);
  const settled: number[] = [];
  const others: Record<string, number[]> = {};
  // Once, because a fixed level varies by 1 %, and takes as long as the server does.
  for (const concurrency of fixed) {
    const duration = size(4_000, 300);
    others[concurrency] = [(await ask<Level>(runtime, "level", { concurrency, duration })).perSecond];
  }
  const { auto } = await inTurns(Math.min(rounds, 3), {
    auto: async () => {
      const found = await ask<Level>(runtime, "level", { concurrency: "auto", duration: size(15_000, 300) });
      settled.push(found.settled);
      return found.perSecond;
    },
  });
  const theBest = best(others);
  const list = fixed.map((concurrency) => `${concurrency}: ${human(others[concurrency][0])}`).join(
    ", ",
  );
  return [{
    measure: `requests/s / requests/s at the best fixed level (${theBest} per worker)`,
    target: { atLeast: 0.8 },
    unit: "×",
    ...spread(auto.map((rate) => rate / others[theBest][0])),
    details: [
      `${runtime.name}, per second: ${list}; auto: ${human(median(auto))}, settled at ${
        settled.join(", ")
      } per worker`,
    ],
  }];
}
