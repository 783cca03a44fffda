import { expect, test } from "vitest";
import { WorkerLostError } from "../../../lib/errors.ts";
import { classOf, DOM_EXCEPTION, prototypeOf } from "../../../lib/wire/error_classes.ts";

class HttpError extends TypeError {}
class NotFound extends HttpError {}

test.each<[string, Error, string]>([
  ["a class of the language", new URIError("x"), "URIError"],
  ["a class of ours", Object.create(WorkerLostError.prototype), "WorkerLostError"],
  ["a DOMException", new DOMException("x", "AbortError"), DOM_EXCEPTION],
  ["a user's class: the nearest that both sides have", new NotFound("x"), "TypeError"],
  ["an error without a prototype chain", Object.create(null), "Error"],
])("%s is known by its name", (_, error, name) => {
  expect(classOf(error)).toBe(name);
});

test("a name stands for its prototype, and an unknown or inherited one for that of Error", () => {
  expect(prototypeOf("RangeError")).toBe(RangeError.prototype);
  expect(prototypeOf("AggregateError")).toBe(AggregateError.prototype);
  expect([prototypeOf("HttpError"), prototypeOf("toString"), prototypeOf("__proto__")])
    .toEqual([Error.prototype, Error.prototype, Error.prototype]);
});
