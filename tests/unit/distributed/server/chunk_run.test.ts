/** One job chunk on a worker. */

import { expect, test, vi } from "vitest";
import { ExecutorClosedError, ModuleLoadError, TaskCloneError } from "../../../../lib/errors.ts";
import type { Executor } from "../../../../lib/executor/executor.ts";
import type { FeedOptions } from "../../../../lib/executor/options/feed_options.ts";
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
  const printed: unknown[] = [];
  const opened: FeedOptions[] = [];
  const feed = {
    push: () => asked.push("push"),
    arrived: () => asked.push("arrived"),
    drain: () => asked.push("drain"),
    cancel: (reason: unknown) =>
      asked.push("cancel", ...(reason instanceof TaskCloneError ? [reason.message] : [])),
  };
  const open = (_task: string, given: FeedSink, options: FeedOptions) => {
    [sink, report] = [given, options.onProgress];
    opened.push(options);
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
    onPrinted: ({ pieces }) => {
      printed.push(...pieces, parts.length);
      return Promise.resolve();
    },
    onBroken: (error) => broken.push(error),
  });
  return { run, sink: sink!, report, asked, parts, broken, printed, opened };
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

test("with batches, a call has several inputs, and each of them a result of its own", async () => {
  const { run, sink, opened } = start({ chunk: { ...CHUNK, v: 3, batch: 2, timed: true } });
  expect(opened[0]).toMatchObject({ encoding: { keyed: "sent", batch: true }, timed: true });
  expect(opened[0].spanOf!(1)).toMatchObject({ "polyloop.input.index": 9, "polyloop.batch.size": 1 });
  const batch = { results: ["1", "2"], failed: [] };
  sink.retried!(0, { ...task, counts: { usd: 1 } }, new Error("no"));
  sink.settled(0, { ok: true, value: batch, task: { ...task, attempt: 2, began: { at: 6, position: 1 } } });
  sink.settled(1, { ok: false, value: new RangeError("no"), task });
  expect(await run.ended).toMatchObject({
    // Each has half of the time.
    done: [[0, 1, 2, 3, "1\n", 2], [1, 1, 2, 3, "2\n", 2]],
    failed: [[2, 1, 5, { class: "RangeError" }, 2]],
    began: [[0, 6, 1], [1, 6, 1]],
    spent: { usd: 1 },
  });
});

test("added inputs go with their outcome, and fail it if they are too long together", async () => {
  const { run, sink, opened } = start({ chunk: { ...CHUNK, v: 3, count: 2, lines: "1\n2\n", adds: true } });
  expect(opened[0].adds).toBe(true);
  sink.settled(0, { ok: true, value: "1", task: { ...task, added: ["8", "9"] } });
  sink.settled(1, { ok: true, value: "2", task: { ...task, added: ["x".repeat(17 * 1024 * 1024)] } });
  const results = await run.ended;
  expect(results).toMatchObject({
    added: [[0, ["8", "9"]]],
    failed: [[1, 1, 5, { class: "RangeError" }, 2]],
  });
  expect(results.done).toHaveLength(1);
});

test("what bodies print goes before the results that follow it, and not once the job chunk has ended", async () => {
  const { run, sink, printed } = start({ chunk: { ...CHUNK, v: 3, prints: true } });
  const piece = { workerId: 2, stream: "stdout" as const };
  expect(sink.printed!(1, { ...piece, text: "a" })).toBe(true);
  sink.succeeded(0, 5, ["1", "2"], 2);
  sink.printed!(2, { ...piece, text: "x".repeat(100_000) });
  sink.settled(2, { ok: true, value: "3", task });
  expect(sink.printed!(2, { ...piece, text: "late" })).toBe(false);
  await run.ended;
  expect(printed.map((one) => Array.isArray(one) ? [one[0], one[4].length] : one)).toEqual(
    [[1, 1], [2, 65_536], 0, [2, 34_464], 0],
  );
  const silent = start();
  expect(silent.sink.printed).toBeUndefined();
  silent.sink.succeeded(0, 5, ["1", "2", "3"], 2);
  await silent.run.ended;
});
