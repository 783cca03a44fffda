import { expect, test } from "vitest";
import { leaveRoster, liveWorkers, publishRun } from "../../../../lib/distributed/broker/roster.ts";
import { brokerOf, workerEntry } from "../fakes.ts";

test("workers are those whose records pass the check, by their ids; expired ones are taken out", async () => {
  const texts: Record<string, string | null> = {
    a: workerEntry({ id: "a" }),
    b: null,
    c: workerEntry({ id: "c", slots: -1 }),
    d: "{",
  };
  const { broker, sent } = brokerOf({
    smembers: () => ["d", "c", "b", "a"],
    mget: (keys) => (keys as string[]).map((key) => texts[key.at(-1)!]),
    srem: (...args) => {
      sent.push(["srem", ...args]);
      return Promise.reject(new Error("NOPERM"));
    },
  });
  expect((await liveWorkers(broker)).map(({ id }) => id)).toEqual(["a"]);
  expect(sent).toEqual([["srem", broker.keys.workers, "b"]]);
});

test("nothing is asked for if nobody is there", async () => {
  const { broker } = brokerOf({ smembers: () => [], mget: () => expect.unreachable() });
  expect(await liveWorkers(broker)).toEqual([]);
});

test("a run is entered for ten seconds, and taken out with its news", async () => {
  const { broker, sent } = brokerOf();
  await publishRun(broker, { run: "nightly" } as never);
  expect(sent).toEqual([
    ["sadd", broker.keys.runs, "nightly"],
    ["pexpire", broker.keys.runs, 3_600_000],
    ["set", broker.keys.about("nightly"), '{"run":"nightly"}', "PX", 10_000],
  ]);
  sent.length = 0;
  await leaveRoster(broker, "nightly");
  expect(sent).toEqual([
    ["srem", broker.keys.runs, "nightly"],
    [
      "del",
      broker.keys.wake("nightly"),
      broker.keys.starts("nightly"),
      broker.keys.about("nightly"),
      broker.keys.paused("nightly"),
    ],
  ]);
});
