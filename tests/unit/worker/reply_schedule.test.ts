import { expect, test } from "vitest";
import { ReplySchedule } from "../../../lib/worker/reply_schedule.ts";

/** A schedule over a list, and what has left at the ends of turns. */
function setUp() {
  const outbox = { size: 0 };
  const left: number[] = [];
  const schedule = new ReplySchedule(outbox, () => {
    left.push(outbox.size);
    outbox.size = 0;
  });
  const add = (count = 1) => {
    outbox.size += count;
    schedule.schedule();
  };
  return { add, left };
}

const settled = () => new Promise<void>((resolve) => setTimeout(resolve));

test("a lone reply leaves in the same turn", async () => {
  const { add, left } = setUp();
  add();
  expect(left).toEqual([]);
  for (let turn = 0; turn < 5; turn++) await undefined;
  expect(left).toEqual([1]);
});

test("replies of consecutive microtasks leave together", async () => {
  const { add, left } = setUp();
  for (let at = 0; at < 20; at++) {
    add();
    await undefined;
  }
  await settled();
  expect(left).toEqual([20]);
});

test("512 replies leave though more are coming", async () => {
  const { add, left } = setUp();
  add(512);
  await undefined;
  expect(left).toEqual([512]);
  add(3);
  await settled();
  expect(left).toEqual([512, 3]);
});
