/** What is thrown crosses as plain data and comes out as what it was. */
import { expect, test } from "vitest";
import { TaskTimeoutError, WorkerLostError } from "../../lib/errors.ts";
import { fromErrorData, toErrorData } from "../../lib/wire/error_data.ts";

/** There and back, through the clone that a channel makes. */
function cross(thrown: unknown): unknown {
  return fromErrorData(structuredClone(toErrorData(thrown)));
}

test("built-in classes keep class, name, message and stack", () => {
  for (const Class of [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError]) {
    const error = new Class("message");
    const back = cross(error) as Error;
    expect(back).toBeInstanceOf(Class);
    expect(back).toMatchObject({ name: error.name, message: "message", stack: error.stack });
    expect(Object.keys(back)).toEqual([]);
  }
});

test("a subclass becomes its nearest built-in, under its own name and with its own properties", () => {
  class NotFound extends RangeError {
    override name = "NotFound";
    readonly path = ["a", "b"];
    readonly handler = () => {};
  }
  const back = cross(new NotFound("gone")) as Record<string, unknown>;
  expect(back).toBeInstanceOf(RangeError);
  expect(back.constructor).toBe(RangeError);
  expect(back).toMatchObject({ name: "NotFound", message: "gone", path: ["a", "b"] });
  expect(back).not.toHaveProperty("handler");
});

test("our own errors keep class and facts", () => {
  expect(cross(new TaskTimeoutError("work", 5, "run"))).toBeInstanceOf(TaskTimeoutError);
  expect(cross(new TaskTimeoutError("work", 5, "run"))).toMatchObject({
    task: "work",
    timeout: 5,
    phase: "run",
  });
  expect(cross(new WorkerLostError({ workerId: 3, reason: "it exited" }))).toMatchObject({ workerId: 3 });
});

test("causes and the errors of an AggregateError cross too, however deep, and circles end", () => {
  const error = new AggregateError([new TypeError("a"), "b", undefined], "all", { cause: new Error("why") });
  const back = cross(error) as AggregateError;
  expect(back).toBeInstanceOf(AggregateError);
  expect(back.errors[0]).toBeInstanceOf(TypeError);
  expect(back.errors.slice(1)).toEqual(["b", undefined]);
  expect(back.cause).toMatchObject({ message: "why" });
  const circle = new Error("circle");
  circle.cause = circle;
  expect(cross(circle)).toMatchObject({ message: "circle", cause: { message: "circle" } });
  const errors = Array.from({ length: 40 }, (_, i) => new Error(String(i)));
  const knot = new AggregateError(errors);
  for (const error of errors) error.cause = knot;
  expect((cross(knot) as AggregateError).errors).toHaveLength(40);
  let once = 0;
  const moody = new Error("moody", {
    cause: {
      get x() {
        if (once++ > 0) throw new Error("only once");
        return 1;
      },
    },
  });
  expect(cross(moody)).toMatchObject({ cause: { x: 1 } });
});

test("whatever else is thrown arrives as it is, or as its text", () => {
  for (const value of ["text", 7, 1n, null, undefined, true, { a: [1] }]) expect(cross(value)).toEqual(value);
  expect(cross(Symbol("s"))).toBe("Symbol(s)");
  expect(cross(() => 1)).toMatch(/=> 1/);
  expect(cross({ f() {} })).toBe('{"f":"[function]"}');
});

test("an error that does not want to be read does not stop the reply", () => {
  const hostile = new Error("hostile");
  Object.defineProperty(hostile, "message", {
    get() {
      throw new Error("no");
    },
  });
  expect(cross(hostile)).toMatchObject({ name: "Error", message: "" });
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  expect(typeof cross(proxy)).toBe("string");
  expect(typeof cross(Object.create(null, { toString: { value: () => Symbol("x") } }))).toBe("object");
});

test("a property named __proto__ stays a property", () => {
  const error = new Error("odd");
  Object.defineProperty(error, "__proto__", { value: { polluted: true }, enumerable: true });
  const back = cross(error) as Error;
  expect(back).toBeInstanceOf(Error);
  expect(Object.getOwnPropertyDescriptor(back, "__proto__")?.value).toEqual({ polluted: true });
  expect(({} as Record<string, unknown>).polluted).toBe(undefined);
});
