import { expect, test } from "vitest";
import { canSelfStart, lookForSelfStart, selfStartArguments } from "../../../lib/wire/self_start.ts";

test("a program that has not looked for its start cannot start itself", () => {
  expect(canSelfStart()).toBe(false);
  expect(lookForSelfStart([], () => false)).toBeUndefined();
  expect(canSelfStart()).toBe(true);
});

test("a program is a worker by its arguments, and only with a parent", () => {
  const told = { thread: { entry: "data:,", permissions: {} as never } };
  const words = selfStartArguments(told);
  expect(lookForSelfStart(words, () => true)).toEqual(told);
  expect(lookForSelfStart(words, () => false)).toBeUndefined();
  expect(lookForSelfStart(["run", ...words], () => true)).toBeUndefined();
});
