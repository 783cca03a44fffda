import { describe, expect, test } from "vitest";
import type { BatchResult } from "../../../lib/wire/input_batch.ts";
import { inBatches } from "../../../lib/worker/batch_call.ts";
import type { TaskContext } from "../../../lib/worker/context.ts";

const context = {} as TaskContext;

/** Calls a task with a batch of JSON texts, and resolves with its results and the places and messages of failures. */
async function call(
  texts: string[],
  task: (inputs: unknown[]) => unknown,
  check?: (input: unknown) => unknown,
) {
  const { call } = inBatches({
    call: (inputs) => task(inputs as unknown[]),
    decode: (text) => JSON.parse(text as string),
    encode(result) {
      if (result === "bad") throw new TypeError("cannot be written");
      return JSON.stringify(result);
    },
    check,
    keyed: undefined,
  });
  const { results, failed } = await call(texts, context) as BatchResult;
  return { results, failed: failed.map(([at, error]) => [at, (error as { class: string }).class]) };
}

const double = (inputs: unknown[]) => inputs.map((n) => (n as number) * 2);

describe("a batch", () => {
  test("is one call with all inputs, and has a result for each", async () => {
    const got: unknown[] = [];
    const { results } = await call(["1", "2"], (inputs) => {
      got.push(inputs);
      return double(inputs);
    });
    expect([got, results]).toEqual([[[1, 2]], ["2", "4"]]);
  });

  test("may have its results from a generator", async () => {
    const { results } = await call(["1", "2"], function* (inputs) {
      yield* inputs;
    });
    expect(results).toEqual(["1", "2"]);
    expect((await call(["1"], (inputs) => ReadableStream.from(inputs as string[]))).results).toEqual(["1"]);
  });

  test("fails only at the inputs that cannot be read, checked or written", async () => {
    const check = (input: unknown) => {
      if (input === 3) throw new RangeError("three");
      return input;
    };
    const outcome = await call(
      ["1", "{", "3", "4"],
      (inputs) => inputs.map((n) => n === 4 ? "bad" : n),
      check,
    );
    expect(outcome).toEqual({
      results: ["1"],
      failed: [[1, "SyntaxError"], [2, "RangeError"], [3, "TaskCloneError"]],
    });
  });

  test("of which no input can be read is not called", async () => {
    const { results, failed } = await call(["{"], () => expect.unreachable());
    expect([results, failed]).toEqual([[], [[0, "SyntaxError"]]]);
  });
});

describe("what the call throws", () => {
  test("is its error, if no input has failed by itself", async () => {
    const own = new Error("own");
    await expect(call(["1"], () => Promise.reject(own))).rejects.toBe(own);
  });

  test("is the cause of a failure that also has those that had failed by themselves", async () => {
    const own = new Error("own");
    await expect(call(["{", "1"], () => Promise.reject(own)))
      .rejects.toMatchObject({ name: "BatchFailure", cause: own, failed: [[0, { class: "SyntaxError" }]] });
  });

  test.each<[unknown, string]>([
    ["text", "one result per input, got string"],
    [null, "one result per input, got null"],
    [[1], "it got 2 inputs and returned 1 results"],
  ])("says that %j is no result of a batch", async (result, words) => {
    await expect(call(["1", "2"], () => result)).rejects.toThrow(words);
  });

  test("counts the inputs as they were before the call", async () => {
    const shorten = (inputs: unknown[]) => inputs.splice(1);
    await expect(call(["1", "2"], shorten)).rejects.toThrow("it got 2 inputs and returned 1 results");
  });
});
