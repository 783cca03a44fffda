import { expect, test } from "vitest";
import { areSums, Sums } from "../../../../lib/executor/basics/sums.ts";

test("sums are the same whatever the order in which tasks count", () => {
  const counted: [string, number][] = [["usd", 0.1], ["tokens", 5], ["usd", 0.2], ["__proto__", 1], ["7", 1]];
  const [one, other] = [new Sums(), new Sums()];
  for (const [name, amount] of counted) one.add(name, amount);
  for (const [name, amount] of counted.reverse()) other.add(name, amount);
  expect(Object.entries(one.toRecord())).toEqual([["7", 1], ["__proto__", 1], ["tokens", 5], ["usd", 0.3]]);
  expect(JSON.stringify(other.toRecord())).toBe(JSON.stringify(one.toRecord()));
  other.addAll(one.toRecord());
  expect(other.toRecord()).toMatchObject({ tokens: 10, usd: 0.6 });
});

test("sums from elsewhere are numbers by name", () => {
  expect([{}, { a: 1, b: -0.5 }, JSON.parse('{"__proto__":1}')].every(areSums)).toBe(true);
  expect([null, 5, [], [1], { a: "1" }, { a: null }, { a: Infinity }, { "": 1 }].some(areSums)).toBe(false);
});
