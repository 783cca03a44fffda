import { expect, test } from "vitest";
import type { BullQueue } from "../../../../lib/distributed/broker/bullmq.ts";
import { jobId } from "../../../../lib/distributed/broker/names.ts";
import { sweep } from "../../../../lib/distributed/broker/sweep.ts";
import { brokerOf } from "../fakes.ts";

const [OURS, OLD] = ["ourtoken1234", "oldtoken5678"];

/** A queue of ended jobs with these ids, and the ids that were removed. */
function queueOf(ids: string[], removes: (id: string) => number = () => 1) {
  const removed: string[] = [];
  const queue = {
    getRanges: () => Promise.resolve(ids),
    remove(id: string) {
      removed.push(id);
      return Promise.resolve(removes(id));
    },
  } as unknown as BullQueue;
  return { queue, removed };
}

test("an ended job stays while its producer has the run, and goes with its parts afterwards", async () => {
  const { broker, sent } = brokerOf({ get: (key) => key === broker.keys.lock("run") ? OURS : null });
  const [held, left] = [jobId("run", OURS, 1), jobId("run", OLD, 2)];
  const { queue, removed } = queueOf([held, left]);
  await sweep(broker, [queue]);
  expect(removed).toEqual([left]);
  expect(sent).toEqual([["del", broker.keys.listsOf(left)]]);
});

test("a job with an id of another form belongs to nobody", async () => {
  const { broker } = brokerOf({ get: () => expect.unreachable() });
  const { queue, removed } = queueOf(["repeat:1"]);
  await sweep(broker, [queue]);
  expect(removed).toEqual(["repeat:1"]);
});

test("the parts of a job that could not be removed stay", async () => {
  const { broker, sent } = brokerOf();
  const { queue } = queueOf(["locked"], () => 0);
  await sweep(broker, [queue]);
  expect(sent.filter(([name]) => name === "del")).toEqual([]);
});
