/** The results of a job chunk, until they are sent. */

import { expect, test } from "vitest";
import { GatheredResults } from "../../../../lib/distributed/server/gathered_results.ts";

test("results that were taken and could not be sent are taken again, reports before later ones", () => {
  const results = new GatheredResults();
  expect(results.isEmpty).toBe(true);
  results.spent.addAll({ usd: 1 });
  expect(results.isEmpty).toBe(true);
  results.done.push([0, 1, 1, 5, "1\n", 2]);
  results.told.counts.push([0, { usd: 1 }]);
  results.progress.push("1");
  const taken = results.take("w");
  expect(taken).toEqual({
    v: 1,
    server: "w",
    done: [[0, 1, 1, 5, "1\n", 2]],
    failed: [],
    counts: [[0, { usd: 1 }]],
    spent: { usd: 1 },
    progress: ["1"],
  });
  expect(results.isEmpty).toBe(true);
  results.spent.addAll({ usd: 2 });
  results.progress.push("2");
  results.putBack(taken);
  expect(results.take("w")).toEqual({ ...taken, spent: { usd: 3 }, progress: ["1", "2"] });
});
