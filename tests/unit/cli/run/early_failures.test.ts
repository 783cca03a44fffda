/** When it is said that a run fails from its start. */
import { expect, test } from "vitest";
import { ErrorKinds } from "../../../../lib/cli/progress/error_kinds.ts";
import { EarlyFailures } from "../../../../lib/cli/run/early_failures.ts";

function run({ before = 0 } = {}) {
  const said: string[] = [];
  const tally = { ok: 0, failed: 0, before: { ok: before } };
  const kinds = new ErrorKinds();
  const early = new EarlyFailures({ tally, kinds, say: (line) => said.push(line) });
  const fail = (error: unknown, count = 1) => {
    for (let n = 0; n < count; n++) {
      tally.failed++;
      kinds.add(error, () => `${error}  (tasks.ts:3:7)`);
      early.failed();
    }
  };
  return { said, tally, fail };
}

const SAID = [
  "polyloop: each of the first 20 inputs failed of the same error (Error: no page 1). --halt 20 stops a run at such failures",
];

test("the 20th failure of one error is told, once, and those before are not", () => {
  const { said, fail } = run();
  fail(new Error("no page 1"));
  fail(new Error("no page 2"), 18);
  expect(said).toEqual([]);
  fail(new Error("no page 3"));
  expect(said).toEqual(SAID);
  fail(new Error("no page 4"), 100);
  expect(said).toEqual(SAID);
});

test("nothing is told if an input succeeded, in this session or before, or failed of another error", () => {
  const succeeded = run();
  succeeded.tally.ok = 1;
  succeeded.fail(new Error("no page"), 50);
  const earlier = run({ before: 1 });
  earlier.fail(new Error("no page"), 50);
  const another = run();
  another.fail(new Error("no page"), 19);
  another.fail(new TypeError("no page"), 30);
  expect([succeeded.said, earlier.said, another.said]).toEqual([[], [], []]);
});

test("results that a layout refuses after they were counted are failures, too", () => {
  const { said, tally, fail } = run();
  tally.ok = 30;
  for (let n = 0; n < 30; n++) {
    tally.ok--;
    fail(new Error("no row"));
  }
  expect(said).toEqual([SAID[0].replace("first 20", "first 30").replace("page 1", "row")]);
});
