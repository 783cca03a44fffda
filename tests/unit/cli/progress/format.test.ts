/** Counts, sizes, times, rates and percentages. */
import { expect, test } from "vitest";
import {
  firstLine,
  formatAmount,
  formatBytes,
  formatCount,
  formatPercent,
  formatRate,
  formatRatio,
  formatTaskTime,
  formatTime,
  plural,
  retriesText,
} from "../../../../lib/cli/progress/format.ts";

test("counts have separators, and nouns their number", () => {
  expect([0, 999, 1_000, 1_234_567].map(formatCount)).toEqual(["0", "999", "1,000", "1,234,567"]);
  expect([plural(1, "input"), plural(1_200, "input"), retriesText(1), retriesText(2)])
    .toEqual(["1 input", "1,200 inputs", "1 retry", "2 retries"]);
});

test("times have the unit in which they are short", () => {
  expect([45, 999.4, 999.6, 9_949, 9_951, 61_000, 125_000, 12_000_000].map(formatTime))
    .toEqual(["45 ms", "999 ms", "1.0 s", "9.9 s", "10 s", "61 s", "2 min 5 s", "3 h 20 min"]);
  expect([0.012, 3.44, 12].map(formatTaskTime)).toEqual(["12 µs", "3.4 ms", "12 ms"]);
});

test("sizes, rates, ratios and percentages", () => {
  expect([1, 512, 12_400, 12_400_000].map(formatBytes)).toEqual([
    "1 byte",
    "512 bytes",
    "12.4 kB",
    "12.4 MB",
  ]);
  expect([0, 300, 4.2, 0.2, 0.001].map(formatRate)).toEqual(["0/s", "300/s", "4.2/s", "12.0/min", "3.6/h"]);
  expect([19.14, 1_234].map(formatRatio)).toEqual(["19.1×", "1,234×"]);
  expect([formatPercent(0.999), formatPercent(0.999, "down"), formatPercent(1, "down")])
    .toEqual(["100%", "99%", "100%"]);
});

test("firstLine() is one line without control characters, cut between graphemes", () => {
  expect(firstLine("a\x1b[31mb\nc")).toBe("a [31mb");
  expect(firstLine("👨‍👩‍👧👨‍👩‍👧", 10)).toBe("👨‍👩‍👧…");
});

test("an amount has all digits that were counted, and no noise", () => {
  const amounts = [
    0,
    -0.5,
    0.0031,
    812_345,
    -1_234,
    9_007_199_254_740_991,
    15.503112379999988,
    1_234_567.25,
    1e-7,
    1e300,
  ];
  expect(amounts.map((amount) => formatAmount(amount))).toEqual([
    "0",
    "-0.5",
    "0.0031",
    "812,345",
    "-1,234",
    "9,007,199,254,740,991",
    "15.50311238",
    "1,234,567.25",
    "1e-7",
    "1e+300",
  ]);
  expect([15.503112379999988, 1_234_567.25].map((amount) => formatAmount(amount, 6))).toEqual([
    "15.5031",
    "1,234,567",
  ]);
});
