/** The library as users get it: what holds wherever it runs. */
import { expect, test } from "vitest";
import type { Came } from "./cases/cases.ts";
import type { Library } from "./libraries.ts";

/** Defines the cases for one place and isolation. */
export function libraryCases({ run, place, strict }: Library, isolation: string): void {
  // Once for all: to start it is what takes long.
  let started: Promise<Came> | undefined;
  const came = () => started ??= run(isolation);

  test("runs tasks by name, one, many and as a stream", async () => {
    expect((await came()).results).toEqual({ one: 42, many: [2, 4, 6], yielded: [1, 2, 3] });
  });

  test("an error arrives with its class, and a stack that names the user's file", async () => {
    const error = (await came()).error as Error;
    expect(error).toMatchObject({ name: "RangeError", message: "13 brings bad luck" });
    expect(error.stack!.split("\n").slice(0, 2).join()).toMatch(place);
  });

  test("a name that is none is answered by those that there are", async () => {
    const { name, message } = (await came()).unknownTask as Error;
    expect(name).toBe("TaskNotFoundError");
    expect(message).toMatch(/has no function "treble" to run; it exports .*\bdouble\b/);
  });

  test("a task is cancelled, or times out, and its worker goes on", async () => {
    expect((await came()).cancel).toMatchObject({
      cancelled: { name: "RangeError", message: "changed my mind" },
      timedOut: { name: "TaskTimeoutError" },
      next: 4,
    });
  });

  test("a worker that ends itself is noticed, and costs its own task alone", async () => {
    const { left, failed, next } = (await came()).lostWorker;
    const message = expect.stringMatching(/^Worker \d was lost: it called (self\.close|process\.exit)\(\)$/);
    expect(left).toEqual([1, expect.objectContaining({ name: "WorkerLostError", message }), 3, 4]);
    expect(failed).toMatchObject({
      name: "WorkerLostError",
      message: expect.stringMatching(/was lost: .*RangeError: outside of its promise/),
    });
    expect(next).toBe(4);
  });

  test("what is transferred is gone here", async () => {
    expect((await came()).transfer).toEqual({ moved: [2, 3, 4], left: 0 });
  });

  test(
    strict
      ? "a policy without eval forbids inline functions, and the error says so"
      : "runs inline functions",
    async () => {
      const { inline } = await came();
      if (!strict) return expect(inline).toBe(42);
      expect(inline).toMatchObject({
        name: "EvalError",
        message:
          "The page's Content Security Policy forbids inline functions, which need 'unsafe-eval': export the " +
          "function from the module and run it by its name",
      });
    },
  );
}
