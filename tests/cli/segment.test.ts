/** Journal segments: entries are read as they were written, and a changed row is refused. */
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { Segment, SegmentBuilder, type SegmentRow } from "../../lib/cli/journal/rows/segment.ts";
import { segmentInsert } from "../../lib/cli/journal/rows/segment_rows.ts";
import { TABLES } from "../../lib/cli/journal/schema.ts";
import { EarlierOutcomes } from "../../lib/cli/journal/earlier_outcomes.ts";
import { KEY_WORDS, OCCURRENCE } from "../../lib/cli/journal/keys/input_key.ts";
import { RunTimes } from "../../lib/cli/journal/status/run_times.ts";
import { Lines } from "../../lib/wire/lines.ts";
import { hashText } from "../../lib/wire/sha256.ts";

const RESULTS = ["", "\ufeff1", "a\0b", "a\nb", "é", "\u{1f600}", "", '{"n":1}', ""];

function rowOf(results: string[]): SegmentRow {
  const builder = new SegmentBuilder();
  const keys = new Uint32Array(KEY_WORDS);
  results.forEach((result, index) => {
    keys.set(hashText(`line ${index}`));
    keys[OCCURRENCE] = index + 1;
    builder.add({ keys, at: 0, line: 2 ** 40 + index, attempts: 1 + index, ms: index / 8, result });
  });
  return copy(builder.take(1_234));
}

const copy = (row: SegmentRow) => ({ ...row, entries: row.entries.slice(), results: row.results.slice() });

test("a segment returns the entries that were added, whatever text the results are", () => {
  const segment = new Segment(rowOf(RESULTS));
  expect(segment).toMatchObject({ at: 1_234, count: RESULTS.length });
  for (const [index, result] of RESULTS.entries()) {
    const read = segment.read(index);
    expect(read).toMatchObject({ line: 2 ** 40 + index, attempts: 1 + index, ms: index / 8, result });
    expect([...read.keys]).toEqual([...hashText(`line ${index}`), index + 1]);
  }
});

test("results that were added as lines are read as those that were added alone, in the order of both", () => {
  const texts = ["", "\ufeff1", "é", "\u{1f600}", "", '{"n":1}'];
  const count = texts.length;
  const keys = new Uint32Array((2 * count + 2) * KEY_WORDS);
  for (let index = 0; index < 2 * count + 2; index++) {
    keys.set([...hashText(`${index}`), 1], index * KEY_WORDS);
  }
  const builder = new SegmentBuilder();
  const addAlone = (index: number, result: string) =>
    builder.add({ keys, at: index * KEY_WORDS, line: index, attempts: 1, ms: index / 8, result });
  const addLines = (first: number) =>
    builder.addSeveral({
      keys,
      at: first * KEY_WORDS,
      results: new Lines(new TextEncoder().encode(`before\n${texts.join("\n")}\nafter\n`), count + 2).slice(
        1,
        -1 + count + 2,
      ),
      lineOf: (n) => first + n,
      msOf: (n) => (first + n) / 8,
    });
  addAlone(0, "a\nb");
  addLines(1);
  addAlone(count + 1, "alone");
  addLines(count + 2);
  const segment = new Segment(copy(builder.take(1)));
  const expected = ["a\nb", ...texts, "alone", ...texts];
  expect(segment.count).toBe(expected.length);
  for (const [index, result] of expected.entries()) {
    const read = segment.read(index);
    expect(read).toMatchObject({ line: index, attempts: 1, ms: index / 8, result });
    expect([...read.keys]).toEqual([...hashText(`${index}`), 1]);
  }
});

test("a segment that was changed, in any part, is malformed", () => {
  const row = rowOf(RESULTS);
  const changed: Record<string, unknown>[] = [
    { count: RESULTS.length - 1 },
    { entries: row.entries.subarray(60) },
    { results: row.results.subarray(1) },
    { entries: row.entries.map((byte, at) => at === 100 ? byte ^ 1 : byte) },
    { results: row.results.map((byte, at) => at === 5 ? byte ^ 1 : byte) },
    { results: "text" },
    { at: null },
  ];
  for (const change of changed) expect(() => new Segment({ ...row, ...change })).toThrow(/^malformed/);
});

test("outcomes are found in any order; those whose input is missing are removed from their segment", () => {
  const db = new DatabaseSync(":memory:");
  db.exec(TABLES);
  const insert = segmentInsert(db);
  const keys = new Uint32Array(9);
  const builder = new SegmentBuilder();
  for (let from = 0; from < 5_000; from += 1_000) {
    for (let n = from; n < from + 1_000; n++) {
      keys.set(hashText(String(n)));
      keys[8] = 1;
      builder.add({ keys, at: 0, line: n + 1, attempts: 1, ms: 1, result: `result ${n}` });
    }
    insert(builder.take(from));
  }
  const find = (earlier: EarlierOutcomes, n: number, occurrence = 1) =>
    earlier.find({ hash: hashText(String(n)), occurrence, index: n })?.value;
  const first = new EarlierOutcomes(db);
  // Every seventh, backwards and by segments in turn; and none of the third thousand.
  for (let n = 4_999; n >= 0; n--) {
    const other = (n * 1_237) % 5_000;
    if (other % 7 === 0 && !(other >= 2_000 && other < 3_000)) {
      expect(find(first, other)).toBe(`result ${other}`);
    }
  }
  expect(find(first, 5_000)).toBe(undefined);
  expect(find(first, 7, 2)).toBe(undefined);
  first.removeUnclaimed();
  expect(db.prepare("SELECT count(*) AS segments, sum(count) AS outcomes FROM segments").get()).toEqual({
    segments: 4,
    outcomes: 572,
  });
  const second = new EarlierOutcomes(db);
  for (let n = 0; n < 5_000; n++) {
    const stays = n % 7 === 0 && !(n >= 2_000 && n < 3_000);
    expect(find(second, n)).toBe(stays ? `result ${n}` : undefined);
  }
});

test("the times of a run: quantiles, the slowest, and how many a second", () => {
  const times = new RunTimes();
  expect(times).toMatchObject({ count: 0, slowest: [] });
  expect(times.quantiles()).toBe(null);
  expect(times.rate()).toBe(0);
  for (let n = 1; n <= 2_000; n++) times.add({ line: n, ms: (n * 7) % 2_000, at: 100_000 + n });
  times.add({ line: 5_000, ms: 1, at: 1_000 });
  expect(times.quantiles()).toEqual({ p50: 999, p90: 1_799, p99: 1_979, max: 1_999 });
  expect(times.slowest.map(({ ms }) => ms)).toEqual([1_999, 1_998, 1_997, 1_996, 1_995]);
  expect(times.rate()).toBe(1_000.5);
});
