/** What is on a worker: inputs in chunks, and those that left them as tasks. Each settles once, whatever the order. */
import { expect, test } from "vitest";
import { Chunk } from "../../lib/executor/tasks/chunk.ts";
import { FeedTasks } from "../../lib/executor/tasks/feed_tasks.ts";
import type { FeedHost } from "../../lib/executor/tasks/feed_host.ts";
import { InFlight } from "../../lib/executor/pool/in_flight.ts";
import { Leftover } from "../../lib/executor/pool/leftover.ts";
import { resolveOptions } from "../../lib/executor/options/resolve.ts";
import { Task } from "../../lib/executor/tasks/task.ts";
import { TargetTable } from "../../lib/executor/tasks/target_table.ts";
import { listOf, numbersOf } from "../../lib/wire/series_numbers.ts";

const target = new TargetTable().find("any", undefined);
const options = resolveOptions({}).task;

/** Chunks of inputs that are their own numbers, and what settles, as [index, value]. */
function setUp(...sizes: number[]) {
  const settled: [number, unknown][] = [];
  const times: number[] = [];
  const observer = { settled() {}, retries: () => false };
  const host: FeedHost = {
    ...observer,
    nextId: () => 1,
    reserveIds: () => 1,
    now: () => 0,
    removed() {},
    succeeded: (micros, count) => times.push(...listOf(micros, count)),
    submit: (spec) => expect.unreachable(`no task of ${spec.target.spec.name} is queued here`),
    makeTask: (spec, init) => new Task({ ...init, target: spec.target, options: spec.shared, observer }),
  };
  const spec = { target, shared: options, single: false, keepsPlace: false, spanOf: () => ({}) };
  const tasks = new FeedTasks(host, spec, {
    succeeded: (index, _micros, values) => {
      (values as unknown[]).forEach((value, at) => settled.push([index + at, value]));
    },
    settled() {},
  });
  const chunks = new Set<Chunk>();
  const inFlight = new InFlight({ id: 1, release() {} });
  let id = 1;
  for (const size of sizes) {
    const inputs = Array.from({ length: size }, (_, at) => id + at);
    inFlight.addChunk(new Chunk({ tasks, chunks, firstId: id, firstIndex: id, inputs, submitted: 0 }), 0);
    id += size;
  }
  return { inFlight, settled, times, emptied: () => sizes.length - chunks.size };
}

test("results of several chunks in one record settle each input of each", () => {
  const { inFlight, settled, times, emptied } = setUp(3, 2, 4);
  expect(inFlight.size).toBe(9);
  const values = ["b", "c", "d", "e", "f"];
  const counts: number[] = [];
  for (let at = 0; at < values.length; at += counts.at(-1)!) {
    counts.push(inFlight.succeed(2, numbersOf([20, 30, 40, 50, 60]), values, at));
  }
  expect(counts).toEqual([2, 2, 1]);
  expect(times).toEqual([20, 30, 40, 50, 60]);
  expect(settled).toEqual([[2, "b"], [3, "c"], [4, "d"], [5, "e"], [6, "f"]]);
  expect(inFlight.size).toBe(4);
  expect(emptied()).toBe(1);
});

test("a result that comes twice, or of an input that has left, settles nothing", () => {
  const { inFlight, settled } = setUp(4);
  expect(inFlight.succeed(1, 5, ["a"], 0)).toBe(1);
  expect(inFlight.succeed(1, 5, ["a"], 0)).toBe(0);
  const task = inFlight.find(3) as Task;
  expect(task.input).toBe(3);
  expect(task.state).toBe("running");
  expect(inFlight.succeed(3, 5, ["c"], 0)).toBe(0);
  expect(settled).toEqual([[1, "a"]]);
  expect(inFlight.size).toBe(3);
});

test("a chunk is forgotten only once all of it has gone, though a record names inputs that left before", () => {
  const { inFlight, settled, times } = setUp(3, 3);
  // The second was cancelled, and its body ended well all the same.
  inFlight.leave(new Leftover(inFlight.find(2) as Task), 2);
  expect(inFlight.succeed(1, numbersOf([5, 6]), ["a", "b"], 0)).toBe(1);
  expect(inFlight.succeed(1, numbersOf([5, 6]), ["a", "b"], 1)).toBe(0);
  expect(times).toEqual([5]);
  inFlight.delete(2, inFlight.find(2)!);
  // Another chunk in between, so that none is remembered as the last.
  expect(inFlight.succeed(4, 5, ["d", "e", "f"], 0)).toBe(3);
  expect(inFlight.size).toBe(1);
  expect(inFlight.running(0)).toMatchObject([{ taskId: 3, task: "any" }]);
  expect(inFlight.succeed(3, 5, ["c"], 0)).toBe(1);
  expect(settled.map(([index]) => index)).toEqual([1, 4, 5, 6, 3]);
  expect(inFlight.size).toBe(0);
});

test("what was sent after the last call has not begun, though the task that was called last has ended", () => {
  const { inFlight } = setUp(3, 3);
  expect(inFlight.begunUntil(2)).toBe(1);
  inFlight.succeed(3, 5, ["c"], 0);
  expect(inFlight.begunUntil(3)).toBe(2);
  // A body that was called earlier goes on.
  expect(inFlight.begunUntil(1)).toBe(2);
  const taken = inFlight.takeSentAfter(inFlight.begunUntil(3));
  expect(taken.map(({ input }) => input)).toEqual([6, 5, 4]);
  expect(inFlight.size).toBe(2);
});

test("everything is taken out at once, as tasks", () => {
  const { inFlight } = setUp(2, 2);
  inFlight.succeed(2, 5, ["b"], 0);
  expect(inFlight.clear().map((entry) => (entry as Task).id)).toEqual([1, 3, 4]);
  expect(inFlight.size).toBe(0);
});
