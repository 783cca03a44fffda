import { expect, test } from "vitest";
import { toJson } from "../../../lib/wire/json_text.ts";

class Point {
  x = 1;
}

test.each([
  ["undefined", undefined, "null"],
  ["an object", { a: [1, "b", null, true], c: { d: -0.5 } }, '{"a":[1,"b",null,true],"c":{"d":-0.5}}'],
  ["a key whose value is undefined", { a: undefined, b: 1 }, '{"b":1}'],
  ["a Date", { at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
  ["an object of a class with fields", new Point(), '{"x":1}'],
  ["a toJSON()", { toJSON: () => ({ a: 1 }) }, '{"a":1}'],
  ["an object without a prototype", Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
  ["a wrapped number", [Object(3)], "[3]"],
])("%s is written", (_, value, text) => {
  expect(toJson(value)).toBe(text);
});

const circle: Record<string, unknown> = {};
circle.self = circle;

test.each([
  ["NaN", { items: [1, NaN] }, "result.items[1] is NaN"],
  ["Infinity", -Infinity, "it is -Infinity"],
  ["a BigInt", { "a b": 1n }, 'result["a b"]'],
  ["a function", [() => 1], "result[0] is a function"],
  ["a Map", { map: new Map() }, "result.map is a Map. Return Object.fromEntries(map) instead"],
  ["an Error", new Error("x"), "is an Error"],
  ["an invalid Date", [new Date(NaN)], "result[0] is an invalid Date"],
  ["typed arrays", new Uint8Array(2), "is a Uint8Array"],
  ["an object of a class without fields", new (class Empty {})(), "is an Empty without public fields"],
  ["a circle", circle, "result.self"],
  ["a toJSON() that gives NaN", { toJSON: () => NaN }, "NaN"],
])("%s is refused, with its place", (_, value, words) => {
  expect(() => toJson(value)).toThrow(words);
});

test("a value that is nested too deeply is refused", () => {
  let value: unknown = 1;
  for (let level = 0; level < 100_000; level++) value = [value];
  expect(() => toJson(value)).toThrow("nested too deeply");
});

test("columns put keys that are whole numbers where the header has them", () => {
  expect(toJson({ name: "x", 7: "y", z: 1 }, { columns: ["name", "7"] })).toBe('{"name":"x","7":"y","z":1}');
});

test("an input is called an input, and is to be sent instead", () => {
  expect(() => toJson({ a: NaN }, { of: "input" })).toThrow("input.a is NaN. Send null or a string instead.");
});
