import { expect, test } from "vitest";
import { elementKey, elementOf, pathOf, type Place } from "../../../lib/wire/place.ts";

/** The place that is reached by these keys, from the outside inwards. */
function at(...keys: Place["at"][]): Place | undefined {
  return keys.reduce<Place | undefined>((place, key) => ({ in: place, at: key }), undefined);
}

test("a place is written as a program would", () => {
  expect(pathOf(undefined)).toBe("");
  expect(pathOf(at("items", 3, "when"))).toBe(".items[3].when");
  expect(pathOf(at("a b", "1x", "ünï", "$_"))).toBe('["a b"]["1x"].ünï.$_');
  expect(pathOf(at("map", { call: 'get("k")' }, "x"))).toBe('.map.get("k").x');
  expect(pathOf(elementOf(at("set")))).toBe(".set.values()");
});

test("an element's key is a number, the name of a field beside the elements a text", () => {
  expect([elementKey("0"), elementKey("12"), elementKey("extra")]).toEqual([0, 12, "extra"]);
});
