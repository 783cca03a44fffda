import { expect, test } from "vitest";
import type { Channel } from "../../../lib/wire/channel.ts";
import { ToCaller } from "../../../lib/wire/message.ts";
import { LoopClock } from "../../../lib/worker/loop_clock.ts";
import { Replies } from "../../../lib/worker/replies.ts";

/** Replies of a worker, and the messages that have left. */
function setUp({ post = (_message: unknown[]) => {} } = {}) {
  const left: unknown[][] = [];
  const host = {
    givenUp: false,
    isGivenUp: () => host.givenUp,
    substituteFor: (id: number) => [ToCaller.fail, id, 0, "cannot be cloned"] as never,
  };
  const channel: Channel = {
    boundary: "thread",
    post(message) {
      post(message);
      left.push(message);
    },
    listen() {},
    close() {},
  };
  return { replies: new Replies(channel, new LoopClock(), host), left, host };
}

const turn = () => new Promise<void>((resolve) => setTimeout(resolve));

test("replies of one turn leave together, after it", async () => {
  const { replies, left } = setUp();
  replies.add(ToCaller.lag, 0, 5, undefined as never);
  replies.addRecord(ToCaller.done, 1, 7, "a", undefined);
  expect(left).toEqual([]);
  await turn();
  expect(left).toEqual([[ToCaller.lag, 0, 5, undefined, ToCaller.done, 1, 7, "a"]]);
});

test("what is sent leaves at once, with what was added before", () => {
  const { replies, left } = setUp();
  replies.addRecord(ToCaller.fail, 1, 7, "error", undefined);
  replies.send(ToCaller.yield, 2, "value");
  expect(left).toEqual([[ToCaller.fail, 1, 7, "error", ToCaller.yield, 2, 0, "value"]]);
});

test("of a worker that was given up, nothing leaves", async () => {
  const { replies, left, host } = setUp();
  replies.addRecord(ToCaller.done, 1, 7, "a", undefined);
  host.givenUp = true;
  replies.send(ToCaller.progress, 1, "half");
  await turn();
  expect(left).toEqual([]);
});

test("after stop() nothing is added any more", async () => {
  const { replies, left } = setUp();
  replies.stop();
  replies.addRecord(ToCaller.done, 1, 7, "a", undefined);
  replies.send(ToCaller.yield, 1, "value");
  await turn();
  expect(left).toEqual([]);
});

test("a result that cannot be cloned is replaced, and its neighbours leave", async () => {
  const { replies, left } = setUp();
  replies.addRecord(ToCaller.done, 1, 0, () => {}, undefined);
  replies.addRecord(ToCaller.fail, 2, 0, "other", undefined);
  await turn();
  expect(left.flat()).toEqual([ToCaller.fail, 1, 0, "cannot be cloned", ToCaller.fail, 2, 0, "other"]);
});
