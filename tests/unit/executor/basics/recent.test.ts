/** A map that forgets its oldest entries. */
import { expect, test } from "vitest";
import { Recent } from "../../../../lib/executor/basics/recent.ts";

test("has the last entries, and forgets those before them", () => {
  const recent = new Recent<number, string>(3);
  for (let n = 0; n < 100; n++) {
    recent.set(n, `${n}`);
    for (let known = Math.max(0, n - 2); known <= n; known++) expect(recent.get(known)).toBe(`${known}`);
    expect(recent.get(n - 6)).toBe(undefined);
  }
});

test("an entry that is set again is the youngest", () => {
  const recent = new Recent<number, string>(2);
  for (const [key, value] of [[1, "a"], [2, "b"], [1, "c"], [3, "d"]] as const) recent.set(key, value);
  expect([recent.get(1), recent.get(3)]).toEqual(["c", "d"]);
});
