/** One job chunk on a worker. */

import { expect, test, vi } from "vitest";
import { ExecutorClosedError, ModuleLoadError, TaskCloneError } from "../../../../lib/errors.ts";
import type { Executor } from "../../../../lib/executor/executor.ts";
import type { FeedSink } from "../../../../lib/executor/tasks/feed.ts";
import type { ChunkData, Results } from "../../../../lib/distributed/broker/protocol.ts";
import { ChunkRun } from "../../../../lib/distributed/server/chunk_run.ts";
import { Lines } from "../../../../lib/wire/lines.ts";

const CHUNK: ChunkData = {
  ...{ v: 1, run: "r", token: "t", task: "a", fingerprint: "a".repeat(64), input: "json", output: "json" },
  ...{ options: {}, count: 3, lines: "1\n2\n3\n", base64: false, keys: "k", first: 7 },
} as const;

function start({ takesParts = true, chunk = CHUNK } = {}) {
  let sink: FeedSink | undefined;
  let report: ((value: unknown) => void) | undefined;
  const asked: string[] = [];
  const parts: Results[] = [];
  const broken: Error[] = [];
  const feed = {
    push: () => asked.push("push"),
    arrived: () => asked.push("arrived"),
    drain: () => asked.push("drain"),
    cancel: (reason: unknown) =>
      asked.push("cancel", ...(reason instanceof TaskCloneError ? [reason.message] : [])),
  };
  const open = (_task: string, given: FeedSink, { onProgress }: { onProgress?: typeof report }) => {
    [sink, report] = [given, onProgress];
    return feed;
  };
  const executor = { feed: open } as unknown as Executor;
  const run = new ChunkRun({
    executor,
    server: "w",
    chunk,
    inputs: new Lines(
      new TextEncoder().encode("k-7\t1\nk-8\t2\nk-9\t3\n").subarray(0, chunk.count * 6),
      chunk.count,
    ),
    onPart: (results) => {
      if (!takesParts) return Promise.reject(new Error("no"));
      parts.push(results);
      return Promise.resolve();
    },
    onBroken: (error) => broken.push(error),
  });
  return { run, sink: sink!, report, asked, parts, broken };
}

const task = { attempt: 1, micros: 5, workerId: 2 };

test("its results are those of all inputs, by their places in it", async () => {
  const { run, sink, asked } = start();
  sink.succeeded(0, 5, ["1", "2"], 2);
  sink.settled(2, { ok: false, value: new RangeError("no"), task });
  expect(await run.ended).toEqual({
    v: 1,
    server: "w",
    done: [[0, 2, 1, 5, "1\n2\n", 2]],
    failed: [[2, 1, 5, expect.objectContaining({ class: "RangeError", message: "no" }), 2]],
  });
  expect(asked).toEqual(["push", "arrived"]);
});

test("what attempts have counted goes with the results, also that of attempts without an outcome", async () => {
  const { run, sink } = start();
  sink.settled(0, { ok: true, value: "1", task: { ...task, counts: { usd: 0.1 } } });
  sink.retried!(1, { ...task, counts: { usd: 0.2 } }, new Error("no"));
  sink.settled(1, { ok: false, value: new Error("no"), task: { ...task, attempt: 2, counts: { usd: 0.4 } } });
  run.abort();
  sink.settled(2, { ok: false, value: new ExecutorClosedError(), task: { ...task, counts: { usd: 0.8 } } });
  expect(await run.ended).toMatchObject({
    counts: [[0, { usd: 0.1 }], [1, { usd: 0.4 }]],
    spent: { usd: 1.5 },
  });
});

test("inputs that were stopped, or that a closed executor has dropped, have no result", async () => {
  const { run, sink, asked } = start();
  run.drain();
  run.abort();
  expect(asked.slice(2)).toEqual(["drain", "cancel"]);
  sink.settled(0, { ok: true, value: "1", task });
  sink.settled(1, { ok: false, value: new ExecutorClosedError() });
  sink.settled(2, { ok: false, value: new ExecutorClosedError() });
  expect(await run.ended).toMatchObject({ done: [[0, 1, 1, 5, "1\n", 2]], failed: [] });
});

test("that no worker can be started is no outcome of an input", async () => {
  const { run, sink, broken } = start();
  const error = new ModuleLoadError("tasks.ts", "cannot be loaded", new Error("gone"));
  for (const at of [0, 1, 2]) sink.settled(at, { ok: false, value: error });
  expect(await run.ended).toMatchObject({ done: [], failed: [] });
  expect(broken).toEqual([error, error, error]);
});

test.each([true, false])(
  "results go ahead after two seconds; where the broker takes parts: %s",
  async (takesParts) => {
    vi.useFakeTimers();
    try {
      const { run, sink, parts } = start({ takesParts });
      sink.succeeded(0, 5, ["1", "2"], 2);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(parts.length).toBe(takesParts ? 1 : 0);
      sink.settled(2, { ok: true, value: "3", task });
      const { done } = await run.ended;
      // What was not handed over goes with the rest.
      expect(done.length).toBe(takesParts ? 1 : 2);
    } finally {
      vi.useRealTimers();
    }
  },
);

test("a result that is too large for a broker fails its input alone", async () => {
  const { run, sink } = start();
  sink.succeeded(0, 5, ["1", "x".repeat(17 * 1024 * 1024), "3"], 2);
  const { done, failed } = await run.ended;
  expect(done.map(([at]) => at)).toEqual([0, 2]);
  expect(failed).toMatchObject([[1, 1, 5, { message: expect.stringContaining("more than 16 MB") }, 2]]);
});

test.each([true, false])(
  "what a body reports goes ahead together; where the broker takes parts: %s",
  async (takesParts) => {
    vi.useFakeTimers();
    try {
      const chunk = { ...CHUNK, count: 1, lines: "1\n", reports: true };
      const { run, sink, report, parts, asked } = start({ takesParts, chunk });
      report!({ n: 1 });
      report!(2);
      await vi.advanceTimersByTimeAsync(20);
      expect(parts.map(({ progress, done }) => [progress, done])).toEqual(
        takesParts ? [[['{"n":1}', "2"], []]] : [],
      );
      report!("last");
      report!(new Map());
      expect(asked.slice(2)).toEqual([
        "cancel",
        expect.stringContaining("The progress cannot be written as JSON"),
      ]);
      sink.settled(0, { ok: true, value: "3", task });
      // What was not handed over goes with the result, in order.
      expect((await run.ended).progress).toEqual(takesParts ? ['"last"'] : ['{"n":1}', "2", '"last"']);
    } finally {
      vi.useRealTimers();
    }
  },
);

test("nothing is asked of bodies to which nobody listens", () => {
  expect(start().report).toBeUndefined();
});

test("failed attempts that others follow are told with the results, if the caller listens", async () => {
  for (const tellsRetries of [true, undefined]) {
    const { run, sink } = start({ chunk: { ...CHUNK, tellsRetries } });
    sink.retried!(1, task, new RangeError("no"));
    sink.succeeded(0, 5, ["1", "2", "3"], 2);
    const { retried } = await run.ended;
    if (tellsRetries) expect(retried).toMatchObject([[1, 1, { class: "RangeError", message: "no" }, 2]]);
    else expect(retried).toBeUndefined();
  }
});
