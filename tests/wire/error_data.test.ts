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

test("a cause that is undefined stays one", () => {
  expect("cause" in (cross(new Error("m", { cause: undefined })) as Error)).toBe(true);
  expect("cause" in (cross(new Error("m")) as Error)).toBe(false);
});

test("the fields of a QuotaExceededError cross, where there is such a class", () => {
  const { QuotaExceededError } = globalThis as unknown as {
    QuotaExceededError?: new (message: string, options: { quota: number; requested: number }) => Error;
  };
  if (!QuotaExceededError) return;
  const back = cross(new QuotaExceededError("m", { quota: 10, requested: 20 }));
  expect(back).toBeInstanceOf(QuotaExceededError);
  expect(back).toMatchObject({ name: "QuotaExceededError", message: "m", quota: 10, requested: 20 });
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
  const back2 = cross(circle) as Error;
  expect(back2.cause).toBe(back2);
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

test("what cannot be cloned is left out where it stands, and the rest arrives", () => {
  const socket = { write() {}, agent: {} as unknown };
  socket.agent = socket;
  const config = { url: "/x", transform: [(data: unknown) => data], validate() {}, symbol: Symbol("s") };
  const error = Object.assign(new Error("status 429"), {
    name: "AxiosError",
    config,
    request: {
      socket,
      promise: Promise.resolve(),
      map: new WeakMap(),
      queue: new Map([["a", () => 1], ["b", 2]] as never),
    },
    response: { status: 429, headers: new Headers({ "Retry-After": "7" }), data: { why: ["busy"] }, config },
    list: [1, () => 1, Symbol("s"), 2],
  });
  const back = cross(error) as typeof error & { request: Record<string, unknown> };
  expect(back.response).toEqual({
    status: 429,
    headers: { "retry-after": "7" },
    data: { why: ["busy"] },
    config: { url: "/x", transform: [undefined] },
  });
  expect(back.config).toBe(back.response.config);
  expect(back.list).toEqual([1, undefined, undefined, 2]);
  expect(Object.keys(back.request)).toEqual(["socket", "queue"]);
  expect(back.request.queue).toEqual(new Map([["b", 2]]));
  expect((back.request.socket as typeof socket).agent).toBe(back.request.socket);
  expect(cross({ status: 404, retry() {} })).toEqual({ status: 404 });
});

test("what the language has arrives as it is; what the Web has, by what it says of itself", () => {
  const bytes = new Uint8Array(1_000_000).subarray(5, 8).fill(7);
  const values = {
    date: new Date(5),
    pattern: /a/g,
    big: 10n ** 30n,
    minus: -0,
    set: new Set([1]),
    bytes,
    view: new DataView(bytes.buffer, 5, 2),
    boxed: Object(1n),
  };
  const back = cross(Object.assign(new Error("e"), values)) as typeof values;
  expect(back).toMatchObject(values);
  expect(back.bytes.buffer.byteLength).toBe(3);
  const web = Object.assign(new Error("e"), {
    url: new URL("http://a/b"),
    response: new Response("text", { status: 503, headers: { "retry-after": "1" } }),
    request: new Request("http://a/", { method: "PUT" }),
    stream: new ReadableStream(),
    money: new (class {
      #cents = 5;
      toJSON() {
        return { cents: this.#cents };
      }
    })(),
  });
  const told = cross(web);
  expect(told).toMatchObject({
    url: "http://a/b",
    response: { status: 503, ok: false, headers: { "retry-after": "1" } },
    request: { method: "PUT", url: "http://a/" },
    money: { cents: 5 },
  });
  expect(told).not.toHaveProperty("stream");
});

test("errors among an error's properties are errors again, each once", () => {
  class Field extends TypeError {
    override name = "Field";
    readonly path: string;
    constructor(path: string) {
      super(`${path} is wrong`);
      this.path = path;
    }
  }
  const age = new Field("age");
  const error = Object.assign(new Error("2 errors"), {
    errors: ["text", age],
    inner: { age, all: new Map([["age", age]]) },
    itself: {} as unknown,
  });
  error.itself = error;
  const back = cross(error) as typeof error;
  expect(back.errors[0]).toBe("text");
  expect(back.errors[1]).toBeInstanceOf(TypeError);
  expect(back.errors[1]).toMatchObject({
    name: "Field",
    message: "age is wrong",
    path: "age",
    stack: age.stack,
  });
  expect(back.inner.age).toBe(back.errors[1]);
  expect(back.inner.all.get("age")).toBe(back.errors[1]);
  expect(back.itself).toBe(back);
  expect(cross({ error: age, retry() {} })).toMatchObject({ error: { path: "age" } });
  const odd = Object.assign(new AggregateError([1], "all"), { errors: { a: new RangeError("r") } });
  expect((cross(odd) as unknown as typeof odd).errors.a).toBeInstanceOf(RangeError);
});

test("an error keeps what it is, whatever stands on it", async () => {
  const module = await import("../../lib/errors.ts");
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const error = Object.assign(new Error("the real message"), {
    module,
    bare: Object.assign(Object.create(null), { get() {}, a: 1 }),
    proxy,
    throws: {
      get a() {
        throw new Error("no");
      },
      toJSON() {
        throw new Error("no");
      },
      b: 2,
    },
    deep: Array.from({ length: 50_000 }).reduce((inner: object) => ({ inner }), {}),
    holes: new Array(2 ** 32 - 1),
  });
  const back = cross(error) as typeof error;
  expect(back).toMatchObject({
    message: "the real message",
    stack: error.stack,
    bare: { a: 1 },
    throws: { b: 2 },
  });
  expect(back.holes).toHaveLength(2 ** 32 - 1);
});

test("what is near is kept where there is too much", () => {
  const wide = Array.from({ length: 20_000 }, () => ({ a: {} }));
  const back = cross(
    Object.assign(new Error("e"), { request: { wide }, response: { status: { code: 429 } } }),
  );
  expect(back).toMatchObject({ response: { status: { code: 429 } } });
});

test("the runtime's own classes arrive as such", () => {
  const { Deno, WebAssembly } = globalThis as unknown as Record<string, Record<string, never>>;
  const classes = { ...Deno?.errors as object, ...WebAssembly } as Record<
    string,
    new (message: string) => Error
  >;
  for (const [name, Class] of Object.entries(classes)) {
    if (typeof Class !== "function" || !(Class.prototype instanceof Error)) continue;
    const error = Object.assign(new Class("message"), { code: "ENOENT" });
    expect(cross(error), name).toBeInstanceOf(Class);
    expect(cross(error)).toMatchObject({ name: error.name, message: "message", code: "ENOENT" });
  }
  const exception = Object.assign(new DOMException("too big", "QuotaExceededError"), { status: 5 });
  expect(cross(exception)).toBeInstanceOf(DOMException);
  expect(cross(exception)).toMatchObject({
    name: "QuotaExceededError",
    code: 22,
    message: "too big",
    status: 5,
  });
  const { SuppressedError } = globalThis as unknown as { SuppressedError?: new (...all: unknown[]) => Error };
  if (!SuppressedError) return;
  const suppressed = cross(new SuppressedError(new RangeError("a"), new TypeError("b"), "c"));
  expect(suppressed).toBeInstanceOf(SuppressedError);
  expect(suppressed).toMatchObject({
    error: expect.any(RangeError),
    suppressed: expect.any(TypeError),
    message: "c",
  });
});

test("a class that the other side has not is an Error under its own name", () => {
  const data = {
    kind: "error",
    class: "Deno.errors.Unheard",
    name: "Unheard",
    message: "m",
    stack: undefined,
  } as const;
  for (const Class of ["Deno.errors.Unheard", "toString", "__proto__", "constructor"]) {
    const back = fromErrorData({ ...data, class: Class }) as Error;
    expect(Object.getPrototypeOf(back)).toBe(Error.prototype);
    expect(back.name).toBe("Unheard");
  }
});

const throws = () => {
  throw new Error("cannot be read");
};

function revoked(target: object = {}): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

class Bare {
  toJSON() {
    throws();
  }
}

test.each<[what: string, thrown: unknown, arrives: unknown]>([
  ["toJSON() beside a field", { status: 404, toJSON: throws }, { status: 404 }],
  ["toJSON() alone", { toJSON: throws }, '{"toJSON":"[function]"}'],
  ["toJSON() of a class without fields", new Bare(), "[object Bare]"],
  [
    "a getter toJSON",
    Object.defineProperty({}, "toJSON", { get: throws, enumerable: true }),
    '{"toJSON":"[cannot be read]"}',
  ],
  [
    "a getter beside a function",
    Object.defineProperty({ retry() {} }, "body", { get: throws, enumerable: true }),
    '{"retry":"[function]","body":"[cannot be read]"}',
  ],
  [
    "a getter Symbol.toStringTag",
    Object.defineProperty({ status: 404 }, Symbol.toStringTag, { get: throws }),
    { status: 404 },
  ],
  ["Symbol.toPrimitive", { status: 404, [Symbol.toPrimitive]: throws }, { status: 404 }],
  [
    "Symbol.toPrimitive beside a function",
    { retry() {}, [Symbol.toPrimitive]: throws },
    '{"retry":"[function]"}',
  ],
  ["toString()", { retry() {}, toString: throws }, '{"retry":"[function]","toString":"[function]"}'],
  ["toString() of a function", Object.assign(() => {}, { toString: throws }), "a value that cannot be read"],
  ["a revoked proxy", revoked(), "a value that cannot be read"],
  ["a revoked proxy among fields", { status: 404, response: revoked() }, { status: 404 }],
  [
    "revoked proxies in a map",
    new Map<unknown, unknown>([["a", 1], ["b", revoked()], [revoked(), 2]]),
    new Map([["a", 1]]),
  ],
  ["revoked proxies in a set", new Set([1, revoked()]), new Set([1])],
  ["the prototype of a proxy", new Proxy({ status: 404 }, { getPrototypeOf: throws }), { status: 404 }],
])("of a value of which a part throws, the rest arrives: %s", (_, thrown, arrives) => {
  expect(cross(thrown)).toEqual(arrives);
});

test.each<[what: string, error: Error, arrives: object]>([
  ["name", Object.defineProperty(new TypeError("m"), "name", { get: throws }), {
    name: "TypeError",
    message: "m",
  }],
  ["name, which is a revoked proxy", Object.assign(new TypeError("m"), { name: revoked() }), {
    name: "TypeError",
    message: "m",
  }],
  ["message", Object.defineProperty(Object.assign(new Error(), { code: 5 }), "message", { get: throws }), {
    message: "",
    code: 5,
  }],
  ["the text of message", Object.assign(new Error(), { message: { toString: throws, code: 5 } }), {
    message: '{"toString":"[function]","code":5}',
  }],
  ["stack", Object.defineProperty(Object.assign(new Error("m"), { code: 5 }), "stack", { get: throws }), {
    message: "m",
    code: 5,
    stack: "Error: m",
  }],
  ["cause", Object.defineProperty(Object.assign(new Error("m"), { code: 5 }), "cause", { get: throws }), {
    message: "m",
    code: 5,
  }],
  ["toJSON() of a field", Object.assign(new Error("m"), { response: { status: 429, toJSON: throws } }), {
    response: { status: 429 },
  }],
  ["the keys of a proxy", new Proxy(new RangeError("m"), { ownKeys: throws }), {
    name: "RangeError",
    message: "m",
  }],
  ["errors", Object.defineProperty(new AggregateError([], "m"), "errors", { get: throws }), {
    message: "m",
    errors: [],
  }],
  ["errors, which is a revoked proxy", Object.assign(new AggregateError([], "m"), { errors: revoked([]) }), {
    message: "m",
    errors: [],
  }],
  [
    "an element of errors",
    Object.assign(new AggregateError([], "m"), { errors: Object.defineProperty([0, 1], 0, { get: throws }) }),
    { errors: [undefined, 1] },
  ],
])("of an error of which a part throws, the rest arrives: %s", (_, error, arrives) => {
  const back = cross(error);
  expect(back).toBeInstanceOf(Error);
  expect(back).toMatchObject(arrives);
});

test("a field whose getter throws is left out, and not undefined", () => {
  const error = Object.defineProperty(new Error("m"), "body", { get: throws, enumerable: true });
  expect(cross(error)).not.toHaveProperty("body");
});

test("a toJSON() that returns an error stands for it", () => {
  const back = cross({ toJSON: () => new TypeError("inside") });
  expect(back).toBeInstanceOf(TypeError);
  expect(back).toMatchObject({ message: "inside" });
  expect(cross(Object.assign(new Error("m"), { inner: { toJSON: () => new TypeError("inside") } })))
    .toMatchObject({ inner: { name: "TypeError", message: "inside" } });
});

test("a toJSON() that returns what has such a toJSON() takes nothing from the other fields", () => {
  const endless = (): object => ({ toJSON: endless });
  expect(cross({ endless: endless(), never: { toJSON: () => undefined }, after: { status: 404 } }))
    .toMatchObject({ after: { status: 404 } });
});

test("the errors of an AggregateError may be an array of holes of any length", () => {
  const errors: unknown[] = [];
  errors[4_000_000_000] = new RangeError("last");
  const back = cross(Object.assign(new AggregateError([], "m"), { errors })) as AggregateError;
  expect(back.errors).toHaveLength(1);
  expect(back.errors[0]).toMatchObject({ name: "RangeError", message: "last" });
});

test("plain data that claims to be of a class of the Web keeps its fields", () => {
  for (const tag of ["Response", "Headers", "Event"]) {
    expect(cross({ code: 7, [Symbol.toStringTag]: tag })).toEqual({ code: 7 });
  }
  class Busy extends Response {
    retries = 3;
  }
  expect(cross(new Busy(null, { status: 503 }))).toMatchObject({ status: 503, retries: 3 });
});

test("what has nothing to write arrives as the name of its class", () => {
  expect([cross(Promise.resolve()), cross(new WeakMap())]).toEqual(["[object Promise]", "[object WeakMap]"]);
});
