import { expect, test } from "vitest";
import { contentOf, Distinct } from "../../../lib/wire/distinct.ts";

const cyclic = (): unknown[] => {
  const list: unknown[] = [1];
  list.push(list);
  return list;
};

test.each<[unknown, unknown]>([
  [{ a: 1, b: [2, { c: null }] }, { b: [2, { c: null }], a: 1 }],
  [-0, 0],
  [
    new Map<unknown, unknown>([[1, "x"], [{ k: 1 }, 2]]),
    new Map<unknown, unknown>([[{ k: 1 }, 2], [1, "x"]]),
  ],
  [new Set([1, "1"]), new Set(["1", 1])],
  [new Date(5), new Date(5)],
  [/a/g, /a/g],
  [new Uint8Array([1, 2]), new Uint8Array([0, 1, 2]).subarray(1)],
  [10n, 10n],
  [cyclic(), cyclic()],
  [NaN, NaN],
  [undefined, undefined],
])("pair %#: equal values have the same content", (one, other) => {
  expect(contentOf(one)).toBe(contentOf(other));
});

test.each<[unknown, unknown]>([
  [1, "1"],
  [null, "null"],
  [undefined, null],
  [10, 10n],
  [[1, [2]], [[1], 2]],
  [{ a: undefined }, {}],
  [{ "a,b": 1 }, { a: "b" }],
  ['a","b', ["a", "b"]],
  [new Date(5), new Date(6)],
  [new Uint8Array([1]), new Int8Array([1])],
  [new Set([1]), [1]],
  [new Map([[1, 2]]), new Set([[1, 2]])],
  [/a/, /a/g],
  [[1, , 3], [1, undefined, 3]],
  [Object.assign([1], { title: "a" }), [1]],
  [Object.assign(new Error("m"), { status: 404 }), Object.assign(new Error("m"), { status: 500 })],
  [() => 1, () => 1],
])("pair %#: other values have different contents", (one, other) => {
  expect(contentOf(one)).not.toBe(contentOf(other));
});

test("a value of a thousand levels, four thousand million holes or many bytes has a content", () => {
  let deep: unknown = 1;
  for (let level = 0; level < 1_000; level++) deep = new Map([["k", deep]]);
  expect(contentOf(deep)).toHaveLength(9_001);
  const holes: unknown[] = [];
  holes[4_000_000_000] = "end";
  expect(contentOf(holes)).toBe('Array(4000000001){"4000000000":"end"}');
  expect(contentOf(new Uint8Array(1_000_000)).length).toBeLessThan(1_000_100);
});

test("a set has each content once", () => {
  const known = new Distinct();
  const added = Array.from({ length: 10_000 }, (_, n) => known.add(String(n % 5_000)));
  expect(added.filter(Boolean)).toHaveLength(5_000);
  expect(added.slice(0, 5_000).every(Boolean)).toBe(true);
});
