/** Conformance: what a body knows of its place, and what each input of a map has for itself. */
import { expect, test } from "vitest";
import { Executor, type TaskContext } from "../../mod.ts";
import { conformance } from "./backends.ts";

const indexOf = async (given: unknown, { index, attempt }: TaskContext) => {
  const { delay = 0, fails = 0 } = Object(given) as { delay?: number; fails?: number };
  if (delay) await new Promise((resolve) => setTimeout(resolve, delay));
  if (attempt <= fails) throw new Error("on purpose");
  return index;
};
const whereAmI = (_: unknown, { position, workerId }: TaskContext) => ({ position, workerId });
const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);

conformance("a body's place", (_, isolation) => {
  const workers = isolation === "none" ? 1 : 2;
  const start = () => new Executor(null, { workers, isolation, retry: { attempts: 3, minDelay: 1 } });

  test("context.index is that of a map's input, and undefined for other tasks", async () => {
    await using executor = start();
    const inputs = numbers(3_000).map((n) => n % 500 === 7 ? { fails: 1 } : n % 300 === 5 ? { delay: 1 } : n);
    const single = () => Promise.all(numbers(20).map((n) => executor.run(indexOf, n)));
    const [one, other, runs, timed, retried] = await Promise.all([
      executor.map(indexOf, inputs).toArray(),
      executor.map(indexOf, inputs.slice(0, 1_000), { window: 100 }).toArray(),
      single(),
      executor.map(indexOf, inputs.slice(0, 50), { timeout: 60_000 }).toArray(),
      executor.map(indexOf, [{ fails: 2 }, { fails: 1 }, 3], { timeout: 60_000 }).toArray(),
    ]);
    expect(one).toEqual(numbers(3_000));
    expect(other).toEqual(numbers(1_000));
    expect(timed).toEqual(numbers(50));
    expect(retried).toEqual([0, 1, 2]);
    expect(new Set([...runs, ...await single()])).toEqual(new Set([undefined]));
    expect(await executor.submit(indexOf, 1).result).toBe(undefined);
  });

  test("context.position is the worker's place, which its successor has too", async () => {
    await using executor = start();
    const places = async () =>
      (await executor.broadcast(whereAmI)).sort((one, other) => one.position - other.position);
    const before = await places();
    expect(before.map(({ position }) => position)).toEqual(numbers(workers));
    await executor.recycleWorkers();
    const after = await places();
    expect(after.map(({ position }) => position)).toEqual(numbers(workers));
    for (const { workerId } of after) expect(workerId).toBeGreaterThan(workers);
  });

  test("timeout may be a function of each input of a map", async () => {
    await using executor = new Executor(null, { workers: 1, isolation });
    const wait = (ms: number, { signal }: TaskContext) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, ms, ms);
        signal.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)));
      });
    const asked: unknown[] = [];
    const outcomes = await executor.map(wait, [1, 60_000, 2], {
      settled: true,
      timeout: (ms: number, index: number) => (asked.push([ms, index]), ms === 60_000 ? 20 : undefined),
    }).toArray();
    expect(asked).toEqual([[1, 0], [60_000, 1], [2, 2]]);
    expect(outcomes).toMatchObject([
      { status: "fulfilled", value: 1 },
      { status: "rejected", reason: { name: "TaskTimeoutError" } },
      { status: "fulfilled", value: 2 },
    ]);
  });

  test("inputSignal cancels one input, and the map's signal all of them", async () => {
    await using executor = new Executor(null, { workers: 1, isolation });
    const wait = (n: number, { signal }: TaskContext) =>
      n < 10 ? n : new Promise((resolve) => signal.addEventListener("abort", () => resolve("aborted")));
    const controllers = numbers(4).map(() => new AbortController());
    controllers[2].abort(new Error("before"));
    const inputSignal = (_: unknown, index: number) => controllers[index].signal;
    const results = executor.map(wait, [1, 10, 3, 4], { settled: true, inputSignal });
    expect(await results.next()).toMatchObject({ value: { value: 1 } });
    controllers[1].abort(new Error("meanwhile"));
    expect(await Array.fromAsync(results)).toMatchObject([
      { status: "rejected", reason: { message: "meanwhile" }, index: 1 },
      { status: "rejected", reason: { message: "before" }, index: 2 },
      { status: "fulfilled", value: 4, index: 3 },
    ]);
    const all = new AbortController();
    const stopped = executor.map(wait, [10, 11], {
      signal: all.signal,
      inputSignal: () => controllers[3].signal,
    });
    const next = stopped.next();
    await executor.run(wait, 1);
    all.abort(new Error("all"));
    await expect(next).rejects.toThrow("all");
  });

  test("an option of an input that is none fails that input alone", async () => {
    await using executor = new Executor(null, { workers: 1, isolation });
    const outcomes = await executor.map((n: number) => n, [1, 2, 3, 4], {
      settled: true,
      timeout: (n: number) => n === 2 ? -1 : 60_000,
      inputSignal: (n: number) => n === 3 ? "soon" as never : undefined,
      transfer: (n: number) => {
        if (n === 4) throw new Error("not that one");
        return [];
      },
    }).toArray();
    expect(outcomes).toMatchObject([
      { status: "fulfilled", value: 1 },
      { status: "rejected", reason: { name: "RangeError", message: /timeout/ } },
      { status: "rejected", reason: { name: "TypeError", message: /inputSignal/ } },
      { status: "rejected", reason: { message: "not that one" } },
    ]);
    expect(() => executor.map((n: number) => n, [1], { inputSignal: 3 as never }).next()).toThrow(
      "inputSignal",
    );
  });
});
