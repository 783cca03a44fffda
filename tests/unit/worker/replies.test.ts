import { expect, test } from "vitest";
import type { Channel } from "../../../lib/wire/channel.ts";
import { ToCaller } from "../../../lib/wire/message.ts";
import { LoopClock } from "../../../lib/worker/loop_clock.ts";
import { Replies } from "../../../lib/worker/replies.ts";

/** Replies of a worker, and the messages that have left. */
function setUp() {
  const left: unknown[][] = [];
  const host = {
    givenUp: false,
    isGivenUp: () => host.givenUp,
    substituteFor: (id: number) => [ToCaller.fail, id, 0, "cannot be cloned"] as never,
  };
  const channel: Channel = {
    boundary: "thread",
    post: (message) => void left.push(message),
    listen() {},
    close() {},
  };
  return { replies: new Replies(channel, new LoopClock(), host), left, host };
}

const turn = () => new Promise<void>((resolve) => setTimeout(resolve));

test("replies of one turn leave together, after it", async () => {
  const { replies, left } = setUp();
  replies.add(ToCaller.age, 1, 5, undefined);
  replies.add(ToCaller.aborted, 2, 0, undefined);
  expect(left).toEqual([]);
  await turn();
  expect(left).toEqual([[ToCaller.age, 1, 5, undefined, ToCaller.aborted, 2, 0, undefined]]);
});

test("outcomes leave at once, with what was added before; many in quick succession leave together", async () => {
  const { replies, left } = setUp();
  replies.add(ToCaller.aborted, 1, 0, undefined);
  replies.addOutcome(ToCaller.fail, 1, 7, "error", undefined);
  expect(left).toEqual([[ToCaller.aborted, 1, 0, undefined, ToCaller.fail, 1, 7, "error"]]);
  for (let id = 2; id <= 100; id++) replies.addOutcome(ToCaller.fail, id, 0, id, undefined);
  const before = left.length;
  await turn();
  expect(left.length).toBe(before + 1);
  expect(left.flat().filter((_, at) => at % 4 === 1)).toEqual([
    1,
    ...Array.from({ length: 100 }, (_, at) => at + 1),
  ]);
});

test("what a body tells leaves as an outcome does, and before the outcome of its task", async () => {
  const { replies, left } = setUp();
  replies.tell(ToCaller.count, 1, 0.1, "usd");
  expect(left).toEqual([[ToCaller.count, 1, 0.1, "usd"]]);
  for (let n = 0; n < 100; n++) replies.tell(ToCaller.count, 1, n, "tokens");
  replies.addOutcome(ToCaller.fail, 1, 0, "error", undefined);
  await turn();
  expect(left.length).toBeLessThan(50);
  const records = left.flat();
  expect(records.slice(-8)).toEqual([ToCaller.count, 1, 99, "tokens", ToCaller.fail, 1, 0, "error"]);
  expect(records.filter((_, at) => at % 4 === 2)).toEqual([
    0.1,
    ...Array.from({ length: 100 }, (_, n) => n),
    0,
  ]);
});

test("what is sent leaves at once, with what was added before", () => {
  const { replies, left } = setUp();
  replies.add(ToCaller.age, 1, 7, undefined);
  replies.send(ToCaller.yield, 2, "value");
  expect(left).toEqual([[ToCaller.age, 1, 7, undefined, ToCaller.yield, 2, 0, "value"]]);
});

test("of a worker that was given up, nothing leaves", async () => {
  const { replies, left, host } = setUp();
  replies.add(ToCaller.age, 1, 7, undefined);
  host.givenUp = true;
  replies.send(ToCaller.progress, 1, "half");
  replies.addOutcome(ToCaller.done, 1, 7, "a", undefined);
  await turn();
  expect(left).toEqual([]);
});

test("after stop() nothing is added any more", async () => {
  const { replies, left } = setUp();
  replies.stop();
  replies.addOutcome(ToCaller.done, 1, 7, "a", undefined);
  replies.add(ToCaller.age, 1, 7, undefined);
  replies.send(ToCaller.yield, 1, "value");
  await turn();
  expect(left).toEqual([]);
});

test("a result that cannot be cloned is replaced, and its neighbours leave", () => {
  const { replies, left } = setUp();
  replies.add(ToCaller.aborted, 3, 0, undefined);
  replies.addOutcome(ToCaller.done, 1, 0, () => {}, undefined);
  expect(left.flat()).toEqual([ToCaller.aborted, 3, 0, undefined, ToCaller.fail, 1, 0, "cannot be cloned"]);
});
