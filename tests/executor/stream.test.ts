/** Conformance: stream(), a generator task read as it yields. */
import { expect, test } from "vitest";
import { conformance } from "./backends.ts";

conformance("stream()", (start) => {
  test("yields what generators of both kinds yield, and what an iterable holds", async () => {
    await using executor = start();
    const all = await Array.fromAsync(executor.stream("numbers", 1_000));
    expect(all).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
    expect(await Array.fromAsync(executor.stream("letters", "abc"))).toEqual(["a", "b", "c"]);
    expect(await Array.fromAsync(executor.stream(() => [undefined, 1], undefined))).toEqual([undefined, 1]);
  });

  test("throws what the generator throws, after what it yielded", async () => {
    await using executor = start();
    const seen: unknown[] = [];
    const run = async () => {
      for await (const value of executor.stream("failing")) seen.push(value);
    };
    await expect(run()).rejects.toThrow("no third");
    expect(seen).toEqual([1, 2]);
  });

  test("throws a TaskCloneError for a value that cannot be cloned", async () => {
    await using executor = start();
    await expect(Array.fromAsync(executor.stream("yieldsFunction"))).rejects.toMatchObject({
      name: "TaskCloneError",
    });
  });

  test("is not read further ahead than its window", async () => {
    await using executor = start();
    const made: unknown[] = [];
    const stream = executor.stream("numbers", 1_000_000, { onProgress: (value) => made.push(value) });
    for (let i = 0; i < 10; i++) await stream.next();
    await executor.run("sleep", 20);
    expect(made.length).toBeLessThanOrEqual(64 + 32 + 1);
    await stream.return();
  });

  test("closes the generator when its reader leaves, and frees the slot", async () => {
    await using executor = start({ workers: 1, concurrency: 1 });
    for await (const n of executor.stream("numbers", Infinity)) if (n === 200) break;
    expect(executor.stats().inFlight).toBe(0);
    expect(await executor.run("echo", 1)).toBe(1);
  });

  test("says so when there is nothing to iterate", async () => {
    await using executor = start();
    await expect(Array.fromAsync(executor.stream("echoSync", 1))).rejects.toMatchObject({
      name: "TypeError",
      message: /run\(\)/,
    });
  });

  test("is cancelled by its signal", async () => {
    await using executor = start();
    const controller = new AbortController();
    const stream = executor.stream("numbers", Infinity, { signal: controller.signal });
    await stream.next();
    controller.abort("enough");
    await expect(Array.fromAsync(stream)).rejects.toBe("enough");
  });
});
