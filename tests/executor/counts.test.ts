/** Sums of `context.count`: those of outcomes, and those of all attempts. */
import { describe, expect, test } from "vitest";
import { Executor, type Isolation } from "../../mod.ts";

type Tasks = typeof import("./fixtures/counting.ts");

const MODULE = new URL("./fixtures/counting.ts", import.meta.url);

const ISOLATIONS: Isolation[] = ["thread", "process", "none"];

const RETRY = { attempts: 3, minDelay: 1 };

describe.each(ISOLATIONS)('context.count on "%s"', (isolation) => {
  const start = () => new Executor<Tasks>(MODULE, { isolation, workers: 1, concurrency: 4 });

  test("adds up exactly, in stats() and in the outcomes of a map", async () => {
    await using executor = start();
    expect(executor.stats()).toMatchObject({ counts: {}, spent: {} });
    const inputs: [string, number][][] = Array.from(
      { length: 100 },
      (_, n) => n % 10 === 0 ? [] : [["usd", 0.1], ["tokens", n], ["usd", 0.2], ["__proto__", -1]],
    );
    const outcomes = await executor.map("spend", inputs, { settled: true }).toArray();
    expect(outcomes.map((outcome) => outcome.status === "fulfilled" && outcome.value))
      .toEqual(inputs.map(({ length }) => length));
    expect(outcomes[0].counts).toBeUndefined();
    expect(Object.entries(outcomes[1].counts!)).toEqual([["__proto__", -1], ["tokens", 1], ["usd", 0.3]]);
    const { counts, spent } = executor.stats();
    expect(Object.entries(counts)).toEqual([["__proto__", -90], ["tokens", 4_500], ["usd", 27]]);
    expect(spent).toEqual(counts);
  });

  test("counts for the attempt that gave the outcome, and for all attempts in another sum", async () => {
    await using executor = start();
    expect(await executor.run("third", 0, { retry: RETRY })).toBe(3);
    expect(executor.stats()).toMatchObject({ counts: { tokens: 2 }, spent: { tokens: 4 } });
    const [failed, ok] = await executor.map("third", [1], { settled: true, retry: { ...RETRY, attempts: 2 } })
      .toArray().then(async (outcomes) => [
        ...outcomes,
        ...await executor.map("third", [1], { settled: true, retry: RETRY }).toArray(),
      ]);
    expect(failed).toMatchObject({ status: "rejected", counts: { tokens: 1 } });
    expect(ok).toMatchObject({ status: "fulfilled", attempts: 3, counts: { tokens: 2 } });
    expect(executor.stats()).toMatchObject({ counts: { tokens: 5 }, spent: { tokens: 10 } });
  });

  test("what a body counts after its task was cancelled is spent, and belongs to no outcome", async () => {
    await using executor = start();
    const waits = Promise.withResolvers<unknown>();
    const handle = executor.submit("late", 0, { onProgress: waits.resolve });
    await waits.promise;
    expect(executor.stats()).toMatchObject({ counts: {}, spent: { tokens: 1 } });
    handle.cancel();
    await expect(handle.result).rejects.toThrow("cancelled");
    await executor.onIdle();
    expect(executor.stats()).toMatchObject({ counts: { tokens: 1 }, spent: { tokens: 2 } });
  });

  test("nothing is counted after the body has ended", async () => {
    await using executor = start();
    await executor.run("afterwards", 0);
    // A later timer of the same worker.
    await executor.run("third", 0, { retry: RETRY });
    expect(executor.stats().spent).toEqual({ tokens: 5 });
  });

  test("streams, collected generators and broadcasts count, too", async () => {
    await using executor = start();
    const values: unknown[] = [];
    for await (const value of executor.stream("yielding", 100)) values.push(value);
    expect(values).toHaveLength(100);
    expect(await executor.run("yielding", 3)).toEqual([1, 2, 3]);
    await executor.broadcast("yielding", 1);
    const tokens = 5_050 + 6 + 1;
    expect(executor.stats()).toMatchObject({ counts: { tokens }, spent: { tokens } });
  });

  test("refuses what is no name and no amount", async () => {
    await using executor = start();
    const name =
      "TypeError: context.count() needs a name as its first argument, a text of 1 to 100 characters, got ";
    const amount = 'TypeError: context.count("usd", …) needs a finite number as its amount, got ';
    const cases: [unknown[], string | undefined][] = [
      [[], `${name}undefined`],
      [["", 1], `${name}""`],
      [[5, 1], `${name}5`],
      [["x".repeat(101), 1], `${name}"${"x".repeat(40)}…"`],
      [["usd"], `${amount}undefined`],
      [["usd", NaN], `${amount}NaN`],
      [["usd", -Infinity], `${amount}-Infinity`],
      [["usd", "1"], `${amount}"1"`],
      [["usd", 1n], `${amount}the bigint 1n`],
      [["usd", null], `${amount}null`],
      [["usd", { valueOf: 1 }], `${amount}an object`],
      [["x".repeat(100), -0], undefined],
      [["\u0000 😀", 1e308], undefined],
    ];
    const found = await executor.map("refusal", cases.map(([args]) => args)).toArray();
    expect(found).toEqual(cases.map(([, refusal]) => refusal));
    expect(executor.stats().counts).toEqual({ ["x".repeat(100)]: 0, "\u0000 😀": 1e308 });
    // Two names were taken above.
    expect(await executor.run("namesTaken", 0)).toBe(998);
  });
});

test("what a lost worker's tasks have counted is spent, and only the outcome's attempt counts", async () => {
  await using executor = new Executor<Tasks>(MODULE, { isolation: "process", workers: 2, concurrency: 1 });
  const outcomes = await executor.map("crash", [1, 2, 3], { settled: true, retry: RETRY }).toArray();
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ status: "fulfilled", value: 2, counts: { tokens: 1 } });
  }
  expect(executor.stats()).toMatchObject({ counts: { tokens: 3 }, spent: { tokens: 6 } });
});

test("a forged amount loses its worker, or counts for the task in whose name it came", async () => {
  const forging = new URL("./fixtures/forging_tasks.ts", import.meta.url);
  await using executor = new Executor<typeof import("./fixtures/forging_tasks.ts")>(forging, { workers: 1 });
  for (
    const forged of [[16, "own", NaN, "usd"], [16, "own", 1, ""], [16, "own", 1, undefined], [
      16,
      0.5,
      1,
      "usd",
    ]]
  ) {
    await expect(executor.run("forge", forged)).rejects.toMatchObject({ name: "WorkerLostError" });
  }
  await executor.run("tell", [16, 1e9, 5, "usd"]);
  expect(executor.stats()).toMatchObject({ counts: {}, spent: {} });
});
