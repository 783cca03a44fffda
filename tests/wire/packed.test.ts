/** Values in the outbox: what does not cross as it is, and what is refused, beside others in one batch. */
import { expect, test } from "vitest";
import type { MisfitError } from "../../lib/errors.ts";
import { eachRecord } from "../../lib/wire/inbox.ts";
import { Outbox } from "../../lib/wire/outbox.ts";
import type { Channel } from "../../lib/wire/channel.ts";
import {
  INPUTS,
  MANY,
  PACKED,
  RESULTS,
  ToCaller,
  type ToCallerRecord,
  ToWorker,
} from "../../lib/wire/message.ts";
import type { ToWorkerRecord } from "../../lib/wire/message.ts";
import type { Boundary } from "../../lib/wire/value_kind.ts";

/** A channel that clones as a real one does, and keeps what it was given. */
function recorder(boundary: Boundary = "thread") {
  const posts: unknown[][] = [];
  const channel: Channel = {
    boundary,
    post: (batch, transfer) => void posts.push(structuredClone(batch, { transfer })),
    listen() {},
    close() {},
  };
  return { posts, channel };
}

/** The ids and values of all posted records, in order. */
function received(posts: unknown[][]): [number, unknown][] {
  const records: [number, unknown][] = [];
  for (const post of posts) eachRecord(post, (_, id, __, value) => records.push([id, value]));
  return records;
}

/** Sends these as results. Returns what came, and the places of those that were refused. */
function send(
  values: unknown[],
  { boundary, transfer = [] }: { boundary?: Boundary; transfer?: Transferable[][] } = {},
) {
  const { posts, channel } = recorder(boundary);
  const refused: [number, string][] = [];
  const refuse = (id: number, _: number, error: unknown) =>
    void refused.push([id, (error as MisfitError).place]);
  const outbox = new Outbox<ToCallerRecord>(channel, refuse, RESULTS);
  for (const [id, value] of values.entries()) outbox.push([ToCaller.done, id, 0, value], transfer[id]);
  outbox.flush();
  return { posts, refused, came: received(posts) };
}

test("plain values are posted as they are, as one record", () => {
  const values = [{ a: [1, "b"] }, null, new Map([[1, new Date(0)]])];
  const { posts, came } = send(values);
  expect(posts.map((post) => post[0])).toEqual([MANY]);
  expect(came).toEqual([[0, values[0]], [1, null], [2, values[2]]]);
});

test("errors among values arrive with all they have, and the others as they were", () => {
  const error = Object.assign(new TypeError("no"), { code: "E" });
  const { posts, came } = send([1, { reason: error, again: error }, "c", error]);
  expect(posts[0][0]).toBe(PACKED);
  expect(came.map(([id]) => id)).toEqual([0, 1, 2, 3]);
  const [, { reason, again }] = came[1] as [number, Record<string, TypeError>];
  expect(reason).toBeInstanceOf(TypeError);
  expect(reason).toMatchObject({ message: "no", code: "E" });
  expect(again).toBe(reason);
  expect(came[3][1]).toMatchObject({ message: "no", code: "E" });
});

test("a value that only the platform refuses leaves errors beside it whole", () => {
  const { refused, came } = send([[new RangeError("r")], { list: [new Proxy({}, {})] }, 3]);
  expect(refused).toEqual([[1, ".list[0]"]]);
  expect(came.map(([id]) => id)).toEqual([0, 2]);
  expect((came[0][1] as unknown[])[0]).toBeInstanceOf(RangeError);
});

test("the input of a request is looked at, and the rest of it stays", () => {
  const { posts, channel } = recorder();
  const refused: number[] = [];
  const outbox = new Outbox<ToWorkerRecord>(channel, (id) => void refused.push(id), INPUTS);
  const rest = { attempt: 2, progress: false, keep: false };
  outbox.push([ToWorker.runWith, 1, 0, { input: { at: new URL("http://a/") }, taskId: 1, ...rest }]);
  outbox.push([ToWorker.runWith, 2, 0, { input: new Error("e"), taskId: 2, ...rest }]);
  outbox.flush();
  expect(refused).toEqual([1]);
  expect(received(posts)).toEqual([[2, { input: new Error("e"), taskId: 2, ...rest }]]);
});

test("a view takes its part of a large buffer along, and views that share it still do", () => {
  const buffer = new ArrayBuffer(1 << 20);
  const bytes = new Uint8Array(buffer, 101, 20).fill(5);
  const floats = new Float64Array(buffer, 104, 2);
  const { came } = send([bytes, { bytes, floats }, { bytes, buffer }, new Uint8Array(8).subarray(2)]);
  const alone = came[0][1] as Uint8Array;
  expect([alone, alone.buffer.byteLength]).toEqual([bytes, 20]);
  const both = came[1][1] as { bytes: Uint8Array; floats: Float64Array };
  expect(both).toEqual({ bytes, floats });
  expect(both.bytes.buffer).toBe(both.floats.buffer);
  expect(both.bytes.buffer.byteLength).toBeLessThan(40);
  const whole = came[2][1] as { bytes: Uint8Array; buffer: ArrayBuffer };
  expect([whole.bytes.buffer === whole.buffer, whole.buffer.byteLength]).toEqual([true, 1 << 20]);
  // Of a small buffer, little would be saved.
  expect((came[3][1] as Uint8Array).buffer.byteLength).toBe(8);
});

test("what moves takes all of its buffer along, and a process takes nothing but buffers", () => {
  const view = () => new Uint8Array(new ArrayBuffer(1 << 20), 0, 10);
  const [moved, copied] = [view(), view()];
  const { came } = send([moved], { transfer: [[moved.buffer]] });
  expect((came[0][1] as Uint8Array).buffer.byteLength).toBe(1 << 20);
  expect(moved.byteLength).toBe(0);
  const stream = new ReadableStream();
  const { refused } = send([{ in: stream }, 1, copied], {
    boundary: "process",
    transfer: [[stream], [new MessageChannel().port1], [copied.buffer]],
  });
  expect(refused).toEqual([[0, ".in"], [1, ""]]);
  expect([stream.locked, copied.byteLength]).toEqual([false, 0]);
});

test("an object that is met again and again is looked at once", () => {
  let value: unknown = [1];
  for (let level = 0; level < 60; level++) value = [value, value];
  const { came } = send([value, { ok: true }]);
  expect(came[1]).toEqual([1, { ok: true }]);
});
