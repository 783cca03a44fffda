import type { Stats } from "node:fs";
import { expect, test } from "vitest";
import { isSameFile } from "../../../../lib/cli/basics/paths.ts";

/** The number of a file on NTFS, which JavaScript rounds to 2 ** 53. */
const LARGE = Number(2n ** 53n + 1n);

const stats = (ino: number, birth: number | null, dev = 1) =>
  ({ ino, dev, birthtime: birth === null ? null : new Date(birth) }) as Stats;

test.each([
  ["the same number", stats(7, 1), stats(7, 1), true],
  ["another number", stats(7, 1), stats(8, 1), false],
  ["another device", stats(7, 1), stats(7, 1, 2), false],
  ["a small number, whose time some systems tell differently", stats(7, 1), stats(7, 2), true],
  ["a rounded number", stats(LARGE, 1), stats(LARGE, 1), true],
  ["a rounded number, and another time of creation", stats(LARGE, 1), stats(LARGE, 2), false],
  ["a rounded number, and no time of creation", stats(LARGE, null), stats(LARGE, null), true],
])("of two states with %s, %#", (_, one, other, same) => {
  expect(isSameFile(one, other)).toBe(same);
});
