/** What the command line keeps of a run over a broker. */

import { expect, test } from "vitest";
import { Keeping } from "../../../../lib/distributed/runner/keeping.ts";
import type { StartOffice } from "../../../../lib/distributed/limits/start_office.ts";

const state = { rates: [], opens: 7, keys: [] };

test("limits of a predecessor reach an office that begins later, and one that is there", () => {
  for (const isEarly of [true, false]) {
    const taken: unknown[] = [];
    const office = { takeOver: (limits: unknown) => taken.push(limits), state: () => state };
    const keeping = new Keeping();
    expect(keeping.limits()).toEqual({ rates: [], opens: 0, keys: [] });
    if (isEarly) keeping.takeOver(state);
    keeping.startsBy(office as unknown as StartOffice);
    if (!isEarly) keeping.takeOver(state);
    expect(taken).toEqual([state]);
    expect(keeping.limits()).toBe(state);
  }
});
