import { expect, test } from "vitest";
import { copyAlone, usesLittle, ViewParts } from "../../../lib/wire/view_parts.ts";

const large = new Float64Array(10_000).map((_, at) => at).buffer;

test("a small view of a large buffer uses little of it; most of a buffer, or a small one, crosses whole", () => {
  expect(usesLittle(new Uint8Array(large, 8, 100))).toBe(true);
  expect(usesLittle(new Uint8Array(large, 8))).toBe(false);
  expect(usesLittle(new Uint8Array(new ArrayBuffer(4_000), 0, 1))).toBe(false);
});

test("a view that is cut alone has the same elements and class", () => {
  const cut = copyAlone(new Float64Array(large, 800, 3)) as Float64Array;
  expect([cut.constructor, cut.buffer.byteLength, ...cut]).toEqual([Float64Array, 24, 100, 101, 102]);
  expect(copyAlone(new DataView(large, 16, 8)).byteLength).toBe(8);
});

test("views of one buffer still share theirs, at their places in it", () => {
  const parts = new ViewParts();
  const views = [new Uint8Array(large, 803, 10), new Float64Array(large, 808, 2)];
  for (const view of views) parts.add(view);
  expect(parts.isAnyLittle).toBe(true);
  const [bytes, floats] = views.map((view) => parts.cut(view)) as [Uint8Array, Float64Array];
  expect(bytes.buffer).toBe(floats.buffer);
  expect(floats.buffer.byteLength).toBeLessThan(40);
  expect([[...bytes], [...floats]]).toEqual([[...views[0]], [...views[1]]]);
});

test("a buffer that is itself in the value crosses whole", () => {
  const parts = new ViewParts();
  const view = new Uint8Array(large, 8, 8);
  parts.add(view);
  parts.keep(large);
  expect([parts.isAnyLittle, parts.cut(view)]).toEqual([false, view]);
});
