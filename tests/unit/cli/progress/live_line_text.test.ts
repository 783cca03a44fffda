/** The live line's text. */
import { expect, test } from "vitest";
import { liveLineText, oldestText } from "../../../../lib/cli/progress/live_line_text.ts";
import { FIGURES as figures } from "../../../cli/figures.ts";

test("with enough columns it has all parts, and a bar of the share that is done", () => {
  const text = liveLineText(figures, 140);
  expect(text).toContain(
    "40%  1,200/3,000  12 failed  3 retries  300/s  32 in flight  slots 97%  6.0 s left",
  );
  expect(text.match(/█/g)).toHaveLength(Math.floor(24 * 0.4));
});

test("it is narrower than the terminal, and its parts leave in the order of their rank", () => {
  let parts = 8;
  for (let columns = 140; columns > 0; columns--) {
    const text = liveLineText(figures, columns);
    expect(text.length).toBeLessThan(columns);
    const now = text.replace(/^[█░]* /, "").split(/ {2,}/).filter(Boolean).length;
    expect(now).toBeLessThanOrEqual(parts);
    parts = now;
  }
  expect(liveLineText(figures, 14).trim()).toBe("1,200/3,000");
  expect(liveLineText(figures, 5)).toBe("");
});

test("sums have what room is left, the first one first", () => {
  const counts = { tokens: 812_345, usd: 15.503112379999988, "\x1b[31m": 1, "\na, b": 2 };
  const counting = { ...figures, sums: { counts, spent: { tokens: 900_000 } } };
  expect(liveLineText(counting, 200)).toContain(
    `3 retries  tokens 812,345  usd 15.5031   [31m 1  "\\na, b" 2  300/s`,
  );
  expect(liveLineText(counting, 75)).toContain("12 failed  tokens 812,345  300/s  6.0 s left");
  expect(liveLineText(counting, 55)).not.toContain("tokens");
});

test("an estimated total has a tilde, and an unknown one the bytes that were read", () => {
  expect(liveLineText({ ...figures, totalIsExact: false }, 140)).toContain("1,200/~3,000");
  const unknown = { ...figures, total: undefined, share: undefined, leftMs: undefined };
  expect(liveLineText(unknown, 140)).toMatch(/^1,200 done {2}10\.0 kB read {2}.* {2}4\.0 s$/);
});

test("the oldest input is named, and that no timeout ends it", () => {
  expect(oldestText({ line: 6, ms: 45_000, ends: false })).toBe("line 6 for 45 s, no --timeout");
  expect(oldestText({ line: 6_000, ms: 45_000, ends: true })).toBe("line 6,000 for 45 s");
});
