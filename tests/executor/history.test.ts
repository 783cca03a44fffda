/** Conformance: random histories of calls and closes. The long form is `deno task chaos`. */
import { expect, test } from "vitest";
import { history } from "../../scripts/chaos/history.ts";
import { conformance } from "./backends.ts";

/** Processes take longer to start. */
const HISTORIES = { thread: 16, process: 6, none: 40 };

conformance("once close() or terminate() has resolved", (_start, isolation) => {
  test("every promise and iterator that was ever handed out has settled, and no body runs", async () => {
    const seeds = Array.from({ length: HISTORIES[isolation] }, (_, at) => at + 1);
    // A few at once: most of their time is waiting.
    for (let first = 0; first < seeds.length; first += 8) {
      const some = seeds.slice(first, first + 8);
      const steps = await Promise.all(some.map((seed) => history(isolation, seed)));
      expect(steps.every(({ length }) => length > 1)).toBe(true);
    }
  });
});
