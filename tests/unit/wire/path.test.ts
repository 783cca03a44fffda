import { expect, test } from "vitest";
import { pathTo, putAt, stepFrom } from "../../../lib/wire/path.ts";

test("a chain of steps is the path from the outside inwards", () => {
  const last = stepFrom(stepFrom(stepFrom(undefined, "items"), 3), "cause");
  expect([last.depth, pathTo(last), pathTo(undefined)]).toEqual([3, ["items", 3, "cause"], []]);
});

test("a value is put into objects, arrays and entries of maps", () => {
  const root = { items: [{ cause: null }], map: new Map<string, unknown>([["a", 1], ["b", { c: 2 }]]) };
  putAt(root, ["items", 0, "cause"], "x");
  putAt(root, ["map", 0], "y");
  putAt(root, ["map", 1, "c"], "z");
  expect(root).toEqual({
    items: [{ cause: "x" }],
    map: new Map<string, unknown>([["a", "y"], ["b", { c: "z" }]]),
  });
});

test.each([
  ["a key that is not there", ["gone"]],
  ["a step beyond a text", ["text", "length", "x"]],
  ["an inherited key", ["toString"]],
  ["the prototype", ["__proto__", "polluted"]],
])("nothing is put at %s", (_, path) => {
  const root = { text: "t" };
  putAt(root, path, "x");
  expect([root, ({} as { polluted?: unknown }).polluted]).toEqual([{ text: "t" }, undefined]);
});
