/** Conformance: a random mix of everything that can go wrong, from a seed. The long form is `deno task chaos`. */
import { expect, test } from "vitest";
import { chaos } from "../../scripts/chaos/mix.ts";
import { conformance } from "./backends.ts";

/** Of each executor; what seeds decide is how the executor is made, what its tasks do, and how it ends. */
const TASKS = 1_500;

conformance("chaos", (_start, isolation) => {
  test.each([1, 2, 3, 4, 5, 6])(
    "of seed %i: every task settles exactly once, and nothing is left",
    async (seed) => {
      const ends = await chaos(isolation, TASKS, seed);
      expect(Object.values(ends).reduce((sum, count) => sum + count)).toBe(TASKS);
      expect(ends.ok).toBeGreaterThan(0);
    },
  );
});
