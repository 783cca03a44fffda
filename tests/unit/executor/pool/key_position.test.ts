/** Keys and the positions of workers. */
import { expect, test } from "vitest";
import { positionOf } from "../../../../lib/executor/pool/key_position.ts";

test("keys spread over the slots, and each has one", () => {
  const slots = Array.from({ length: 1_000 }, (_, i) => positionOf(`key ${i}`, 7));
  expect(new Set(slots).size).toBe(7);
  expect(positionOf("key 5", 7)).toBe(slots[5]);
  expect(positionOf(5, 7)).toBe(positionOf("5", 7));
});
