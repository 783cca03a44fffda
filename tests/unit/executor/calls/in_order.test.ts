/** The order of outcomes. */
import { expect, test } from "vitest";
import { InOrder } from "../../../../lib/executor/calls/in_order.ts";
import { randomFrom } from "../../../../scripts/chaos/random.ts";

test.each([1, 2, 3])(
  "outcomes of one or several inputs are written by index, whatever their order is: seed %i",
  async (seed) => {
    const random = randomFrom(seed);
    const pieces: { index: number; count: number; isNone: boolean }[] = [];
    for (let index = 0; index < 20_000;) {
      const count = random() < 0.5 ? 1 : 1 + Math.floor(random() * 20);
      pieces.push({ index, count, isNone: count === 1 && random() < 0.1 });
      index += count;
    }
    // One piece waits until nearly all others are there.
    const order = pieces.map((piece, at) => ({ piece, rank: at === 7 ? 900 : at + random() * 300 }))
      .sort((one, other) => one.rank - other.rank).map(({ piece }) => piece);
    const written: number[] = [];
    const inOrder = new InOrder<number>(true, (index) => void written.push(index));
    for (const { index, count, isNone } of order) {
      if (isNone) inOrder.add(index, undefined);
      else if (count === 1) inOrder.add(index, index + 1);
      else inOrder.add(index, index + 1, count);
    }
    await inOrder.finish();
    expect(written).toEqual(pieces.filter(({ isNone }) => !isNone).map(({ index }) => index + 1));
  },
);

test("the pause of the last write is that of add()", async () => {
  const pauses = [Promise.resolve("first"), Promise.resolve("second")];
  const inOrder = new InOrder<string>(true, () => pauses.shift());
  expect(inOrder.add(1, "b")).toBe(undefined);
  expect(await inOrder.add(0, "a")).toBe("second");
});
