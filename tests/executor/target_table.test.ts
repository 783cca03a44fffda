/** The functions that an executor knows: a program that makes new ones for ever fills no memory with them. */
import { expect, test } from "vitest";
import { Executor } from "../../mod.ts";
import { TargetTable } from "../../lib/executor/tasks/target_table.ts";

const returning = (n: number) => new Function(`return ${n}`) as () => number;

test("a function is one target, however often it is named, and each name is another", () => {
  const table = new TargetTable();
  const [one, same, other, name] = [returning(1), returning(1), returning(2), "1"].map((task) =>
    table.find(task, undefined)
  );
  expect(same).toBe(one);
  expect(new Set([one, other, name].map(({ number }) => number)).size).toBe(3);
});

test("the oldest of more than a thousand is forgotten, and is a new target when it is named again", () => {
  const table = new TargetTable();
  const oldest = ["echo", returning(1)].map((task) => table.find(task, undefined));
  for (let n = 2; n < 1_000; n++) table.find(returning(n), undefined);
  expect(["echo", returning(1)].map((task) => table.find(task, undefined))).toEqual(oldest);
  for (let n = 1_000; n < 1_002; n++) table.find(returning(n), undefined);
  for (const [at, task] of ["echo", returning(1)].entries()) {
    const again = table.find(task, undefined);
    expect(again.id).toBeGreaterThan(oldest[at].id);
    expect(again.spec).toEqual(oldest[at].spec);
    // Tasks of the old one may still be on their way.
    expect(again.number).not.toBe(oldest[at].number);
  }
});

test("a number is used again once nothing refers to its target, and not before", async () => {
  const table = new TargetTable();
  const held = table.find(returning(-1), undefined);
  let most = 0;
  let reused: number | undefined;
  for (let n = 0; reused === undefined; n++) {
    const { number } = table.find(returning(n), undefined);
    if (number < most) reused = number;
    most = Math.max(most, number);
    if (n % 500 > 0) continue;
    // Makes the collector look, and lets it tell.
    new Float64Array(4_000_000).fill(n);
    await new Promise((resolve) => setTimeout(resolve));
  }
  expect(reused).not.toBe(held.number);
});

test("each of many functions returns its own value, also those that were forgotten meanwhile", async () => {
  await using executor = new Executor(null, { workers: 1 });
  for (let round = 0; round < 2; round++) {
    const numbers = Array.from({ length: 2_500 }, (_, n) => n);
    expect(await Promise.all(numbers.map((n) => executor.run(returning(n), undefined)))).toEqual(numbers);
  }
});
