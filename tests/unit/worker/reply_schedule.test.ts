import { expect, test } from "vitest";
import { ReplySchedule } from "../../../lib/worker/reply_schedule.ts";

/** A schedule over a list, and what has left at the ends of turns. */
function setUp(perCore?: number) {
  const outbox = { size: 0 };
  const left: number[] = [];
  const schedule = new ReplySchedule(outbox, () => {
    left.push(outbox.size);
    outbox.size = 0;
  }, perCore);
  const add = (count = 1) => {
    outbox.size += count;
    schedule.schedule();
  };
  const addOutcome = (time: number) => {
    outbox.size++;
    schedule.scheduleOutcome(time);
  };
  return { schedule, add, addOutcome, left };
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

test("32 outcomes in quick succession leave at once, each by itself; the others leave together", async () => {
  const { addOutcome, left } = setUp();
  for (let count = 0; count < 40; count++) addOutcome(1_000);
  expect(left).toEqual(Array(32).fill(1));
  await settled();
  expect(left.slice(32)).toEqual([8]);
});

test("outcomes leave when the first of them has waited for 2 ms", () => {
  const { addOutcome, left } = setUp();
  for (let count = 0; count < 32; count++) addOutcome(1_000);
  for (const time of [1_000.5, 1_001, 1_001.9, 1_002.6, 1_003, 1_004.2, 1_005.1]) addOutcome(time);
  expect(left.slice(32)).toEqual([4, 3]);
});

test("after many outcomes in quick succession, no outcome leaves alone before 2 ms have passed", async () => {
  const { addOutcome, left } = setUp();
  for (let count = 0; count < 200; count++) addOutcome(1_000);
  await settled();
  expect(left.slice(32)).toEqual([168]);
  for (const time of [1_001, 1_001.5, 1_002.1, 1_003.2, 1_004.2, 1_006.3]) addOutcome(time);
  expect(left.slice(33)).toEqual([4, 2]);
});

test("after 16 ms in which no outcome has left, the next one leaves at once", async () => {
  const { addOutcome, left } = setUp();
  for (let count = 0; count < 200; count++) addOutcome(1_000);
  await settled();
  addOutcome(1_015.9);
  expect(left.slice(33)).toEqual([]);
  await settled();
  addOutcome(1_031.9);
  expect(left.slice(33)).toEqual([1, 1]);
});

test("tells whether an outcome would leave at once", () => {
  const { schedule, addOutcome } = setUp();
  expect(schedule.leavesAtOnce(1_000)).toBe(true);
  for (let count = 0; count < 200; count++) addOutcome(1_000);
  expect([1_000, 1_001.9, 1_002].map((time) => schedule.leavesAtOnce(time))).toEqual([false, false, true]);
});

test.each([
  [undefined, 32],
  [0.5, 32],
  [8, 4],
  [32, 1],
  [100, 1],
])(
  "with %s workers per core, %s outcomes in quick succession leave each by itself",
  async (perCore, alone) => {
    const { addOutcome, left } = setUp(perCore);
    for (let at = 0; at < 40; at++) addOutcome(1_000);
    expect(left).toEqual(Array(alone).fill(1));
    await settled();
    expect(left.slice(alone)).toEqual([40 - alone]);
  },
);
