import { expect, test } from "vitest";
import { retireVersion, sweepVersions, useVersion } from "../../../../lib/distributed/broker/versions.ts";
import { brokerOf, workerEntry } from "../fakes.ts";

const [A, B] = ["a".repeat(64), "b".repeat(64)];

/** A broker with these answers, whose queues are empty. */
function broker(replies: Parameters<typeof brokerOf>[0] = {}) {
  const { broker, sent } = brokerOf({ lrange: () => [], zrange: () => [], ...replies });
  return { broker: Object.assign(broker, { eventLimit: ["opts.maxLenEvents", 10] }), sent };
}

test("a version in use is noted for an hour, as are its queues, whose events are limited", async () => {
  const { broker: one, sent } = broker();
  await useVersion(one, A, ["", "gpu"]);
  expect(sent[0]).toEqual(["sadd", one.keys.versions, A]);
  const hour = 3_600_000;
  expect(sent.slice(1, 5)).toEqual([
    ["pexpire", one.keys.versions, hour],
    ["sadd", one.keys.pools(A), "", "gpu"],
    ["pexpire", one.keys.pools(A), hour],
    ["set", one.keys.version(A), "1", "PX", hour],
  ]);
  for (const queue of one.keys.queues(A, ["", "gpu"])) {
    expect(sent).toContainEqual(["hset", `${queue}:meta`, "opts.maxLenEvents", 10]);
    expect(sent).toContainEqual(["pexpire", `${queue}:meta`, hour]);
    expect(sent).toContainEqual(["pexpire", `${queue}:events`, hour]);
    // BullMQ stops looking for stalled jobs for as long as this key is there.
    expect(sent).not.toContainEqual(["pexpire", `${queue}:stalled-check`, hour]);
  }
});

test("only versions that nobody has renewed are swept, with the jobs of their queues", async () => {
  const { broker: one, sent } = broker({
    smembers: (key) => key === one.keys.versions ? [A, B] : ["gpu"],
    exists: (key) => key === one.keys.version(A) ? 1 : 0,
    lrange: (key) => key === `${one.keys.queues(B)[0]}:wait` ? ["job"] : [],
  });
  await sweepVersions(one);
  const unlinked = sent.filter(([name]) => name === "unlink").flatMap(([, keys]) => keys as string[]);
  const [chunks, quarantine, labelled] = one.keys.queues(B, ["", "gpu"]);
  expect(unlinked).toEqual(expect.arrayContaining([
    ...[
      `${chunks}:job`,
      `${chunks}:job:lock`,
      one.keys.parts("job"),
      `${chunks}:meta`,
      `${quarantine}:events`,
      `${labelled}:meta`,
    ],
  ]));
  const kept = one.keys.queues(A);
  expect(unlinked.filter((key) => kept.some((queue) => key.startsWith(queue)))).toEqual([]);
  expect(sent.filter(([name]) => name === "srem" || name === "del")).toEqual([
    ["srem", one.keys.versions, B],
    ["del", one.keys.version(B), one.keys.pools(B)],
  ]);
});

test("a version that a worker still serves stays", async () => {
  const { broker: one, sent } = broker({
    smembers: (key) => key === one.keys.workers ? ["w"] : [],
    mget: () => [workerEntry({ fingerprint: A })],
  });
  await retireVersion(one, B);
  expect(sent.some(([name, , version]) => name === "srem" && version === B)).toBe(true);
  sent.length = 0;
  await retireVersion(one, A);
  expect(sent).toEqual([]);
});

test("a failure to note a version is an error", async () => {
  const { broker: one } = broker();
  const failed = new Error("OOM");
  const group: Record<string, unknown> = {};
  for (const name of ["sadd", "set", "hset", "pexpire"]) group[name] = () => group;
  group.exec = () => Promise.resolve([[null, 1], [failed, null]]);
  Object.assign(one, { client: { multi: () => group } });
  await expect(useVersion(one, A, [""])).rejects.toBe(failed);
});
