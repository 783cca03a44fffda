import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { Amounts } from "../../../lib/worker/amounts.ts";
import { type ContextHost, RunningTask } from "../../../lib/worker/running_task.ts";

function setUp() {
  const reported: unknown[] = [];
  const worker: ContextHost = {
    workerId: 3,
    position: 1,
    workerData: { a: 1 },
    keySeed: "seed",
    isGivenUp: () => false,
    amounts: new Amounts(),
    sendProgress: (_, value) => reported.push(value),
    tell: (_, ...told) => reported.push(told),
    add: (_, input) => reported.push(input),
  };
  return { worker, reported };
}

test("progress() posts nothing where nobody listens, and each value where somebody does", () => {
  const { worker, reported } = setUp();
  new RunningTask(worker, 1, undefined, undefined).progress("unheard");
  new RunningTask(worker, 1, { taskId: 1, attempt: 1, progress: false }, undefined).progress("unheard");
  expect(reported).toEqual([]);
  new RunningTask(worker, 1, { taskId: 1, attempt: 1, progress: true }, undefined).progress("heard");
  expect(reported).toEqual(["heard"]);
});

test("a task knows its number, attempt, index and worker", () => {
  const { worker } = setUp();
  const { taskId, attempt, index, workerId, position, workerData, key, keys } = new RunningTask(
    worker,
    -9,
    { taskId: 4, attempt: 2, progress: false },
    17,
  );
  expect({ taskId, attempt, index, workerId, position, workerData, key, keys }).toEqual({
    taskId: 4,
    attempt: 2,
    index: 17,
    workerId: 3,
    position: 1,
    workerData: { a: 1 },
    key: "seed-4",
    keys: ["seed-4"],
  });
});

test("a key is made of the content that came, or is the one that came", () => {
  const { worker } = setUp();
  const byContent = new RunningTask(worker, 1, undefined, undefined);
  RunningTask.setSent(byContent, '{"id":1}');
  const hash = createHash("sha256").update('{"id":1}').digest("hex").slice(0, 32);
  expect(byContent.key).toBe(`${hash}.1`);
  const sent = new RunningTask(worker, 1, undefined, undefined);
  RunningTask.setKey(sent, "own");
  expect(sent.key).toBe("own");
});

test("abort() aborts the signal with the reason, also if nobody has read it", () => {
  const { worker } = setUp();
  const task = new RunningTask(worker, 1, undefined, undefined);
  expect(RunningTask.isAborted(task)).toBe(false);
  RunningTask.abort(task, "why");
  expect([RunningTask.isAborted(task), task.signal.aborted, task.signal.reason]).toEqual([true, true, "why"]);
});

test("a transfer list is handed over once", () => {
  const { worker } = setUp();
  const task = new RunningTask(worker, 1, undefined, undefined);
  const buffer = new ArrayBuffer(8);
  expect(task.transfer("value", [buffer])).toBe("value");
  expect([RunningTask.takeTransferList(task), RunningTask.takeTransferList(task)]).toEqual([
    [buffer],
    undefined,
  ]);
  expect(() => task.transfer("value", buffer as never)).toThrow("array");
});
