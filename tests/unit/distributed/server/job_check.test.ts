/** Jobs as anybody may have written them. */

import { expect, test } from "vitest";
import { PROTOCOLS } from "../../../../lib/distributed/broker/protocol.ts";
import { JobCheck } from "../../../../lib/distributed/server/job_check.ts";

const CHUNK = {
  ...{
    v: 1,
    run: "r",
    token: "t",
    task: "square",
    fingerprint: "a".repeat(64),
    input: "json",
    output: "json",
  },
  ...{ options: {}, count: 2, lines: "1\n2\n", base64: false, keys: "k", first: 0 },
};

const NEWER = Math.max(...PROTOCOLS) + 1;

function start() {
  const said: string[] = [];
  const jobs = new JobCheck({
    fingerprint: CHUNK.fingerprint,
    tasks: ["square"],
    notice: (line) => void said.push(line),
  });
  return { jobs, said };
}

test("a job chunk passes, each input with its key", () => {
  const { jobs } = start();
  expect(jobs.check(CHUNK).inputs.toArray()).toEqual(["k-0\t1", "k-1\t2"]);
  expect(jobs.rejected).toBe(0);
});

test.each([
  ["no object", null, /not a job chunk/],
  ["a newer protocol", { ...CHUNK, v: NEWER }, new RegExp(`newer polyloop \\(protocol ${NEWER}\\)`)],
  ["an option of its own", { ...CHUNK, more: 1 }, /not a job chunk/],
  ["another module", { ...CHUNK, fingerprint: "b".repeat(64) }, /another version of the module/],
  ["a task that is not exported", { ...CHUNK, task: "constructor" }, /has no task "constructor"/],
  ["fewer inputs than it says", { ...CHUNK, count: 3 }, /number of its inputs/],
])("a job with %s is rejected, counted and named", (_, data, words) => {
  const { jobs, said } = start();
  expect(() => jobs.check(data)).toThrow(words);
  expect(() => jobs.check(data)).toThrow(/^rejected: /);
  expect(jobs.rejected).toBe(2);
  expect(said[0]).toMatch(/^a job was rejected: /);
});

test("all rejected jobs are counted, and ten are named", () => {
  const { jobs, said } = start();
  for (let time = 0; time < 12; time++) jobs.reject("no");
  expect([jobs.rejected, said.length]).toEqual([12, 10]);
});
