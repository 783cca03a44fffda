/** The signatures follow from the task module. What must not compile is marked; the gate's type check holds it. */
import { expectTypeOf, test } from "vitest";
import type { Executor, MapOutcome } from "../../mod.ts";
import type { Tasks } from "./backends.ts";

test("names, inputs and results are those of the module's functions", () => {
  const check = (executor: Executor<Tasks>) => {
    expectTypeOf(executor.run("sleep", 5)).resolves.toBeNumber();
    expectTypeOf(executor.run("workerId")).resolves.toBeNumber();
    expectTypeOf(executor.run("letters", "abc")).resolves.toEqualTypeOf<string[]>();
    expectTypeOf(executor.run((n: number) => Promise.resolve([n].values()), 1)).resolves.toEqualTypeOf<
      number[]
    >();
    expectTypeOf(executor.run("default", "you")).resolves.toBeString();
    expectTypeOf(executor.run((n: number) => `${n}`, 1)).resolves.toBeString();
    expectTypeOf(executor.map("sleep", [1, 2]).toArray()).resolves.toEqualTypeOf<number[]>();
    expectTypeOf(executor.map("sleep", [1], { settled: true }).toArray()).resolves.toEqualTypeOf<
      MapOutcome<number>[]
    >();
    expectTypeOf(executor.flatMap("letters", ["abc"]).toArray()).resolves.toEqualTypeOf<string[]>();
    expectTypeOf(executor.flatMap((n: number) => [`${n}`], [1]).toArray()).resolves.toEqualTypeOf<string[]>();
    // @ts-expect-error: there are no outcomes to settle
    executor.flatMap("letters", ["abc"], { settled: true });
    expectTypeOf(executor.stream("numbers", 5).next()).resolves.toEqualTypeOf<IteratorResult<number>>();
    // @ts-expect-error: the input is a number
    executor.run("sleep", "5");
    // @ts-expect-error: the input cannot be left out
    executor.run("sleep");
    // @ts-expect-error: there is no such task
    executor.run("nothere", 1);
    // @ts-expect-error: a class is no task
    executor.run("HttpError", 1);
  };
  expectTypeOf(check).toBeFunction();
});
