import { expect, test } from "vitest";
import { inHeaderOrder, orderToKeep } from "../../../lib/wire/key_order.ts";

test("only a header that objects would put in another order is kept", () => {
  expect(orderToKeep(undefined)).toBeUndefined();
  expect(orderToKeep(["a", "b"])).toBeUndefined();
  expect(orderToKeep(["1", "2", "a"])).toBeUndefined();
  expect(orderToKeep(["a", "1"])).toEqual(["a", "1"]);
  expect(orderToKeep(["2", "1"])).toEqual(["2", "1"]);
});

test("a column that is a whole number stands behind the column before it", () => {
  expect(inHeaderOrder(["1", "2", "a", "b"], ["2", "a", "1", "b"])).toEqual(["2", "a", "1", "b"]);
});

test("other keys stay in the task's order, and columns that are not there are left out", () => {
  expect(inHeaderOrder(["7", "new", "b", "a"], ["a", "7", "b", "9"])).toEqual(["new", "b", "a", "7"]);
  const keys = ["x", "y"];
  expect(inHeaderOrder(keys, ["a", "1"])).toBe(keys);
});

test("01 and 4e3 are no whole numbers to an object", () => {
  expect(orderToKeep(["a", "01", "4e3"])).toBeUndefined();
});
