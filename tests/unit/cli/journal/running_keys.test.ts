/** The keys of inputs that run. */
import { expect, test } from "vitest";
import { KEY_WORDS } from "../../../../lib/cli/journal/keys/input_key.ts";
import { RunningKeys } from "../../../../lib/cli/journal/keys/running_keys.ts";

/** The keys of inputs from `first` on: all words of a key are the input's index. */
const keysOf = (first: number, count: number) =>
  Uint32Array.from({ length: count * KEY_WORDS }, (_, at) => first + Math.floor(at / KEY_WORDS));

const word = ({ words, start }: { words: Uint32Array; start: number }) => words[start];

test("each input has its own key, in whatever order inputs settle", () => {
  const keys = new RunningKeys();
  for (let first = 0; first < 1_000; first += 100) keys.add(first, keysOf(first, 100), 100);
  const order = Array.from({ length: 1_000 }, (_, n) => (n * 387) % 1_000);
  for (const index of order) {
    expect(word(keys.find(index))).toBe(index);
    expect(word(keys.take(index))).toBe(index);
  }
});

test("a block of which only some inputs run is forgotten with the last of them", () => {
  const keys = new RunningKeys();
  keys.add(0, keysOf(0, 10), 0);
  keys.add(10, keysOf(10, 10), 2);
  keys.add(20, keysOf(20, 10), 10);
  for (const index of [12, 25, 19, 20]) expect(word(keys.take(index))).toBe(index);
  expect(keys.size).toBe(1);
});
