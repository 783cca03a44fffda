/** Conformance: as many tasks at once as there are slots, with a signal each as without. */
import { expect, test } from "vitest";
import { conformance } from "./backends.ts";
import { CountingServer } from "./limit_server.ts";

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

/** Says when it runs, and waits for the word to end, which any thread of this process may give. */
async function hold(port: number): Promise<number> {
  await (await fetch(`http://127.0.0.1:${port}/`)).text();
  return port;
}

conformance("setConcurrency()", (start) => {
  /** A server that counts, and holds all until it is let go. */
  async function scene() {
    const free = Promise.withResolvers<void>();
    const arrived: (() => void)[] = [];
    const server = new CountingServer(() => "", async () => {
      arrived.shift()?.();
      await free.promise;
    });
    const port = await server.listen();
    return { server, port, free, arrival: () => new Promise<void>((resolve) => arrived.push(resolve)) };
  }

  test("starts more at once, on workers that are there", async () => {
    const { server, port, free, arrival } = await scene();
    await using _ = server;
    await using executor = start({ workers: 1, concurrency: 1 });
    const first = arrival();
    const results = executor.map(hold, Array.from({ length: 8 }, () => port)).toArray();
    await first;
    expect(executor.stats()).toMatchObject({ concurrency: 1, inFlight: 1 });
    const more = Promise.all([arrival(), arrival(), arrival()]);
    executor.setConcurrency(4);
    await more;
    expect(server.now("")).toBe(4);
    expect(executor.concurrency).toBe(4);
    free.resolve();
    expect(await results).toHaveLength(8);
    expect(server.most.get("")).toBe(4);
  });

  test("lets those that run end, where it is less, and starts no more than that", async () => {
    const { server, port, free, arrival } = await scene();
    await using _ = server;
    await using executor = start({ workers: 1, concurrency: 4 });
    const full = Promise.all([arrival(), arrival(), arrival(), arrival()]);
    const running = executor.map(hold, Array.from({ length: 4 }, () => port)).toArray();
    await full;
    executor.setConcurrency(1);
    const later = executor.map(hold, Array.from({ length: 20 }, () => port), { ordered: false });
    free.resolve();
    await running;
    expect(server.most.get("")).toBe(4);
    server.most.clear();
    expect(await later.toArray()).toHaveLength(20);
    expect(server.most.get("")).toBe(1);
  });

  test("holds for workers that start later, and for one that is just starting", async () => {
    const { server, port, free, arrival } = await scene();
    await using _ = server;
    await using executor = start({ workers: 1, concurrency: 1, idleTimeout: 0 });
    const full = Promise.all([arrival(), arrival(), arrival()]);
    const results = executor.map(hold, Array.from({ length: 6 }, () => port)).toArray();
    executor.setConcurrency(3);
    await full;
    expect(server.now("")).toBe(3);
    free.resolve();
    expect(await results).toHaveLength(6);
  });

  test.each([0, 1.5, NaN, Infinity])("refuses %d", async (concurrency) => {
    await using executor = start();
    expect(() => executor.setConcurrency(concurrency)).toThrow(
      "concurrency must be a whole number of at least 1",
    );
    expect(executor.concurrency).toBe(16);
  });
});
