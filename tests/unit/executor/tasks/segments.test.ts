/** Inputs that wait, in the arrays in which they came. */
import { expect, test } from "vitest";
import { SEGMENT, Segments } from "../../../../lib/executor/tasks/segments.ts";

test("Segments hand out every input once, in order, whether they came one by one or together", () => {
  const segments = new Segments();
  let next = 0;
  let expected = 0;
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 3 * SEGMENT / 10; i++) segments.add(next++);
    segments.push([next++, `text ${next++}`, next++]);
    expect(segments.size).toBe(next - expected);
    while (segments.size > 100) {
      const some = segments.take(1 + (round * 97) % 400) as unknown[];
      expect(some.map((item) => typeof item === "string" ? expected + some.indexOf(item) : item))
        .toEqual(some.map((_, at) => expected + at));
      expected += some.length;
    }
  }
  segments.clear();
  expect(segments.size).toBe(0);
  segments.add("after");
  expect(segments.take(10)).toEqual(["after"]);
});

test("an array that Segments have handed out gets nothing added any more", () => {
  const segments = new Segments();
  segments.add(1);
  const first = segments.take(10);
  segments.add(2);
  expect([first, segments.take(10)]).toEqual([[1], [2]]);
});
