/** How fast a worker says that it is. */

import { expect, test } from "vitest";
import { RateMeter } from "../../../../lib/distributed/server/presence.ts";

test("a rate counts from look to look, and looks within a second do not count", () => {
  const meter = new RateMeter();
  const begun = performance.now();
  meter.look(10, begun + 900);
  expect(meter.perSecond).toBe(0);
  meter.look(10, begun + 2_000_000);
  meter.look(30, begun + 2_002_000);
  expect(meter.perSecond).toBeCloseTo(10);
});
