/** The outbox: records leave together, and one that cannot be cloned leaves the others alone. */
import { expect, test } from "vitest";
import { eachRecord } from "../../lib/wire/inbox.ts";
import { Outbox } from "../../lib/wire/outbox.ts";
import type { Channel } from "../../lib/wire/channel.ts";
import { MANY, ToCaller, type ToCallerRecord } from "../../lib/wire/message.ts";

/** A channel that clones as a real one does, and keeps what it was given. */
function recorder() {
  const posts: unknown[][] = [];
  const channel: Channel = {
    boundary: "thread",
    post: (batch, transfer) => void posts.push(structuredClone(batch, { transfer })),
    listen() {},
    close() {},
  };
  return { posts, channel };
}

/** The ids and values of all posted records, in order. */
function received(posts: unknown[][]): [number, number, unknown][] {
  const records: [number, number, unknown][] = [];
  for (const post of posts) eachRecord(post, (kind, id, _, value) => records.push([kind, id, value]));
  return records;
}

test("records that are pushed within a turn are posted as one flat array", () => {
  const { posts, channel } = recorder();
  const outbox = new Outbox<ToCallerRecord>(channel, () => undefined);
  outbox.push([ToCaller.done, 1, 10, "a"]);
  outbox.push([ToCaller.done, 3, 20, "b"]);
  expect(outbox.size).toBe(2);
  outbox.flush();
  outbox.flush();
  expect(posts).toEqual([[ToCaller.done, 1, 10, "a", ToCaller.done, 3, 20, "b"]]);
});

test("results with consecutive ids share a record, and their numbers where these are the same", () => {
  const { posts, channel } = recorder();
  const outbox = new Outbox<ToCallerRecord>(channel, () => undefined);
  for (const id of [1, 2, 3]) outbox.push([ToCaller.done, id, 5, `value ${id}`]);
  for (const id of [5, 6]) outbox.push([ToCaller.done, id, id, [id]]);
  outbox.push([ToCaller.aborted, 9, 0, undefined]);
  outbox.push([ToCaller.done, 7, 0, "after another record"]);
  expect(outbox.size).toBe(7);
  outbox.flush();
  expect(posts).toEqual([[
    ...[MANY, 1, 5, ["value 1", "value 2", "value 3"]],
    ...[MANY, 5, [5, 1, 6], [[5], [6]]],
    ...[ToCaller.aborted, 9, 0, undefined],
    ...[ToCaller.done, 7, 0, "after another record"],
  ]]);
  expect(received(posts).map(([kind, id, value]) => [kind, id, value])).toEqual([
    [ToCaller.done, 1, "value 1"],
    [ToCaller.done, 2, "value 2"],
    [ToCaller.done, 3, "value 3"],
    [ToCaller.done, 5, [5]],
    [ToCaller.done, 6, [6]],
    [ToCaller.aborted, 9, undefined],
    [ToCaller.done, 7, "after another record"],
  ]);
});

test("numbers below a limit are sent as their mean, and the others with their places", () => {
  const { posts, channel } = recorder();
  const outbox = new Outbox<ToCallerRecord>(channel, () => undefined, {}, 50);
  const add = (id: number, numbers: number[]) =>
    numbers.forEach((number, at) => outbox.add(ToCaller.done, id + at, number, "a"));
  add(1, [0, 49, 2, 0]);
  outbox.flush();
  add(10, [1, 2, 2, 90, 3]);
  add(20, [7]);
  outbox.flush();
  add(30, [60, 60]);
  add(40, [60, 1]);
  outbox.push([ToCaller.aborted, 9, 0, undefined]);
  add(50, [1, 0, 0]);
  outbox.push([ToCaller.aborted, 9, 7, undefined]);
  outbox.flush();
  expect(posts.flat().filter((_, at) => at % 4 === 2)).toEqual([
    ...[12.75, [2, 3, 90], 7],
    ...[[60, 0, 60, 1, 60], [1, 0, 60], 0, 0.333, 7],
  ]);
});

test("a record that cannot be cloned is replaced in its own place, wherever that is", () => {
  for (const bad of [[0], [99], [50], [0, 1, 2], [3, 97], Array.from({ length: 100 }, (_, i) => i)]) {
    const { posts, channel } = recorder();
    const outbox = new Outbox<ToCallerRecord>(channel, (id, kind, error) => {
      expect(kind).toBe(ToCaller.done);
      expect((error as Error).name).toBe("DataCloneError");
      return [ToCaller.fail, id, 0, { kind: "value", value: "replaced" }];
    });
    for (let id = 0; id < 100; id++) outbox.push([ToCaller.done, id, 0, bad.includes(id) ? () => id : id]);
    outbox.flush();
    const records = received(posts);
    expect(records.map(([, id]) => id)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(records.flatMap(([kind, id]) => kind === ToCaller.fail ? [id] : [])).toEqual(bad);
  }
});

test("what is pushed while a batch is being posted leaves after it", () => {
  const { posts, channel } = recorder();
  const outbox: Outbox<ToCallerRecord> = new Outbox<ToCallerRecord>(channel, () => {
    outbox.push([ToCaller.aborted, 3, 0, undefined]);
    outbox.flush();
    return undefined;
  });
  outbox.push([ToCaller.done, 1, 0, () => 1]);
  outbox.push([ToCaller.done, 2, 0, "b"]);
  outbox.push([ToCaller.done, 3, 0, "c"]);
  outbox.flush();
  expect(received(posts).map(([kind, id]) => [kind, id])).toEqual([
    [ToCaller.done, 2],
    [ToCaller.done, 3],
    [ToCaller.aborted, 3],
  ]);
});

test("what is transferred moves, and what has moved already costs only its own record", () => {
  const { posts, channel } = recorder();
  const failed: number[] = [];
  const outbox = new Outbox<ToCallerRecord>(channel, (id) => void failed.push(id));
  const [fresh, gone] = [new ArrayBuffer(8), new ArrayBuffer(8)];
  structuredClone(gone, { transfer: [gone] });
  outbox.push([ToCaller.done, 1, 0, "plain"]);
  outbox.push([ToCaller.done, 2, 0, fresh], [fresh]);
  outbox.push([ToCaller.done, 3, 0, gone], [gone]);
  outbox.push([ToCaller.done, 4, 0, "plain"]);
  outbox.flush();
  expect(failed).toEqual([3]);
  expect(received(posts).map(([, id]) => id)).toEqual([1, 2, 4]);
  expect(fresh.byteLength).toBe(0);
});
