/** Inputs that tasks of a map hand in by `context.add`. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Executor, type Isolation, TaskCloneError } from "../../mod.ts";

type Tasks = typeof import("./fixtures/adding.ts");

const MODULE = new URL("./fixtures/adding.ts", import.meta.url);

const ISOLATIONS: Isolation[] = ["thread", "process", "none"];

const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);

function* one(): Generator<number> {
  yield 1;
}

describe.each(ISOLATIONS)('context.add on "%s"', (isolation) => {
  const start = (concurrency: number) => new Executor<Tasks>(MODULE, { isolation, workers: 1, concurrency });
  // One for all tests, because a process takes long to start.
  let executor: Executor<Tasks>;
  beforeAll(() => void (executor = start(8)));
  afterAll(async () => await executor.close());

  test("each distinct input runs once, in the order of the parents", async () => {
    expect(await executor.map("tree", [1]).toArray()).toEqual(upTo(15));
    expect(await executor.map("tree", [3, 1]).toArray()).toEqual([
      3,
      1,
      6,
      7,
      2,
      12,
      13,
      14,
      15,
      4,
      5,
      8,
      9,
      10,
      11,
    ]);
    const outcomes = await executor.map("tree", [1], { settled: true, window: 2 }).toArray();
    expect(outcomes.map(({ index }) => index + 1)).toEqual(upTo(15));
  });

  test("unordered, an input runs as soon as it is handed in", async () => {
    const seen = await executor.map("held", [1], { ordered: false }).toArray();
    expect(seen.toSorted((one, other) => one - other)).toEqual(upTo(15));
  });

  test("an input starts before those ahead of its parent have ended; the first parent in order decides its place", async () => {
    const pages = (map: string, links: number[]) => [{ map, n: 1, links }, { map, n: 2, links: [20, 21] }];
    const outcomes = await executor.map("links", pages("a", [21, 10]), { settled: true }).toArray();
    expect(outcomes.map((outcome) => [outcome.index, (outcome as { value: number }).value]))
      .toEqual([1, 2, 21, 10, 20].map((n, index) => [index, n]));
    const ordered = await executor.flatMap("manyLinks", pages("b", [21, 10])).toArray();
    expect(ordered).toEqual([1, 2, ...[21, 10, 20].flatMap((n) => [n, ...upTo(200).map((nth) => nth - 1)])]);
    // Two inputs have started that are not among the first eight.
    const links = [100, 101, 102, 103, 104, 105, 106];
    const cut = await executor.map("links", pages("c", links), { maxInputs: 8 }).toArray();
    expect(cut).toEqual([1, 2, ...links.slice(0, 6)]);
  });

  test("flatMap() takes them as well", async () => {
    const expected = upTo(7).flatMap((n) => [n, n]);
    expect(await executor.flatMap("twice", [1]).toArray()).toEqual(expected);
    const unordered = await executor.flatMap("twice", [1], { ordered: false, maxInputs: 7 }).toArray();
    expect(unordered.toSorted((one, other) => one - other)).toEqual(expected);
  });

  test("an input is copied when it is handed in", async () => {
    expect(await executor.map("changing", [{ n: 1 }]).toArray()).toEqual(upTo(15));
  });

  test("only what the attempt handed in counts that gave the outcome, also if that is a failure", async () => {
    const retry = { attempts: 2, minDelay: 1 };
    expect(await executor.map("again", [0], { retry }).toArray()).toEqual([0, 1]);
    const outcomes = await executor.map("failing", [1], { settled: true }).toArray();
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
  });

  test("inputs of an iterator are compared if revisit is false; otherwise the map fails, unless nothing is compared", async () => {
    expect(await executor.map("tree", one(), { revisit: false }).toArray()).toEqual(upTo(15));
    await expect(executor.map("tree", one()).toArray()).rejects.toThrow("revisit: false");
    const twice = await executor.map("tree", one(), { revisit: true, maxInputs: 6 }).toArray();
    expect(twice).toEqual([1, 2, 3, 1, 4, 5]);
  });

  test("maxInputs counts all inputs, and pulls no more of them", async () => {
    expect(await executor.map("tree", [1], { maxInputs: 10 }).toArray()).toEqual(upTo(10));
    let pulled = 0;
    function* naturals() {
      for (;;) yield 100 + pulled++;
    }
    expect(await executor.map("tree", naturals(), { maxInputs: 3 }).toArray()).toEqual([100, 101, 102]);
    expect(pulled).toBe(3);
  });

  test("unordered, added inputs run while an async iterable waits", async () => {
    const last = Promise.withResolvers<number>();
    async function* inputs() {
      yield 1;
      yield await last.promise;
    }
    const seen: number[] = [];
    for await (const n of executor.map("tree", inputs(), { ordered: false, revisit: false })) {
      seen.push(n);
      if (seen.length === 15) last.resolve(99);
    }
    expect(seen[15]).toBe(99);
  });

  test("close() lets the map finish with all that is handed in", async () => {
    const executor = start(4);
    const all = executor.map("tree", [1]).toArray();
    await executor.close();
    expect(await all).toEqual(upTo(15));
  });

  test("bodies see their index in the map", async () => {
    expect(await executor.map("indices", ["a", "b"]).toArray()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("a task of no map, a wrong input and a body that has ended are refused in the task", async () => {
    for (const start of [() => executor.run("tree", 1), () => executor.submit("tree", 1).result]) {
      await expect(start()).rejects.toThrow(
        new TypeError(
          "context.add(): only a task of a map() or of polyloop run can add inputs: this one has no map that they could join",
        ),
      );
    }
    const [nothing, fun, url] = await executor.map("wrong", ["nothing", "function", "url"], { settled: true })
      .toArray();
    expect(nothing).toMatchObject({ reason: new TypeError("context.add() needs an input, got undefined") });
    for (const { reason } of [fun, url] as PromiseRejectedResult[]) {
      expect(reason).toBeInstanceOf(TaskCloneError);
    }
    // Where it was handed in, so that the body can go on.
    const refused = Array.from({ length: 4 }, () => "TaskCloneError");
    expect(await executor.map("careful", [1]).toArray()).toEqual([refused, []]);
    await executor.map("afterwards", [0]).toArray();
    if (isolation === "none") {
      expect(await executor.run("afterwards", 1)).toContain("after its task had ended");
    }
  });
});

test.each([0, 1.5, "3", null])("maxInputs %j is refused", (maxInputs) => {
  const executor = new Executor(null);
  expect(() => executor.map(() => 1, [1], { maxInputs: maxInputs as number })).toThrow("maxInputs");
});

test("revisit must be a boolean", () => {
  const executor = new Executor(null);
  expect(() => executor.map(() => 1, [1], { revisit: 1 as unknown as boolean })).toThrow("revisit");
});
