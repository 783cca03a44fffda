/** A feed: inputs wait, leave in chunks, and each has one outcome. The executor is written out. */
import { expect, test } from "vitest";
import { Feed } from "../../../../lib/executor/tasks/feed.ts";

type Init = ConstructorParameters<typeof Feed>[0];
type Spec = Init["spec"];

/** A feed, what its reader is told, and how often the queue was told that it has inputs. */
function scene(spec: Partial<Spec> = {}) {
  const outcomes: [index: number, ok: boolean, value: unknown][] = [];
  let filled = 0;
  let lastId = 0;
  const made: { id: number; input: unknown }[] = [];
  /** A task, as far as a feed looks at it. */
  const task = (waiter: { reject: (error: unknown, task: never) => void }) => ({
    state: "pending",
    cancel(reason: unknown) {
      if (this.state === "settled") return;
      this.state = "settled";
      waiter.reject(reason, this as never);
    },
  });
  const host = {
    nextId: () => lastId + 1,
    reserveIds: (count: number) => (lastId += count) - count + 1,
    now: () => 0,
    removed() {},
    succeeded() {},
    submit: (_: Spec, index: number, input: unknown, waiter: never) => {
      made.push({ id: index, input });
      return task(waiter);
    },
    makeTask: (_: Spec, { id, input, waiter }: { id: number; input: unknown; waiter: never }) => {
      made.push({ id, input });
      return task(waiter);
    },
  };
  const feed = new Feed({
    host: host as unknown as Init["host"],
    spec: { shared: { priority: 0 }, single: false, keepsPlace: false, ...spec } as Spec,
    sink: {
      succeeded: (index, _, values) => {
        (values as unknown[]).forEach((value, at) => outcomes.push([index + at, true, value]));
      },
      settled: (index, { ok, value }) => void outcomes.push([index, ok, value]),
    },
    filled: () => void filled++,
  });
  return { feed, outcomes, made, filled: () => filled };
}

test("inputs leave in the arrays in which they came, and no more than are wanted", () => {
  const { feed, filled } = scene();
  feed.push(["a", "b", "c"]);
  feed.push(["d"]);
  feed.arrived();
  expect(filled()).toBe(1);
  expect(feed.size).toBe(4);
  const chunks = [feed.take(2), feed.take(10), feed.take(10)];
  expect(chunks.map(({ inputs }) => inputs)).toEqual([["a", "b"], ["c"], ["d"]]);
  expect(chunks.map(({ firstIndex, firstId }) => [firstIndex, firstId])).toEqual([[0, 1], [2, 3], [3, 4]]);
  expect(feed.size).toBe(0);
});

test("the queue is told again when inputs come to a feed that had none left", () => {
  const { feed, filled } = scene();
  feed.push([1]);
  feed.take(1);
  feed.push([2]);
  expect(filled()).toBe(2);
});

test("results of a chunk go to the reader by the inputs' positions", () => {
  const { feed, outcomes } = scene();
  feed.push(["a", "b", "c"]);
  feed.take(1);
  const chunk = feed.take(2);
  expect(chunk.succeed(chunk.firstId, 5, ["B", "C"], () => {})).toBe(2);
  expect(outcomes).toEqual([[1, true, "B"], [2, true, "C"]]);
  expect(chunk.size).toBe(0);
});

test("cancel() settles what waits and what is on a worker, each input once", () => {
  const { feed, outcomes, made } = scene();
  feed.push(["a", "b", "c"]);
  const chunk = feed.take(2);
  chunk.owner = {
    release() {},
    takeApart: (ids) => ids.forEach((id) => chunk.leave(id)),
  };
  feed.cancel("no more");
  expect(made).toEqual([{ id: 1, input: "a" }, { id: 2, input: "b" }]);
  expect(outcomes.toSorted(([one], [other]) => one - other))
    .toEqual([[0, false, "no more"], [1, false, "no more"], [2, false, "no more"]]);
  expect(feed.size).toBe(0);
});

test("drain() drops what waits, and leaves what is on a worker", () => {
  const { feed, outcomes } = scene();
  feed.push(["a", "b"]);
  const chunk = feed.take(1);
  feed.drain("enough");
  expect(outcomes).toEqual([[1, false, "enough"]]);
  chunk.succeed(chunk.firstId, 5, ["A"], () => {});
  expect(outcomes).toEqual([[1, false, "enough"], [0, true, "A"]]);
});

test("inputs with limits of their own are tasks from the start", () => {
  const { feed, made, filled } = scene({ single: true });
  feed.push(["a", "b"]);
  expect(made).toEqual([{ id: 0, input: "a" }, { id: 1, input: "b" }]);
  expect(filled()).toBe(0);
});
