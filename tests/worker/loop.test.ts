/** The task loop alone, spoken to over a channel as the caller's side does. */
import { afterEach, expect, test } from "vitest";
import { eachRecord } from "../../lib/wire/inbox.ts";
import { portChannel } from "../../lib/wire/port_channel.ts";
import { ToCaller, ToWorker } from "../../lib/wire/message.ts";
import type { WorkerInit } from "../../lib/wire/worker_init.ts";
import { type LoopHost, TaskLoop } from "../../lib/worker/loop.ts";

const open: MessagePort[] = [];
afterEach(() => open.splice(0).forEach((port) => port.close()));

/** A loop, the batches that come from it, and a way to wait for the next record of a kind. */
function startLoop(init: Partial<WorkerInit> = {}, host: Partial<LoopHost> = {}) {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  const batches: [number, number, unknown][][] = [];
  let wake = () => {};
  port1.onmessage = ({ data }) => {
    const records: [number, number, unknown][] = [];
    eachRecord(data, (kind, id, _, value) => records.push([kind, id, value]));
    batches.push(records);
    wake();
  };
  const loop = new TaskLoop(
    portChannel(port2),
    {
      workerId: 1,
      position: 0,
      module: null,
      workerData: undefined,
      keySeed: "seed",
      concurrency: 2,
      perCore: 1,
      lagInterval: 250,
      announces: false,
      console: "inherit",
      hooks: true,
      ...init,
    },
    { exit() {}, ...host },
  );
  const seen = () => batches.flat();
  async function until(kind: number, count = 1) {
    while (seen().filter((record) => record[0] === kind).length < count) {
      await new Promise<void>((resolve) => wake = resolve);
    }
    return seen().filter((record) => record[0] === kind);
  }
  const send = (...records: unknown[][]) => port1.postMessage(records.flat());
  return { loop, send, until, batches };
}

function target(number: number, source: string): unknown[] {
  return [ToWorker.target, 0, number, { name: "inline", source }];
}

test("of many results that are ready in one turn, the first leave at once and the others together", async () => {
  const { loop, send, until, batches } = startLoop({ concurrency: 400 });
  await loop.start();
  await until(ToCaller.ready);
  // Kept, because what waits while the machine is busy elsewhere would be given back.
  const runs = Array.from({ length: 400 }, (_, i) => {
    const request = { input: i, taskId: i + 1, attempt: 1, progress: false, keep: true };
    return [ToWorker.runWith, i + 1, 0, request] as const;
  });
  send(target(0, "async (n) => n * 2"), ...runs.map((run) => [...run]));
  const done = await until(ToCaller.done, 400);
  expect(done.map(([, id, value]) => [id, value])).toEqual(
    runs.map(([, id, , { input }]) => [id, input * 2]),
  );
  // Thirty-two leave at once. On a slow machine the turn may be cut in slices; a batch each would be four hundred.
  const posts = batches.filter((batch) => batch.some(([kind]) => kind === ToCaller.done));
  expect(posts.length).toBeLessThan(200);
});

test("no more tasks run at once than there are slots", async () => {
  const { loop, send, until } = startLoop({ concurrency: 3 });
  await loop.start();
  const source = `async () => {
    globalThis.running = (globalThis.running ?? 0) + 1;
    const most = globalThis.running;
    await new Promise((resolve) => setTimeout(resolve, 1));
    globalThis.running--;
    return most;
  }`;
  const keep = { input: undefined, attempt: 1, progress: false, keep: true };
  send(target(0, source), ...Array.from({ length: 20 }, (_, i) => [ToWorker.runWith, i + 1, 0, keep]));
  const done = await until(ToCaller.done, 20);
  expect(Math.max(...done.map(([, , value]) => value as number))).toBe(3);
});

test("tasks sent ahead of slots that none falls free for are given back, those that may not be are kept", async () => {
  const { loop, send, until } = startLoop({ concurrency: 1 });
  await loop.start();
  const keep = { input: 4, attempt: 1, progress: false, keep: true };
  send(
    target(
      0,
      "(n, { signal }) => n || new Promise((done) => signal.addEventListener('abort', () => done('ended')))",
    ),
    [ToWorker.run, 1, 0, 0],
    [ToWorker.run, 2, 0, 2],
    [ToWorker.run, 3, 0, 3],
    [ToWorker.runWith, 4, 0, keep],
  );
  const returned = await until(ToCaller.returned, 2);
  // The last first, so that each can be put in front of the next.
  expect(returned.map(([, id]) => id)).toEqual([3, 2]);
  send([ToWorker.abort, 1, 0, { kind: "value", value: "stop" }]);
  expect((await until(ToCaller.done, 2)).map(([, id, value]) => [id, value])).toEqual([[1, "ended"], [4, 4]]);
});

test("an abort is acknowledged, whether or not the task is still there", async () => {
  const { loop, send, until } = startLoop();
  await loop.start();
  send([ToWorker.abort, 99, 0, { kind: "value", value: "stop" }]);
  expect(await until(ToCaller.aborted)).toEqual([[ToCaller.aborted, 99, undefined]]);
});

test("a yielded value that cannot be cloned breaks the stream before its end is told", async () => {
  const { loop, send, until, batches } = startLoop();
  await loop.start();
  const request = { input: undefined, attempt: 1, progress: false, keep: false, credit: 10 };
  const source =
    "async function* () { yield 1; yield () => 1; await new Promise((done) => setTimeout(done)); }";
  send(target(0, source), [ToWorker.runWith, 1, 0, request]);
  await until(ToCaller.fail);
  const kinds = batches.flat().filter(([, id]) => id === 1).map(([kind]) => kind);
  expect(kinds).toEqual([ToCaller.yield, ToCaller.broken, ToCaller.fail]);
});

test("progress that nobody listens to is not posted", async () => {
  const { loop, send, until, batches } = startLoop();
  await loop.start();
  const source = "async (n, { progress }) => { for (let i = 0; i < 100; i++) progress(i); return n; }";
  const request = { input: 1, taskId: 1, attempt: 1, progress: false, keep: false };
  send(target(0, source), [ToWorker.runWith, 1, 0, request], [ToWorker.run, 2, 0, 2]);
  await until(ToCaller.done, 2);
  send([ToWorker.runWith, 3, 0, { ...request, taskId: 3, progress: true }]);
  await until(ToCaller.done, 3);
  const reports = batches.flat().filter(([kind]) => kind === ToCaller.progress);
  expect(reports.map(([, id]) => id)).toEqual(new Array(100).fill(3));
});

test("is closed once what its tasks wrote has left", async () => {
  const { promise: hasWritten, resolve: written } = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const { loop, send, until, batches } = startLoop({}, {
    hasWritten: () => {
      asked.resolve();
      return hasWritten;
    },
  });
  await loop.start();
  send([ToWorker.close, 0, 0, undefined]);
  await asked.promise;
  send(target(0, "() => 1"), [ToWorker.run, 1, 0, undefined]);
  await until(ToCaller.done);
  expect(batches.flat().map(([kind]) => kind)).not.toContain(ToCaller.closed);
  written();
  await until(ToCaller.closed);
});
