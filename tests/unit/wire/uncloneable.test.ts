import { expect, test } from "vitest";
import { findUncloneable } from "../../../lib/wire/uncloneable.ts";

const cause = new Error("could not be cloned.");
const proxy = new Proxy({ f: () => 1 }, {});

test.each([
  ["in an object", { items: [1, proxy] }, ".items[1].f"],
  ["in a Map", { map: new Map([["k", proxy]]) }, ".map.values().f"],
  ["in a Set", new Set([proxy]), ".values().f"],
  ["the value itself", () => 1, ""],
])("the place of what cannot be cloned: %s", (_, value, place) => {
  const { place: found, message } = findUncloneable(value, undefined, cause);
  // A function stands in a proxy, of which nobody knows whether it is to blame or what is in it.
  expect([place, place.replace(/\.f$/, "")]).toContain(found);
  expect(message).toContain("cannot be cloned (could not be cloned)");
});

test("what moves is not to blame", () => {
  const { port1 } = new MessageChannel();
  const { place } = findUncloneable({ port: port1, proxy }, [port1], cause);
  expect(place).toContain(".proxy");
  port1.close();
});
