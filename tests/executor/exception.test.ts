/** What was thrown, as OpenTelemetry's conventions name it. */
import { expect, test } from "vitest";
import { TaskTimeoutError, WorkerLostError } from "../../mod.ts";
import { exceptionAttributes, statusOf, typeOf } from "../../lib/executor/tasks/exception.ts";

test.each<[thrown: unknown, type: string, message: string]>([
  [new RangeError("no"), "RangeError", "no"],
  [new TaskTimeoutError("page", 300, "run"), "TaskTimeoutError", 'Task "page" timed out after 300 ms'],
  [new WorkerLostError({ workerId: 1, reason: "x" }), "WorkerLostError", "Worker 1 was lost: x"],
  [new DOMException("gone", "AbortError"), "AbortError", "gone"],
  [Object.assign(new Error("gone"), { code: "ENOENT" }), "Error", "gone"],
  [Object.assign(new Error("m"), { name: "" }), "Error", "m"],
  [Object.assign(new Error("m"), { name: 5 }), "Error", "m"],
  [{ code: 42 }, "Object", '{"code":42}'],
  [{ name: "HttpError", message: "404" }, "HttpError", "404"],
  [[1, { a: 2 }], "Array", '[1,{"a":2}]'],
  [Object.create(null), "Object", "{}"],
  ["text", "string", "text"],
  ["", "string", ""],
  [5n, "bigint", "5n"],
  [null, "null", "null"],
  [undefined, "undefined", "undefined"],
])("%s is of its type, with its message", (thrown, type, message) => {
  expect(typeOf(thrown)).toBe(type);
  expect(exceptionAttributes(thrown)).toMatchObject({ "exception.type": type, "exception.message": message });
});

test("a stack is told where there is one, and a status names class and message", () => {
  const error = new TypeError("no");
  expect(exceptionAttributes(error)["exception.stacktrace"]).toBe(error.stack);
  expect(exceptionAttributes("no")).not.toHaveProperty("exception.stacktrace");
  expect([statusOf(error), statusOf(new Error()), statusOf({ a: 1 })]).toEqual([
    "TypeError: no",
    "Error",
    '{"a":1}',
  ]);
});

test("what cannot be looked at has a type all the same", () => {
  const get = () => {
    throw new Error("no");
  };
  expect(exceptionAttributes(new Proxy({}, { get }))).toEqual({
    "exception.type": "Object",
    "exception.message": "a value that cannot be read",
  });
});

test("a text of megabytes is shortened, and not within a character", () => {
  const message = exceptionAttributes(`x${"\u{1f600}".repeat(1_000_000)}`)["exception.message"] as string;
  expect(message.length).toBeLessThan(10_000);
  expect(message).toMatch(/…$/);
});
