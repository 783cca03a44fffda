/** A run whose first inputs all fail of one error says how to stop such a run, once. */
import { expect, test } from "vitest";
import { polyloop } from "./one_process.ts";

const FAILING = ["run", "-e", "x => { throw new Error(`no page ${x}`) }", "-j", "1"];
const SAID =
  /each of the first 20 inputs failed of the same error \(Error: no page \d+\)\. --halt 20 stops a run at such failures/g;

test("said once, also among JSON; not with --halt, not with --progress none", async () => {
  const stdin = Array.from({ length: 100 }, (_, at) => `${at + 1}\n`).join("");
  const times = async (...args: string[]) =>
    (await polyloop([...FAILING, ...args], { stdin })).stderr.match(SAID)?.length ?? 0;
  expect(await times()).toBe(1);
  expect(await times("--retries", "1", "--backoff", "1ms", "--envelope")).toBe(1);
  expect(await times("--progress", "none")).toBe(0);
  expect(await times("--halt", "50")).toBe(0);
  const { stderr } = await polyloop([...FAILING, "--progress", "json"], { stdin });
  const told = stderr.trim().split("\n").map((line) => JSON.parse(line)).filter(({ message }) =>
    message?.match(SAID)
  );
  expect(told).toEqual([{ type: "notice", message: expect.stringMatching(SAID) }]);
});
