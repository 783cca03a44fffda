/** Errors of a worker's broker. */

import { expect, test } from "vitest";
import { BrokerErrors } from "../../../../lib/distributed/server/broker_errors.ts";

function start() {
  const said: string[] = [];
  const refused: string[] = [];
  const errors = new BrokerErrors({
    label: "redis://h",
    watch: { refuses: ({ message }) => void refused.push(message) },
    notice: (line) => void said.push(line),
  });
  return { errors, said, refused };
}

const reply = (message: string) => Object.assign(new Error(message), { name: "ReplyError" });

test("one that means nothing known is named once", () => {
  const { errors, said } = start();
  for (let time = 0; time < 3; time++) errors.hear(reply("WRONGTYPE Operation against a key"));
  expect(said).toEqual(["The broker at redis://h answers with an error: WRONGTYPE Operation against a key"]);
});

test("a broker that is away is left to the next look, and a lock that was lost to who has the job by now", () => {
  const { errors, said, refused } = start();
  errors.hear(new Error("Connection is closed."));
  errors.hear(new Error("Missing lock for job r-t.1. moveToFinished"));
  expect([said, refused]).toEqual([[], []]);
});

test("one that takes no writes, or is full, is told to the watch", () => {
  const { errors, refused } = start();
  errors.hear(reply("READONLY You can't write against a read only replica."));
  errors.hear(reply("OOM command not allowed when used memory > 'maxmemory'."));
  expect(refused).toEqual([
    expect.stringContaining("takes no writes now: READONLY"),
    expect.stringContaining("is full: its maxmemory is reached"),
  ]);
});

test("no more than twenty different errors are named", () => {
  const { errors, said } = start();
  for (let number = 0; number < 30; number++) errors.hear(reply(`ERR number ${number}`));
  expect(said.length).toBe(20);
});
