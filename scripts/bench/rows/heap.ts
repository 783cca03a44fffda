import { ask } from "../child.ts";
import { spread } from "../figures.ts";
import { onEach } from "../on_each.ts";
import type { Row } from "../row.ts";

/** What a task takes of the heap while it is pending. */
export const heap: Row = {
  id: "13",
  title: "heap per pending run(), its promise kept",
  measure: (bench) =>
    onEach(bench, async (runtime) => {
      // Enough of them also with --smoke: what else comes and goes on the heap is some hundred kilobytes.
      const measure = (of: string) =>
        ask<number>(runtime, "heap", { of, count: bench.size(1_000_000, 100_000) }, { gc: true });
      // The collector leaves no room for chance: one round tells.
      return [
        {
          measure: "a pending run()",
          target: { atMost: 200 },
          unit: "bytes",
          ...spread([await measure("run")]),
        },
        { measure: "of it, the promise itself", unit: "bytes", ...spread([await measure("promise")]) },
        {
          measure: "of it, the promise and the two functions that settle it",
          unit: "bytes",
          ...spread([await measure("resolvers")]),
        },
      ];
    }),
};
