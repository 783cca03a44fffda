import { expect, test } from "vitest";
import { Targets } from "../../../lib/worker/targets.ts";

const source = { module: "file:///tasks.ts", exports: { work: () => 1 }, check: undefined };

test("a number stands for the function, or for the reason why there is none", () => {
  const targets = new Targets();
  targets.set(0, { name: "work" }, source);
  targets.set(1, { name: "wrok" }, source);
  expect(targets.get(0)).toMatchObject({ found: { call: source.exports.work }, error: undefined });
  expect(targets.get(1)).toMatchObject({
    found: undefined,
    error: { kind: "error", class: "TaskNotFoundError", message: expect.stringContaining("wrok") },
  });
});

test("a number that is set anew stands for the new function", () => {
  const targets = new Targets();
  targets.set(0, { name: "wrok" }, source);
  targets.set(0, { name: "work" }, source);
  expect(targets.get(0).found?.call).toBe(source.exports.work);
});
