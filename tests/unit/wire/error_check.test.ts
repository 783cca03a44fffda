import { expect, test } from "vitest";
import { isErrorData } from "../../../lib/wire/error_check.ts";
import { type ErrorData, toErrorData } from "../../../lib/wire/error_data.ts";

const circle = new Error("outer") as Error & { self?: unknown };
circle.self = circle;

test.each([
  ["an error", new TypeError("x", { cause: new Error("y") })],
  [
    "an error with errors in it",
    Object.assign(new AggregateError([new Error("a"), 1]), { inside: { e: new Error() } }),
  ],
  ["an error that has itself", circle],
  ["a text", "text"],
  ["undefined", undefined],
])("what is made of %s is error data", (_, thrown) => {
  expect(isErrorData(toErrorData(thrown))).toBe(true);
});

const sound = toErrorData(new Error("x")) as ErrorData & { kind: "error" };

test.each([
  ["nothing", undefined],
  ["another kind", { kind: "other" }],
  ["a message that is no text", { ...sound, message: 1 }],
  ["a stack that is no text", { ...sound, stack: {} }],
  ["a cause that is no error data", { ...sound, cause: { kind: "error" } }],
  ["errors that are all holes", { ...sound, errors: new Array(3) }],
  ["properties that are no object", { ...sound, properties: 1 }],
  ["a nested error without a way to it", { ...sound, nested: [[[], sound]] }],
  ["an error again without its number", { kind: "again" }],
])("%s is no error data", (_, data) => {
  expect(isErrorData(data)).toBe(false);
});

test("data that contains itself is refused, not followed for ever", () => {
  const endless = { ...sound } as Record<string, unknown>;
  endless.cause = endless;
  expect(isErrorData(endless)).toBe(false);
});
