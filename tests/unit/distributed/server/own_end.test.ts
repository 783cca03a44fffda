/** When a worker ends by itself. */

import { expect, test, vi } from "vitest";
import type { Broker } from "../../../../lib/distributed/broker/broker.ts";
import type { JobTaker } from "../../../../lib/distributed/server/job_taker.ts";
import { OwnEnd } from "../../../../lib/distributed/server/own_end.ts";
import { fingerprint } from "../../../../lib/fingerprint.ts";

const URL = import.meta.url;

function setUp({ print = fingerprint(URL), idleExit }: { print?: string; idleExit?: number }) {
  const taker = { handedOver: new Set<string>(), chunksEnded: { completed: 0, failed: 0 } };
  const ownEnd = new OwnEnd({
    broker: {} as Broker,
    url: URL,
    print,
    labels: [],
    idleExit,
    taker: taker as unknown as JobTaker,
  });
  return { taker, ownEnd };
}

test("it has had no job for a while: none that it has, and none that has ended since the last look", async () => {
  const now = vi.spyOn(performance, "now").mockReturnValue(0);
  try {
    const { taker, ownEnd } = setUp({ idleExit: 5_000 });
    now.mockReturnValue(6_000);
    taker.handedOver.add("job");
    expect(await ownEnd.look()).toBeUndefined();
    taker.handedOver.clear();
    taker.chunksEnded.completed = 1;
    now.mockReturnValue(12_000);
    expect(await ownEnd.look()).toBeUndefined();
    now.mockReturnValue(17_000);
    expect(await ownEnd.look()).toBe("no work for 5 s; leaving");
  } finally {
    now.mockRestore();
  }
});

test("its module has changed", async () => {
  expect(setUp({}).ownEnd.changed()).toBeUndefined();
  const { ownEnd } = setUp({ print: "0".repeat(64) });
  expect(ownEnd.changed()).toBe(
    "own_end.test.ts has changed since this worker started. Draining; start the worker again",
  );
  expect(await ownEnd.look()).toBeUndefined();
});
