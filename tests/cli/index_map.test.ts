/** Values by index: the same as a Map, whatever the order and however long some stay. */
import { expect, test } from "vitest";
import { IndexMap } from "../../lib/cli/run/index_map.ts";
import { randomFrom } from "../../scripts/chaos/random.ts";

test.each([1, 2, 3])("an index map holds what a Map does, seed %i", (seed) => {
  const random = randomFrom(seed);
  const map = new IndexMap<string>();
  const model = new Map<number, string>();
  for (let next = 0; next < 80_000; next++) {
    if (random() < 0.8) {
      map.set(next, `value ${next}`);
      model.set(next, `value ${next}`);
    }
    // Some stay to the end; the others go in about the order they came.
    for (const index of [next - Math.floor(random() * 50), next - 50]) {
      if (index % 10_000 === 0) continue;
      map.delete(index);
      model.delete(index);
    }
    if (next % 7 > 0) continue;
    const some = next - Math.floor(random() * 75_000);
    expect(map.get(some)).toBe(model.get(some));
    expect(map.size).toBe(model.size);
  }
  expect(map.entries()).toEqual([...model].sort(([one], [other]) => one - other));
  map.set(5, "late");
  expect(map.get(5)).toBe("late");
  map.clear();
  expect(map.size).toBe(0);
});
