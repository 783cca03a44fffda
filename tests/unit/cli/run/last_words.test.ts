/** The lines that say what to do after a run. */
import { expect, test } from "vitest";
import { LastWords } from "../../../../lib/cli/run/last_words.ts";

function wordsOf(init: { journal?: { path: string; isInPlace(): boolean }; retryFailed?: boolean }) {
  const lines: string[] = [];
  const options = { input: ["in.jsonl"] };
  const words = new LastWords({
    journal: undefined,
    retryFailed: false,
    ...init,
    options,
    say: (line) => lines.push(line),
  });
  return { words, lines };
}

const journal = { path: "a b.journal", isInPlace: () => true };

test("a run without a journal has no command to go on", () => {
  const { words, lines } = wordsOf({});
  words.goOn();
  words.retry();
  expect(lines).toEqual([]);
  expect(words.command).toBeUndefined();
});

test("a run with a journal says how to go on, and how to run failed inputs again", () => {
  const { words, lines } = wordsOf({ journal });
  words.goOn();
  words.retry();
  expect(lines).toEqual([
    "polyloop: to go on: polyloop resume 'a b.journal'",
    "polyloop: to run the failed inputs again: polyloop resume 'a b.journal' --retry-failed",
  ]);
});

test("a run with --retry-failed keeps the flag, so that no failed input is left out", () => {
  expect(wordsOf({ journal, retryFailed: true }).words.command).toMatch(/--retry-failed$/);
});

test("a journal that was deleted is not named", () => {
  const { words, lines } = wordsOf({ journal: { ...journal, isInPlace: () => false } });
  words.goOn();
  words.retry();
  expect(lines).toEqual([]);
});

test.each([
  [
    { kept: 1, forgotten: 0 },
    "kept 1 outcome whose input is missing in a b.journal (polyloop resume 'a b.journal' --forget removes it)",
  ],
  [{ kept: 0, forgotten: 2 }, "removed 2 outcomes whose inputs are missing from a b.journal"],
])("outcomes without an input: %j", (unclaimed, line) => {
  const { words, lines } = wordsOf({ journal });
  words.unclaimed(unclaimed);
  expect(lines).toEqual([`polyloop: ${line}`]);
});

test("of several errors in teardown() one is shown, with the number of workers", () => {
  const { words, lines } = wordsOf({});
  const text = { line: (error: unknown) => String(error) };
  words.teardown([], "t.ts", text);
  words.teardown([new Error("a"), new Error("b")], "t.ts", text);
  expect(lines).toEqual([
    "polyloop: teardown() of t.ts failed on 2 workers: Error: a (results and exit code stay the same)",
  ]);
});
