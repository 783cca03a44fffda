/** What a recorder keeps of a run. */
import { expect, test } from "vitest";
import { flagRows } from "../../../../../lib/cli/report/stats.ts";
import { EARLIER, type Placed, Recorder } from "../../../../../lib/cli/report/recording/recorder.ts";
import { Slowest } from "../../../../../lib/cli/report/recording/inputs.ts";

function recorded(workers: () => number[]) {
  const placed: Placed[] = [];
  const recorder = new Recorder({
    begun: 0,
    concurrency: 2,
    originOf: (index) => ({ number: index + 1, line: `line ${index + 1}` }),
    workers,
    onPlaced: (task) => placed.push(task),
  });
  return { recorder, placed };
}

test("attempts, failures and their errors are counted by position, and shown with their line", () => {
  const { recorder, placed } = recorded(() => [1, 2]);
  const error = { name: "Error", message: "bad 1", stack: "" };
  recorder.settled({ index: 0, ok: true, ms: 10, workerId: 1, at: 20 });
  recorder.tried({ index: 1, ms: 5, workerId: 2, at: 30, error });
  recorder.settled({ index: 1, ok: false, ms: 7, workerId: 2, at: 40, error });
  recorder.settled({ index: 2, ok: false, ms: 0, workerId: 0, at: 50, error });
  recorder.finish();
  expect(recorder).toMatchObject({ ok: 1, failed: 2 });
  expect(recorder.positions.map(({ workers, tasks, failed, busy }) => ({ workers, tasks, failed, busy })))
    .toEqual([
      { workers: [1], tasks: 1, failed: 0, busy: 10 },
      { workers: [2], tasks: 1, failed: 1, busy: 12 },
    ]);
  expect(recorder.errors.list()).toMatchObject([{ count: 2, samples: [{ line: 2 }, { line: 3 }] }]);
  expect(recorder.slowest.list().map(({ line, ms }) => [line, ms])).toEqual([[1, 10], [2, 7]]);
  expect(placed.map(({ index, again }) => [index, again])).toEqual([[0, false], [1, true], [1, false]]);
});

test("a successor has the position of the worker that it replaces; earlier sessions have one of their own", () => {
  let alive = [EARLIER, 1, 2];
  const { recorder, placed } = recorded(() => alive);
  recorder.settled({ index: 0, ok: true, ms: 1, workerId: EARLIER, at: 1 });
  recorder.settled({ index: 1, ok: true, ms: 1, workerId: 1, at: 2 });
  recorder.settled({ index: 2, ok: true, ms: 1, workerId: 2, at: 3 });
  recorder.finish();
  alive = [EARLIER, 2, 3];
  recorder.settled({ index: 3, ok: true, ms: 1, workerId: 3, at: 4 });
  recorder.finish();
  expect(recorder.positions.map(({ workers }) => workers)).toEqual([[EARLIER], [1, 3], [2]]);
  expect(placed[0]).toMatchObject({ earlier: true });
});

test("Slowest keeps twenty inputs, the slowest first, and asks for no other", () => {
  const slowest = new Slowest();
  let asked = 0;
  for (let n = 0; n < 1_000; n++) {
    const ms = 1_000 - n;
    slowest.add(ms, () => (asked++, { index: n, line: n, input: "", ms, ok: true, attempts: 1 }));
  }
  expect(asked).toBe(20);
  expect(slowest.list().map(({ ms }) => ms)).toEqual(Array.from({ length: 20 }, (_, n) => 1_000 - n));
});

test("flagRows() has a row for each flag as it was given", () => {
  expect(
    flagRows({
      module: "t.ts",
      limitPer: "2:host",
      input: ["a", "b"],
      allowNet: true,
      eval: "x",
      header: false,
    }),
  )
    .toEqual([
      { name: "--limit-per", value: "2:host" },
      { name: "--input", value: "a" },
      { name: "--input", value: "b" },
      { name: "--allow-net", value: "" },
      { name: "-e", value: "x" },
    ]);
});

test("a worker on another machine has as many lanes as it runs tasks at a time there", () => {
  // The run may get results before it has seen the worker.
  let slots = 1;
  const recorder = new Recorder({
    begun: 0,
    concurrency: 2,
    originOf: (index) => ({ number: index + 1, line: "" }),
    workers: () => [1, 2],
    machineOf: (workerId) => workerId === 2 ? { name: "far", concurrency: () => slots } : undefined,
  });
  for (const workerId of [1, 2]) {
    recorder.settled({ index: 0, ok: true, ms: 1, workerId, at: 5 });
    recorder.finish();
    if (workerId === 2) slots = 3;
    for (let index = 1; index < 9; index++) recorder.settled({ index, ok: true, ms: 10, workerId, at: 10 });
  }
  recorder.finish();
  expect(recorder.positions.map(({ machine, lanes }) => [machine, lanes.count])).toEqual([
    [undefined, 2],
    ["far", 3],
  ]);
});
