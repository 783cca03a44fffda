import { expect, test, vi } from "vitest";

let time = 0;
let readings = 0;
vi.spyOn(performance, "now").mockImplementation(() => {
  readings++;
  return time;
});
const { LoopClock } = await import("../../../lib/worker/loop_clock.ts");

/** How often the clock is read in these many counts, each of which takes this long. */
function readingsOf(counts: number, each: number): number {
  const clock = new LoopClock();
  readings = 0;
  for (let at = 0; at < counts; at++) {
    time += each;
    clock.count();
  }
  return readings;
}

test("quick tasks share a reading, slow ones do not", () => {
  expect(readingsOf(800, 0.001)).toBeLessThan(110);
  expect(readingsOf(800, 1)).toBe(800);
});

test("the first task that ends in a turn reads the clock", () => {
  const clock = new LoopClock();
  for (let at = 0; at < 100; at++) clock.count();
  clock.endTurn();
  time += 500;
  clock.countEnd();
  expect(clock.time).toBe(time);
});

test("read() reads the clock each time", () => {
  const clock = new LoopClock();
  for (let at = 0; at < 3; at++) {
    time += 0.001;
    clock.read();
    expect(clock.time).toBe(time);
  }
});
