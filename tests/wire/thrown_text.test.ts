/** The text of a thrown value that is no error. */
import { expect, test } from "vitest";
import { fromErrorData, toErrorData } from "../../lib/wire/error_data.ts";
import { thrownText } from "../../lib/wire/thrown_text.ts";

const circle: Record<string, unknown> = { a: 1 };
circle.self = circle;
circle.list = [circle, { back: circle }];
const map = new Map<string, unknown>([["a", 1]]);
map.set("map", map);
const shared = { z: 1 };

test.each<[value: unknown, text: string]>([
  [{ code: 42, why: ["x"] }, '{"code":42,"why":["x"]}'],
  [circle, '{"a":1,"self":"[circular]","list":["[circular]",{"back":"[circular]"}]}'],
  [map, '[["a",1],["map","[circular]"]]'],
  [new Set([1]), "[1]"],
  [{ a: shared, b: shared }, '{"a":{"z":1},"b":{"z":1}}'],
  [{ n: 5n, f() {}, s: Symbol("q") }, '{"n":"5n","f":"[function]","s":"Symbol(q)"}'],
  [{ cause: new RangeError("no") }, '{"cause":{"name":"RangeError","message":"no"}}'],
  [{ toString: () => "its own words" }, "its own words"],
  [new URL("http://a/"), "http://a/"],
  [Symbol("q"), "Symbol(q)"],
])("%o", (value, text) => {
  expect(thrownText(value)).toBe(text);
});

test("what is thrown and has nothing that can be cloned crosses as such a text", () => {
  expect(fromErrorData(toErrorData({ again() {} }))).toBe('{"again":"[function]"}');
});
