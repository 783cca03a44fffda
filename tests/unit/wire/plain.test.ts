import { expect, test } from "vitest";
import { isPlain } from "../../../lib/wire/plain.ts";

class Point {
  x = 1;
}

const deep = (levels: number): unknown => levels === 0 ? 1 : [deep(levels - 1)];

test.each([
  ["primitives", [1, "a", null, undefined, true, 1n]],
  ["nested objects and arrays", { a: [{ b: [1] }] }],
  ["a Date, a Map and a Set", [new Date(), new Map([["a", 1]]), new Set([1])]],
  ["an object of a class with fields", new Point()],
  ["a typed array", new Uint8Array(4)],
])("%s surely cross as they are", (_, value) => {
  expect(isPlain(value)).toBe(true);
});

test.each([
  ["a function", [() => 1]],
  ["a symbol", Symbol()],
  ["an error", { e: new Error() }],
  ["a hole", [, 1]],
  ["a URL", [new URL("https://a.b")]],
  ["an object of a class without fields", new (class {})()],
  ["a Map with a field", Object.assign(new Map(), { a: 1 })],
  ["Math", Math],
  ["a part of a large buffer", new Uint8Array(new ArrayBuffer(100_000), 0, 1)],
  ["what is nested deeper than 50 levels", deep(60)],
  ["a getter that throws", {
    get a() {
      throw new Error();
    },
  }],
])("%s has to be looked at closely", (_, value) => {
  expect(isPlain(value)).toBe(false);
});
