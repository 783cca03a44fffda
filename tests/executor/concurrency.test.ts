/** Conformance: as many tasks at once as there are slots, with a signal each as without. */
import { expect, test } from "vitest";
import { conformance } from "./backends.ts";

/** Waits until so many tasks run on its worker at once; tells how many did at most. */
async function meet(slots: number): Promise<number> {
  interface Meeting {
    running: number;
    most: number;
    full: PromiseWithResolvers<void>;
  }
  const scope = globalThis as { meeting?: Meeting };
  const meeting = scope.meeting ??= { running: 0, most: 0, full: Promise.withResolvers() };
  meeting.most = Math.max(meeting.most, ++meeting.running);
  if (meeting.running === slots) meeting.full.resolve();
  await meeting.full.promise;
  meeting.running--;
  return meeting.most;
}

conformance("2,000 tasks that wait", (start, isolation) => {
  // One worker: of two, the one that is full first would take what the other, on a busy machine, gives back.
  const [workers, slots] = [1, 1_000];

  test.each([
    ["without a signal", undefined],
    ["with one signal for all", new AbortController().signal],
  ])("%s fill all of 1,000 slots", async (_, signal) => {
    await using executor = start({ workers, concurrency: slots });
    if (isolation === "none") delete (globalThis as { meeting?: unknown }).meeting;
    await executor.ready();
    const most = await Promise.all(
      Array.from({ length: 2_000 }, () => executor.run(meet, slots, { signal })),
    );
    expect(Math.max(...most)).toBe(slots);
  });

  test("with a signal of their own each fill all of 1,000 slots", async () => {
    await using executor = start({ workers, concurrency: slots });
    if (isolation === "none") delete (globalThis as { meeting?: unknown }).meeting;
    await executor.ready();
    const most = await Promise.all(
      Array.from(
        { length: 2_000 },
        () => executor.run(meet, slots, { signal: new AbortController().signal }),
      ),
    );
    expect(Math.max(...most)).toBe(slots);
  });
});
