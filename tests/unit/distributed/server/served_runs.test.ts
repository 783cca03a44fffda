/** The runs with which a worker ends. */

import { expect, test } from "vitest";
import { ServedRuns } from "../../../../lib/distributed/server/served_runs.ts";
import { brokerOf } from "../fakes.ts";

const PRINT = "a".repeat(64);

/** The runs of a broker: which are in the roster, and what their locks and fences say. */
function start() {
  const roster = new Map<string, string>();
  const locks = new Map<string, [lock: string | null, fence: string | null]>();
  const record = (run: string) =>
    JSON.stringify({
      ...{ run, token: "t", task: "a", module: "m", fingerprint: roster.get(run), from: "h:1", started: 1 },
      ...{ waiting: 0, inFlight: 0, succeeded: 0, failed: 0, quarantined: 0 },
      ...{ on: run === "labelled" ? ["big"] : ["gpu"], priority: 0, chunks: 0, waits: false },
    });
  const nameOf = (key: unknown) => String(key).split(":").at(-1)!;
  const { broker } = brokerOf({
    smembers: () => [...roster.keys()],
    mget: (first, second) =>
      Array.isArray(first)
        ? first.map((key) => record(nameOf(key)))
        : [first, second].map((key, at) => (locks.get(nameOf(key)) ?? [null, null])[at]),
  });
  const runs = new ServedRuns(broker, PRINT, ["gpu"]);
  return { runs, roster, locks };
}

test("without a run, or beside runs of other versions or for other labels, a worker stays", async () => {
  const { runs, roster } = start();
  expect(await runs.look(0)).toBeUndefined();
  roster.set("other", "b".repeat(64));
  roster.set("labelled", PRINT);
  expect(await runs.look(1e6)).toBeUndefined();
});

test("a worker ends with the last run, also with one that it has only had a job of", async () => {
  const { runs, roster, locks } = start();
  roster.set("one", PRINT);
  locks.set("one", ["t", "t"]).set("two", ["t", "t"]);
  runs.add("two");
  expect(await runs.look(0)).toBeUndefined();
  roster.clear();
  locks.set("one", [null, "nobody"]);
  expect(await runs.look(1)).toBeUndefined();
  locks.set("two", [null, "nobody"]);
  expect(await runs.look(2)).toBe("the run two has ended");
});

test("a run whose producer was lost has a minute to be resumed", async () => {
  const { runs, locks } = start();
  runs.add("killed");
  locks.set("killed", [null, "t"]);
  expect(await runs.look(0)).toBeUndefined();
  expect(await runs.look(59_999)).toBeUndefined();
  // It is resumed, and killed again.
  locks.set("killed", ["u", "u"]);
  expect(await runs.look(60_001)).toBeUndefined();
  locks.set("killed", [null, "u"]);
  expect(await runs.look(70_000)).toBeUndefined();
  expect(await runs.look(129_999)).toBeUndefined();
  expect(await runs.look(130_000)).toBe(
    "the run killed was not resumed for 60 s after its producer was lost",
  );
});

test("a lock that Redis has lost is taken again by its producer", async () => {
  const { runs, locks } = start();
  runs.add("crashed");
  expect(await runs.look(0)).toBeUndefined();
  locks.set("crashed", ["t", "t"]);
  expect(await runs.look(70_000)).toBeUndefined();
  locks.set("crashed", [null, "nobody"]);
  expect(await runs.look(80_000)).toBe("the run crashed has ended");
});
