import { expect, test } from "vitest";
import { deserialize, serialize } from "../../../lib/wire/serialize.ts";

test("values arrive as they were", () => {
  const shared = { a: 1 };
  const circle: unknown[] = [shared, shared];
  circle.push(circle);
  const sent = [1n, new Date(5), new Map([[1, new Set(["x"])]]), /a/g, undefined, NaN, -0, "\ud800", circle];
  const came = deserialize(serialize(sent)) as unknown[];
  expect(came.slice(0, 8)).toEqual(sent.slice(0, 8));
  const back = came[8] as unknown[];
  expect([back[0] === back[1], back[2] === back]).toEqual([true, true]);
});

test("a typed array has a buffer of its own", () => {
  const [, view] = deserialize(serialize(["x".repeat(100), new Uint8Array([1, 2])])) as [string, Uint8Array];
  expect([view.buffer.byteLength, ...view]).toEqual([2, 1, 2]);
});

test("what cannot be cloned throws", () => {
  expect(() => serialize([() => 1])).toThrow();
  expect(() => serialize(new SharedArrayBuffer(8))).toThrow();
});
