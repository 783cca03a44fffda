import { describe, expect, test } from "vitest";
import { TaskInputError, TaskNotFoundError } from "../../../lib/errors.ts";
import type { Encoding } from "../../../lib/wire/encoding.ts";
import { takeKey } from "../../../lib/wire/content_key.ts";
import { refusalLine } from "../../../lib/wire/refusal.ts";
import type { TaskContext } from "../../../lib/worker/context.ts";
import { type ModuleExports, resolveTarget, taskNames } from "../../../lib/worker/target.ts";

const context = {} as TaskContext;

function resolve(name: string, exports: ModuleExports, encoding?: Encoding) {
  return resolveTarget({ name, encoding }, { module: "file:///tasks.ts", exports, check: undefined });
}

/** A function that travels as source. */
function inline(source: string) {
  return resolveTarget({ name: "", source }, { module: null, exports: {}, check: undefined }).call;
}

/** What a task that returns its input makes of an input, or of a result, with this encoding. */
function through(encoding: Encoding) {
  const { decode, encode } = resolve("same", { same: (input: unknown) => input }, encoding);
  return { decode: decode!, encode: encode! };
}

describe("an export", () => {
  const exports = {
    work: () => 1,
    setup() {},
    Class: class {},
    later: Promise.resolve(),
    nothing: undefined,
    list: [],
    three: 3,
    api: { get() {}, put() {}, url: "/" },
  };

  test("that is a function is found by its name", () => {
    expect(resolve("work", exports).call).toBe(exports.work);
    expect(taskNames(exports)).toEqual(["work"]);
  });

  test.each([
    ["setup", "called by polyloop itself"],
    ["Class", "a class, not a function"],
    ["later", "a promise, not a function: await it in the module"],
    ["nothing", "undefined, not a function"],
    ["list", "an array, not a function"],
    ["three", "a number, not a function"],
    ["api", "an object, not a function: export its functions (get, put) by their names"],
  ])("%s is no task, and the error says what it is", (name, what) => {
    expect(() => resolve(name, exports)).toThrow(what);
    expect(() => resolve(name, exports)).toThrow(TaskNotFoundError);
  });

  test("that is inherited or missing is none, and the error lists those that there are", () => {
    for (const name of ["toString", "gone"]) expect(() => resolve(name, exports)).toThrow("work");
  });
});

describe("source text", () => {
  test.each([
    ["an arrow function", "(n) => n + 1"],
    ["a function", "function add(n) { return n + 1; }"],
    ["a method", "add(n) { return n + 1; }"],
    ["a function with a comment at its end", "(n) => n + 1 // one more"],
  ])("of %s is called", (_, source) => {
    expect(inline(source)(1, context)).toBe(2);
  });

  test("that is none says so", () => {
    expect(() => inline("not a function")).toThrow(
      /^An inline function must be self-contained source text: /,
    );
  });

  test("sees nothing of this library", () => {
    expect(() => inline("() => resolveTarget")(0, context)).toThrow(ReferenceError);
  });
});

describe("with an encoding", () => {
  test("inputs are JSON, text, or what the caller made of a record", () => {
    const bytes = new TextEncoder().encode('{"a":1}');
    expect(through({ input: "json" }).decode('{"a":1}')).toEqual({ a: 1 });
    expect(through({ input: "json" }).decode(bytes)).toEqual({ a: 1 });
    expect(through({ input: "text" }).decode(bytes)).toBe('{"a":1}');
    expect(through({ input: "record" }).decode('{"a":1}')).toEqual({ a: 1 });
  });

  test("an input that its reader has refused fails with the reader's reason", () => {
    const refused = refusalLine({ message: "The row has 2 values", found: ["a", "b"] });
    expect(() => through({ input: "record" }).decode(refused)).toThrow(
      new TaskInputError("The row has 2 values"),
    );
  });

  test("bytes that are no UTF-8 fail", () => {
    expect(() => through({ input: "text" }).decode(new Uint8Array([0xff]))).toThrow("not valid UTF-8 text");
  });

  test("results are JSON, lines of text, or objects", () => {
    expect([through({ output: "json" }).encode("a"), through({ output: "json" }).encode(undefined)])
      .toEqual(['"a"', "null"]);
    expect(["a", undefined, [1]].map((result) => through({ output: "text" }).encode(result)))
      .toEqual(["a", "", "[1]"]);
    expect(through({ output: "object" }).encode({ a: 1 })).toBe('{"a":1}');
    expect(() => through({ output: "object" }).encode([1])).toThrow("it is [1]. Return an object instead");
    expect(() => through({ output: "text" }).encode("\ud800")).toThrow("half of a surrogate pair");
  });

  test("keys of results are in the order of the columns", () => {
    const { encode } = through({ output: "json", columns: ["name", "2021", "2020"] });
    expect(encode({ 2020: 1, 2021: 2, name: "a" })).toBe('{"name":"a","2021":2,"2020":1}');
  });
});

test("a key stands before the first tab, in text and in bytes", () => {
  expect(takeKey("k\ta\tb")).toEqual({ key: "k", rest: "a\tb" });
  const { key, rest } = takeKey(new TextEncoder().encode("k\ta\tb"));
  expect([key, new TextDecoder().decode(rest as Uint8Array)]).toEqual(["k", "a\tb"]);
});
