/** Conformance: flatMap(), what the generators of many inputs yield, one by one. */
import { expect, test } from "vitest";
import type { TaskContext } from "../../mod.ts";
import { conformance } from "./backends.ts";

/** Values 0 … n − 1 of an input, as [n, value]. */
async function* up(n: number): AsyncGenerator<[n: number, value: number]> {
  for (let value = 0; value < n; value++) {
    if (value % 7 === 3) await new Promise((resolve) => setTimeout(resolve));
    yield [n, value];
  }
}

/** Values without end. Counts them for {@link countMade}. */
function* endless(): Generator<number> {
  const all = globalThis as { made?: number };
  for (all.made = 0;; all.made++) yield all.made;
}

const countMade = () => (globalThis as { made?: number }).made!;

/** Fails after a value, at the first attempt. */
function* flaky(n: number, { attempt }: TaskContext): Generator<string> {
  yield `${n}/${attempt}`;
  if (n === 2 && attempt === 1) throw new RangeError("not yet");
}

/** The first input yields only once the second has to wait for its reader. */
async function* held(n: number): AsyncGenerator<string> {
  const all = globalThis as { yielded?: number };
  while (n === 1 && (all.yielded ?? 0) < 63) await new Promise((resolve) => setTimeout(resolve, 2));
  for (let i = 0; i < 200; i++) {
    if (n === 2) all.yielded = i;
    yield `${n}: ${i}`;
  }
}

const of = (n: number) => Array.from({ length: n }, (_, value) => [n, value]);

conformance("flatMap()", (start) => {
  test("yields what the generator of each input yields, in the order of the inputs or as it comes", async () => {
    await using executor = start();
    const inputs = [3, 0, 200, 1, 0, 2];
    const expected = inputs.flatMap(of);
    expect(await executor.flatMap(up, inputs).toArray()).toEqual(expected);
    const some = await executor.flatMap(up, inputs, { ordered: false, window: 2 }).toArray();
    expect([...some].sort()).toEqual(expected.sort());
    for (const n of inputs) expect(some.filter(([of]) => of === n)).toEqual(of(n));
    expect(await executor.flatMap("letters", ["ab", "", "c"]).toArray()).toEqual(["a", "b", "c"]);
    expect(await executor.flatMap((n: number) => n > 1 ? [undefined, n] : new Set([n]), [1, 2]).toArray())
      .toEqual([1, undefined, 2]);
    expect(await executor.flatMap(up, []).toArray()).toEqual([]);
    expect(await executor.flatMap(up, [0, 0]).toArray()).toEqual([]);
  });

  test("yields each value before the generator goes on, no further ahead than it is read", async () => {
    await using executor = start({ workers: 1, concurrency: 2 });
    for (const ordered of [true, false]) {
      const values = executor.flatMap(endless, [1], { ordered });
      for (let n = 0; n < 10; n++) expect(await values.next()).toEqual({ done: false, value: n });
      expect(await executor.run(countMade)).toBeLessThanOrEqual(64 + 64 + 10);
      await values.return();
      expect(executor.stats().inFlight).toBe(0);
    }
  });

  test("waits for the values of earlier inputs, also if those of later ones must wait", async () => {
    await using executor = start({ workers: 1, concurrency: 2 });
    const values = await executor.flatMap(held, [1, 2]).toArray();
    expect(values).toEqual([1, 2].flatMap((n) => Array.from({ length: 200 }, (_, i) => `${n}: ${i}`)));
  });

  test("throws the first failure after what came before, and cancels the rest", async () => {
    await using executor = start();
    const seen: unknown[] = [];
    const read = async (values: AsyncIterable<unknown>) => {
      for await (const value of values) seen.push(value);
    };
    await expect(read(executor.flatMap("failing", [1, 2]))).rejects.toThrow("no third");
    expect(seen).toEqual([1, 2]);
    await expect(executor.flatMap("yieldsFunction", [1]).toArray()).rejects.toMatchObject({
      name: "TaskCloneError",
    });
    await expect(executor.flatMap("echoSync", [1]).toArray()).rejects.toThrow(
      "flatMap() needs a task that is a generator or returns an iterable; use map() for this one",
    );
    await expect(executor.flatMap(up, [2], { signal: AbortSignal.abort("enough") }).toArray()).rejects.toBe(
      "enough",
    );
  });

  test("with retry, yields the values of attempts that have succeeded", async () => {
    await using executor = start();
    const inputs = [1, 2, 3];
    const retry = { attempts: 2, minDelay: 1 };
    expect(await executor.flatMap(flaky, inputs, { retry }).toArray()).toEqual(["1/1", "2/2", "3/1"]);
    await expect(executor.flatMap(flaky, inputs).toArray()).rejects.toThrow("not yet");
  });

  test("is finished by close() while it is read, and refused after it", async () => {
    const executor = start();
    const values = executor.flatMap(up, [3, 100, 2]);
    const first = await values.next();
    const [rest] = await Promise.all([values.toArray(), executor.close()]);
    expect([first.value, ...rest]).toEqual([3, 100, 2].flatMap(of));
    await expect(executor.flatMap(up, [1]).toArray()).rejects.toMatchObject({ name: "ExecutorClosedError" });
  });

  test("that nobody reads any more does not keep close() or terminate() waiting", async () => {
    for (const end of ["close", "terminate"] as const) {
      const executor = start({ workers: 1 });
      const values = executor.flatMap(endless, [1, 2]);
      expect((await values.next()).value).toBe(0);
      await executor[end]();
      await expect((async () => {
        for await (const _ of values);
      })()).rejects.toMatchObject({ name: "ExecutorClosedError" });
    }
  });

  test("drains: starts no more inputs, and yields what runs", async () => {
    await using executor = start({ workers: 1, concurrency: 1 });
    const stop = new AbortController();
    const values = executor.flatMap(up, Array.from({ length: 1_000 }, () => 5), {
      drain: stop.signal,
      window: 1,
    });
    const seen: unknown[] = [];
    for await (const value of values) {
      seen.push(value);
      stop.abort("drained");
    }
    expect(seen).toEqual(of(5));
  });
});

conformance("flatMap()'s options", (start) => {
  test("are those of map(), without those that have no meaning here", async () => {
    await using executor = start();
    const flatMap = (options: object) => () => executor.flatMap("letters", ["a"], options);
    expect(flatMap({ settled: true })).toThrow("settled is no option of flatMap(): there are signal, ");
    expect(flatMap({ ordered: 1 })).toThrow("ordered must be true or false, got 1");
    expect(flatMap({ encoding: { output: "json" } })).toThrow(
      "flatMap() takes no encoding.output and no encoding.batch",
    );
    expect(await executor.flatMap("letters", ['"ab"'], { encoding: { input: "json" } }).toArray()).toEqual([
      "a",
      "b",
    ]);
  });
});
