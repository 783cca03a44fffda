import { expect, test } from "vitest";
import { countNewlines, NewlineFinder } from "../../../lib/wire/newlines.ts";

/** Bytes at a place of their memory that is no multiple of four. */
function bytesAt(offset: number, bytes: number[]): Uint8Array {
  const memory = new Uint8Array(offset + bytes.length + 3);
  memory.set(bytes, offset);
  return memory.subarray(offset, offset + bytes.length);
}

// Bytes that differ from a newline in one bit or by one, and values with the highest bit.
const NEAR = [9, 10, 11, 0x8a, 0, 0xff, 10, 0x0b, 0x2a, 10];

test("newlines are found at each place of a word, wherever the bytes begin and end in their memory", () => {
  const finder = new NewlineFinder();
  for (let offset = 0; offset < 4; offset++) {
    for (let length = 0; length < 40; length++) {
      const bytes = Array.from({ length }, (_, at) => NEAR[(at * 7 + length + offset) % NEAR.length]);
      const expected = bytes.flatMap((byte, at) => byte === 10 ? [at] : []);
      expect([...finder.find(bytesAt(offset, bytes))]).toEqual(expected);
      expect(countNewlines(bytesAt(offset, bytes))).toBe(expected.length);
    }
  }
});

test("a megabyte of newlines is found, after a block with few", () => {
  const finder = new NewlineFinder();
  expect([...finder.find(new Uint8Array([1, 10]))]).toEqual([1]);
  const found = finder.find(new Uint8Array(1_000_001).fill(10));
  expect(found.length).toBe(1_000_001);
  expect(found.every((place, at) => place === at)).toBe(true);
});
