/** How far ahead of its slots a worker is sent tasks. */
import { expect, test } from "vitest";
import { Pace } from "../../../../lib/executor/pool/pace.ts";

test("Pace sends short tasks ahead, never long ones, and nothing to a worker that is silent", () => {
  const pace = new Pace(16);
  expect(pace.ahead(0, 0)).toBe(0);
  pace.begin(0);
  for (let i = 0; i < 50; i++) {
    pace.observe(2, 500);
    pace.endMessage(i);
  }
  expect(pace.ahead(0, 0)).toBe(4_096);
  expect(pace.ahead(0, 100)).toBe(0);
  pace.observe(20_000, 1);
  pace.endMessage(50);
  expect(pace.ahead(0, 0)).toBe(0);
});

test("Pace sends no more ahead than a worker does in some milliseconds, however short its tasks are", () => {
  const pace = new Pace(16);
  pace.begin(0);
  for (let i = 1; i <= 60; i++) {
    // One in a millisecond: it takes that long to bring the input there.
    pace.observe(1, 1);
    pace.endMessage(i);
  }
  expect(pace.ahead(60, 60)).toBe(16);
});

test("Pace sends further ahead where workers share a core, up to eight times", () => {
  const ahead = (perCore: number) => {
    const pace = new Pace(16, { perCore });
    pace.begin(0);
    for (let i = 1; i <= 60; i++) {
      pace.observe(1, 1);
      pace.endMessage(i);
    }
    return pace.ahead(60, 60);
  };
  expect([0.5, 1, 2, 32].map(ahead)).toEqual([16, 16, 32, 128]);
});

test("Pace forgets slowly what a worker did when it had more to do", () => {
  const pace = new Pace(16);
  pace.begin(0);
  for (let time = 4; time <= 200; time += 4) {
    pace.observe(1, 400);
    pace.endMessage(time);
  }
  expect(pace.ahead(200, 200)).toBe(1_600);
  pace.observe(1, 4);
  pace.endMessage(204);
  expect(pace.ahead(204, 204)).toBe(1_280);
});
