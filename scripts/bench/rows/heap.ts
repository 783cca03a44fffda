import { ask } from "../child.ts";
import { spread } from "../figures.ts";
import { onEach } from "../on_each.ts";
import type { Row } from "../row.ts";

/** The heap of a pending task. */
export const heap: Row = {
  id: "13",
  title: "heap per pending run(), its promise kept",
  measure: (bench) =>
    onEach(bench, async (runtime) => {
      // Many tasks even with `--smoke`, because other objects on the heap change by some hundred kilobytes.
      const measure = (of: string) =>
        ask<number>(runtime, "heap", { of, count: bench.size(1_000_000, 100_000) }, { gc: true });
      // A single round, because the result does not vary after a garbage collection.
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
